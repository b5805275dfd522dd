/* SPDX-License-Identifier: MIT
 * A table cut into folds: rows of one group stay together. Inside the library. */
#ifndef FLX_FOLDS_H
#define FLX_FOLDS_H

#include "formats/dataset.h"

/* Deals the `count` given rows out to `folds` folds by seed, whole groups at a time, each
 * to the smallest fold so far. fold (count) gets 0 .. folds - 1; returns how many groups
 * there are in *n_groups. */
flx_status flx_folds_deal(const flx_dataset *table, const int *rows, int count, int folds,
                          uint64_t seed, int *fold, int *n_groups, flx_error *error);
#endif
