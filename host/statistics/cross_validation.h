/* SPDX-License-Identifier: MIT
 * Folds of cross-validation: every row is left out once, and rows of one group together.
 * The one dealer of folds. */
#ifndef FLX_CROSS_VALIDATION_H
#define FLX_CROSS_VALIDATION_H

#include "formats/status.h"

#include <stdint.h>

enum { FLX_FOLDS = 5 };

/* Deals n rows out to FLX_FOLDS folds, or as many as there are groups where these are
 * fewer. group (n): ids of flx_row_groups, or NULL. Groups are dealt in an order that
 * depends on seed and ids alone, each to the smallest fold so far: sizes differ by the
 * largest group at most. fold (n) out. */
flx_status flx_folds_deal(const int64_t *group, int n, uint64_t seed, int *fold,
                          int *n_groups, flx_error *error);

/* How many folds that many groups are dealt to. */
static inline int flx_folds_count(int n_groups)
{
    return n_groups < FLX_FOLDS ? n_groups : FLX_FOLDS;
}

/* order (n) out: the rows by fold, ascending within one; fold f is order[start[f]] to
 * order[start[f + 1] - 1]. start (n_folds + 1) out. */
void flx_folds_order(const int *fold, int n, int n_folds, int *order, int *start);
#endif
