/* SPDX-License-Identifier: MIT
 * Which rows are held out together when subsets are compared. Inside the library. */
#ifndef FLX_SELECTION_FOLDS_H
#define FLX_SELECTION_FOLDS_H

#include "formats/status.h"

#include <stdint.h>

enum { FLX_SELECTION_FOLDS = 5 };

/* group (n), or NULL where every row is its own. number (n): 0, 1 .. of every row's
 * group, in the order of the groups' own numbers. */
flx_status flx_number_groups(const int64_t *group, int n, int *number, int *count,
                             flx_error *error);

/* order (n): the rows by fold, ascending within one; fold f is order[start[f]] to
 * order[start[f + 1] - 1]. start (FLX_SELECTION_FOLDS + 1). Whole groups take turns at
 * the folds in an order that depends on the groups alone; fewer folds where there are
 * fewer groups. */
flx_status flx_fold_rows(const int64_t *group, int n, int *order, int *start,
                         int *n_folds, flx_error *error);
#endif
