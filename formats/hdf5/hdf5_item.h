/* SPDX-License-Identifier: MIT
 * A dataset or attribute while it is read; shared by hdf5_read.c and hdf5_text.c only. */
#ifndef FLX_HDF5_ITEM_H
#define FLX_HDF5_ITEM_H

#include "formats/hdf5/hdf5_read.h"

#include <hdf5.h>

struct flx_hdf5_reader {
    hid_t file, access; /* access: how links are followed */
    char *path;
};

typedef struct {
    const flx_hdf5_reader *reader;
    const char *shown; /* its name in messages */
    bool is_attribute;
    hid_t id, type, space, plist;
} flx_hdf5_item;

/* FLX_BAD_INPUT: "FILE: dataset NAME what". */
flx_status flx_hdf5_fail_item(const flx_hdf5_item *it, flx_error *error,
                              const char *what);

/* Opens a dataset and checks how it is stored. Must be closed in every case;
 * FLX_HDF5_SCOPED does that at the end of the scope. */
flx_status flx_hdf5_open_dataset(const flx_hdf5_reader *reader, const char *name,
                                 flx_hdf5_item *it, flx_error *error);
void flx_hdf5_close_item(flx_hdf5_item *it);
#define FLX_HDF5_SCOPED __attribute__((cleanup(flx_hdf5_close_item)))

/* Reads it whole, as cells of `memory_type`. */
flx_status flx_hdf5_read_item(const flx_hdf5_item *it, hid_t memory_type, void *into,
                              flx_error *error);

/* Compares rank and lengths with what is expected; dims and *count are filled. */
flx_status flx_hdf5_check_shape(const flx_hdf5_item *it, int rank, size_t *dims,
                                size_t *count, flx_error *error);
flx_status flx_hdf5_check_float_type(const flx_hdf5_item *it, flx_error *error);
flx_status flx_hdf5_check_integer_type(const flx_hdf5_item *it, flx_error *error);
#endif
