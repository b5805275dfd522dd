/* SPDX-License-Identifier: MIT
 * How well a ridge regression on a subset of the inputs predicts rows it has not seen:
 * the measure by which input selection compares subsets, many thousand of them a second.
 *
 * Folds of whole groups; in each, inputs and target are centred by the training rows,
 *     w = (Xs' Xs + n lambda I)^-1 Xs' y          on the subset s, always with Z
 * and the error is the mean absolute residual of the held-out rows, the smallest over a
 * grid of lambda. The inputs Z that every subset includes are eliminated once a fold
 * (Schur complement), so a subset of k costs a k x k system a fold and one pass over the
 * rows, whatever there is besides. Inside the library. */
#ifndef FLX_SUBSET_RIDGE_H
#define FLX_SUBSET_RIDGE_H

#include "host/selection/selection.h"

typedef struct flx_selection_ridge flx_selection_ridge;

/* The problem has passed flx_selection_check; nothing of it is kept. Folds: 5, fewer
 * where there are fewer groups; which group is in which depends on the groups alone.
 * Memory: 160 m^2 + 32 n m bytes and a little. */
flx_status flx_selection_ridge_create(const flx_selection_problem *problem, int threads,
                                      flx_selection_ridge **out, flx_error *error);
void flx_selection_ridge_destroy(flx_selection_ridge *ridge); /* NULL is fine */

/* errors (count), unit of y, of the subsets (count, k): indices of candidates, each at
 * most once. k from 0. Does not depend on neighbours, order of the indices aside from
 * rounding, or threads. */
flx_status flx_selection_ridge_score(const flx_selection_ridge *ridge, const int *subsets,
                                     int count, int k, double *errors, flx_error *error);
#endif
