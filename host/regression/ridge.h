/* SPDX-License-Identifier: MIT
 * Ridge regression: squared coefficients penalized, the intercept not (Hoerl & Kennard
 * 1970). The penalty is the one of a fixed grid with the least mean squared leave-one-out
 * error, which has a closed form (Golub, Heath & Wahba 1979): one eigendecomposition of
 * the smaller Gram matrix serves all rows and all penalties, also where there are more
 * features than rows. Inside the library. */
#ifndef FLX_RIDGE_H
#define FLX_RIDGE_H

#include "formats/status.h"

/* Minimized is sum_i (y_i - b_0 - x_i' b)^2 + penalty |b|^2. */
typedef struct {
    int n, d;
    const double *X, *y; /* (n, d) row-major, (n) */
    double penalty;      /* > 0: this one; 0: chosen, then out */
    double *parameters;  /* (2 + d) out: penalty, b_0, b */
    double *fitted;      /* (n) out */
    double *left_out;    /* (n) out: at row i, of the regression without row i */
} flx_ridge;

/* n >= 2, d >= 1, all finite. FLX_NO_MEMORY only. */
flx_status flx_ridge_solve(flx_ridge *ridge, flx_error *error);
#endif
