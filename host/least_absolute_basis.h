/* SPDX-License-Identifier: MIT
 * The corner at which the descent of host/least_absolute.c stands: k constraints that
 * hold with equality, and the inverse of their matrix, whose columns are the edges that
 * leave the corner. Apart from the descent so that it can be tested. */
#ifndef FLX_LEAST_ABSOLUTE_BASIS_H
#define FLX_LEAST_ABSOLUTE_BASIS_H

#include "host/weighting.h"

typedef enum {
    FLX_HELD_PIN,   /* w_j stays where the start had it, until it pays to move */
    FLX_HELD_LOWER, /* w_j = 0 */
    FLX_HELD_UPPER, /* w_j = 1 */
    FLX_HELD_TOTAL, /* sum w = 1, always held */
    FLX_HELD_ROW    /* the residual of a row is 0 */
} flx_held_kind;

typedef struct {
    flx_held_kind kind;
    int index;    /* j, or the row */
    double value; /* what the left side must be */
} flx_held;

typedef struct {
    int k;
    const double *P; /* (n, k), borrowed */
    flx_held *held;  /* (k) */
    double *edges;   /* (k, k): row q is the edge along which all but held[q] stay held */
    double *work;    /* (k, 2 k) */
} flx_basis;

/* Holds every weight where it is (form mean: but the largest, and the sum instead). */
flx_status flx_basis_create(const flx_weighting_problem *problem, const double *weights,
                            flx_basis *basis, flx_error *error);
void flx_basis_clear(flx_basis *basis);

/* Replaces held[q]. `products` (k): the new constraint's gradient times every edge;
 * products[q] must not be 0. */
void flx_basis_replace(flx_basis *basis, int q, flx_held entering,
                       const double *products);

/* Computes the edges anew from the constraints, and the weights (k) of the corner.
 * Returns false and changes nothing where the matrix is singular to rounding. */
bool flx_basis_refresh(flx_basis *basis, double *weights);

/* The gradient of a constraint times a vector (k). */
double flx_held_product(const flx_basis *basis, flx_held held, const double *direction);
#endif
