/* SPDX-License-Identifier: MIT
 * Folds of cross-validation: every row is left out once. Drawn by Philox from the seed
 * alone, so that all models of one table share their folds. Inside the library. */
#ifndef FLX_CROSS_VALIDATION_H
#define FLX_CROSS_VALIDATION_H

#include "formats/dataset.h"

enum { FLX_FOLDS = 5 };

/* fold (n) out, from 0 to min(n, FLX_FOLDS) - 1; sizes differ by one at most. */
void flx_folds_assign(int n, uint64_t seed, int *fold);

/* Deals the `count` given rows out to `folds` folds by seed, whole groups at a time, each
 * to the smallest fold so far. fold (count) gets 0 .. folds - 1; returns how many groups
 * there are in *n_groups. */
flx_status flx_folds_assign_groups(const flx_dataset *table, const int *rows, int count,
                                   int folds, uint64_t seed, int *fold, int *n_groups,
                                   flx_error *error);
#endif
