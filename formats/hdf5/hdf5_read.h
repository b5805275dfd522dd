/* SPDX-License-Identifier: MIT
 * How HDF5 is read: whole datasets into memory, checked first for type class, rank,
 * lengths and size, so that a hostile file gives an error message and not a crash.
 * External links and external or virtual storage are refused. libhdf5 holds global
 * state: call from one thread at a time. */
#ifndef FLX_HDF5_READ_H
#define FLX_HDF5_READ_H

#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flx_hdf5_reader flx_hdf5_reader;

/* FLX_BAD_INPUT where the file is absent or not HDF5. */
flx_status flx_hdf5_open(const char *path, flx_hdf5_reader **out, flx_error *error);
void flx_hdf5_close(flx_hdf5_reader *reader); /* NULL is fine */

/* True where the path leads to an object of the file. */
bool flx_hdf5_has(const flx_hdf5_reader *reader, const char *name);

/* Dataset `name` of that rank (0..4). On entry dims[i] is the length expected, 0 = any
 * from 1 up; on return the length found. *out is allocated, row-major, for the caller to
 * free. Doubles accept any float type, integers any integer type that fits. */
flx_status flx_hdf5_read_doubles(const flx_hdf5_reader *reader, const char *name,
                                 int rank, size_t *dims, double **out, flx_error *error);
flx_status flx_hdf5_read_integers(const flx_hdf5_reader *reader, const char *name,
                                  int rank, size_t *dims, int64_t **out,
                                  flx_error *error);
/* Rank 1, `count` of them, of any integer type. */
flx_status flx_hdf5_read_bytes(const flx_hdf5_reader *reader, const char *name,
                               size_t count, unsigned char **out, flx_error *error);
/* Rank 1, fixed or variable length. Free with flx_hdf5_free_strings. Texts are UTF-8 of
 * at most 64 KiB each. */
flx_status flx_hdf5_read_strings(const flx_hdf5_reader *reader, const char *name,
                                 size_t *count, char ***out, flx_error *error);
void flx_hdf5_free_strings(char **strings, size_t count); /* NULL is fine */

/* Attributes of an object ("/" for the file). An absent optional attribute leaves *out as
 * it was; an absent required one is an error. Text is allocated for the caller. */
flx_status flx_hdf5_get_text(const flx_hdf5_reader *reader, const char *object,
                             const char *name, bool is_required, char **out,
                             flx_error *error);
flx_status flx_hdf5_get_integer(const flx_hdf5_reader *reader, const char *object,
                                const char *name, bool is_required, int64_t *out,
                                flx_error *error);
flx_status flx_hdf5_get_number(const flx_hdf5_reader *reader, const char *object,
                               const char *name, bool is_required, double *out,
                               flx_error *error);

/* The root has format = `format` and version = `version`. */
flx_status flx_hdf5_check_format(const flx_hdf5_reader *reader, const char *format,
                                 int version, flx_error *error);

/* The file's name, for messages. */
const char *flx_hdf5_path(const flx_hdf5_reader *reader);
#endif
