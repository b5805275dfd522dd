/* SPDX-License-Identifier: MIT
 * The vertex at which the descent of host/optimization/least_absolute.c stands: k
 * constraints that hold with equality, and the inverse of their matrix, whose columns are
 * the edges that leave the vertex. Apart from the descent so that it can be tested. */
#ifndef FLX_LEAST_ABSOLUTE_BASIS_H
#define FLX_LEAST_ABSOLUTE_BASIS_H

#include "host/optimization/output_weighting.h"

typedef enum {
    FLX_CONSTRAINT_FIXED, /* w_j stays where the start had it, until it pays to move */
    FLX_CONSTRAINT_LOWER, /* w_j = 0 */
    FLX_CONSTRAINT_UPPER, /* w_j = 1 */
    FLX_CONSTRAINT_TOTAL, /* sum w = 1, always active */
    FLX_CONSTRAINT_ROW    /* the residual of a row is 0 */
} flx_active_constraint_kind;

typedef struct {
    flx_active_constraint_kind kind;
    int index;    /* j, or the row */
    double value; /* what the left side must be */
} flx_active_constraint;

typedef struct {
    int k;
    const double *P;               /* (n, k), borrowed */
    flx_active_constraint *active; /* (k) */
    double
        *edges; /* (k, k): row q is the edge along which all but active[q] stay active */
    double *work; /* (k, 2 k) */
} flx_basis;

/* Fixes every weight where it is (form mean: but the largest, and the sum instead). */
flx_status flx_basis_create(const flx_output_weighting_problem *problem,
                            const double *weights, flx_basis *basis, flx_error *error);
void flx_basis_clear(flx_basis *basis);

/* Replaces active[q]. `products` (k): the new constraint's gradient times every edge;
 * products[q] must not be 0. */
void flx_basis_replace(flx_basis *basis, int q, flx_active_constraint entering,
                       const double *products);

/* Computes the edges anew from the constraints, and the weights (k) of the vertex.
 * Returns false and changes nothing where the matrix is singular to rounding. */
bool flx_basis_refresh(flx_basis *basis, double *weights);

/* The gradient of a constraint times a vector (k). */
double flx_constraint_product(const flx_basis *basis, flx_active_constraint constraint,
                              const double *direction);
#endif
