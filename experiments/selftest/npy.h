/* SPDX-License-Identifier: MIT
 * Arrays of float64 in NumPy's .npy format (NEP 1, versions 1.0 to 3.0), read only:
 * reference results are kept in it. Little-endian float64 in C order, of one or two
 * dimensions; anything else is refused with the reason. */
#ifndef FLX_NPY_H
#define FLX_NPY_H

#include "formats/status.h"

typedef struct {
    int rows, columns; /* a vector has one column */
    double *values;    /* (rows, columns) row-major */
} flx_npy;

/* FLX_BAD_INPUT, with the file's name, for a file that cannot be opened, is no .npy file,
 * is shorter or longer than its shape says, or holds another type. */
flx_status flx_npy_read(const char *path, flx_npy **out, flx_error *error);
void flx_npy_destroy(flx_npy *array); /* NULL is fine */
#endif
