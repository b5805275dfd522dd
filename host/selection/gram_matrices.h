/* SPDX-License-Identifier: MIT
 * The variables of a selection as standardized columns, and for every fold what a least
 * squares fit on its training rows needs to know of them: means and centred products.
 * Inside the library. */
#ifndef FLX_GRAM_MATRICES_H
#define FLX_GRAM_MATRICES_H

#include "host/selection/selection.h"
#include "host/statistics.h"

typedef struct {
    int n, p;    /* rows; variables: candidates, the always-included, the target */
    double y_sd; /* deviation of the target, 0 where it is constant */
    int n_folds;
    int start[FLX_FOLDS + 1]; /* held-out rows of fold f: start[f] on */
    double *columns;  /* (p, n) of mean 0 and variance 1, constants 0; rows by fold */
    double *means;    /* (folds, p) over the training rows */
    double *products; /* (folds, p, p) of the centred variables over these rows */
} flx_selection_products;

flx_status flx_selection_products_create(const flx_selection_problem *problem,
                                         int threads, flx_selection_products *out,
                                         flx_error *error);
void flx_selection_products_clear(flx_selection_products *products);
#endif
