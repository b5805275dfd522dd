/* SPDX-License-Identifier: MIT
 * How well predictions met what was measured, and quantiles and correlations of plain
 * arrays. A row with NaN is not there: it is skipped and not counted. */
#ifndef FLX_ERROR_METRICS_H
#define FLX_ERROR_METRICS_H

#include "formats/status.h"

/* With e = predicted - actual over the rows where both are present. All NaN without rows.
 */
typedef struct {
    int rows;    /* that were counted */
    double mae;  /* mean |e|, in the unit of the target */
    double mape; /* mean |e / actual| as a share (0.1 = 10 %); NaN where an actual is 0 */
    double rmse; /* sqrt(mean e^2), in the unit of the target */
    double r2;   /* 1 - sum e^2 / sum (actual - mean)^2; NaN for constant actuals */
    double r2_log;   /* r2 of the natural logarithms; NaN where a value is <= 0 */
    double coverage; /* share of actuals in [lower, upper], of the rows with both bounds;
                        NaN where there is none */
} flx_error_metrics;

/* Arrays (n); lower and upper may be NULL. */
void flx_error_metrics_measure(const double *actual, const double *predicted,
                               const double *lower, const double *upper, int n,
                               flx_error_metrics *out);

/* Quantile q in [0, 1] by linear interpolation between order statistics: type 7 of
 * Hyndman and Fan (1996), the default of R and NumPy. `sorted` is ascending and free of
 * NaN. NaN for n = 0. */
double flx_quantile_sorted(const double *sorted, int n, double q);
/* The same of values in any order. */
flx_status flx_quantile(const double *values, int n, double q, double *out,
                        flx_error *error);

/* Pearson's correlation of the pairs where both are present; 0 where either is constant.
 */
double flx_pearson(const double *x, const double *y, int n);
#endif
