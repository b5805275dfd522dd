/* SPDX-License-Identifier: MIT
 * Tables written with the HDF5 library itself, with one thing wrong at a time. */
#ifndef FLX_TEST_RECIPE_H
#define FLX_TEST_RECIPE_H

#include "formats/status.h"

#include <hdf5.h>

extern const double recipe_rows[4];
extern const char *const recipe_names[2], *const recipe_kinds[2];

/* NULL: left out. */
typedef struct {
    const char *format;
    int version, rank;
    hsize_t dims[3];
    hid_t value_type;
    const void *values;
    const char *const *names, *const *kinds, *const *units;
    hsize_t n_names, n_units;
} hdf5_recipe;

/* What a file of ours looks like: two rows of two columns. */
hdf5_recipe good_recipe(void);

hid_t variable_text(void);
void put_texts(hid_t file, const char *name, hsize_t count, const char *const *texts);
void put_attribute(hid_t file, const char *name, hid_t type, const void *value);

/* Returns the open file, so that a test can add to it. */
hid_t write_recipe(const char *path, hdf5_recipe r);

/* Whether it can be read; empties *error before. */
flx_status read_table(const char *path, flx_error *error);
#endif
