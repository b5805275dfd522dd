/* SPDX-License-Identifier: MIT
 * The descent of host/optimization/least_absolute.c over one target: where it stands, and
 * its moves.
 */
#ifndef FLX_LEAST_ABSOLUTE_DESCENT_H
#define FLX_LEAST_ABSOLUTE_DESCENT_H

#include "host/optimization/breakpoint_heap.h"
#include "host/optimization/least_absolute_basis.h"

typedef struct {
    const flx_output_weighting_problem *problem;
    flx_basis basis;
    double *weights;   /* (k) */
    double *target;    /* (n) y, or y with noise */
    double *residual;  /* (n) target - P w */
    double *side;      /* (n) its sign, kept through ties; 0 while the row is active */
    double *change;    /* (n) P times the direction */
    double *gradient;  /* (k) of the sum over rows that are not active */
    double *direction; /* (k) */
    double *product;   /* (k) */
    flx_breakpoint_heap breakpoints; /* (n) steps at which residuals change sign */
    double *noise;                   /* (n) what rounding makes of a residual */
    double row_norm;                 /* sum of the largest entries of all rows */
    double noise_sum;                /* of all rows */
    double loss;                     /* sum of the residuals at the last refresh */
} flx_descent;

/* Stands at `start` (k), with the problem's own target. `problem` is borrowed. On failure
 * there is nothing to clear. */
flx_status flx_descent_create(const flx_output_weighting_problem *problem,
                              const double *start, flx_descent *descent,
                              flx_error *error);
void flx_descent_clear(flx_descent *descent);

/* Moves each target from the problem's by its own amount, up to size / 2; size 0 restores
 * them. */
void flx_descent_shift(flx_descent *descent, double size, uint64_t seed);

/* To the optimum, or until `patience` periods between refreshes have gained nothing. */
void flx_descent_run(flx_descent *descent, int patience);

/* A lower bound of the mean absolute error over all weights, for the problem's target. */
double flx_descent_bound(flx_descent *descent);
#endif
