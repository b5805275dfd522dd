/* SPDX-License-Identifier: MIT
 * Least squares under weights in [0, 1] or on the simplex, by an active set (in the
 * manner of Lawson & Hanson 1974 and Stark & Parker 1995) on the triangular factor of the
 * data. Exact for the squared loss, a good start for the absolute one. */
#ifndef FLX_NNLS_H
#define FLX_NNLS_H

#include "host/optimization/output_weighting.h"

/* |P w - y|^2 = |R w - z|^2, where [R z] is the triangular factor of [P y]. */
typedef struct {
    int k, n;  /* n: points of the problem */
    double *R; /* (k + 1, k) row-major, upper triangular, last row 0 */
    double *z; /* (k + 1) */
} flx_triangle;

flx_status flx_triangle_create(const flx_output_weighting_problem *problem,
                               flx_triangle *triangle, flx_error *error);
void flx_triangle_clear(flx_triangle *triangle);

/* weights (k) out: the optimum of the mean squared error. *bound: no weights have a
 * smaller one; valid even where columns depend on each other. */
flx_status flx_nnls(const flx_triangle *triangle, flx_output_weighting_form form,
                    double *weights, double *bound, flx_error *error);
#endif
