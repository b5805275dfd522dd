/* SPDX-License-Identifier: MIT
 * The checks that selftest.c lists. Each leaves its largest error in *worst and fails
 * only where memory, the device or a file does. */
#ifndef FLX_SELFTEST_CHECKS_H
#define FLX_SELFTEST_CHECKS_H

#include "formats/memory.h"
#include "kernels/backend.h"

#include <math.h>

/* The largest differences of one comparison with the cpu, made by whoever asks first. */
enum {
    FLX_AGREED_INFO,
    FLX_AGREED_VALUE,
    FLX_AGREED_GRADIENT,
    FLX_AGREED_LEFT_OUT,
    FLX_AGREED_PREDICTION,
    FLX_AGREED_COUNT
};
typedef struct {
    bool is_known;
    double worst[FLX_AGREED_COUNT];
} flx_agreement;

typedef struct {
    flx_backend *backend;
    const char *reference; /* folder, or NULL */
    int largest;           /* points of the largest problem */
    flx_agreement *agreed;
} flx_check_context;

typedef flx_status flx_check_function(const flx_check_context *context, double *worst,
                                      flx_error *error);

/* backend_checks.c */
flx_check_function flx_check_likelihood, flx_check_gradient, flx_check_differences,
    flx_check_leave_one_out, flx_check_means, flx_check_variances, flx_check_slopes,
    flx_check_failed_member;
/* reference_likelihoods.c */
flx_check_function flx_check_reference_likelihood, flx_check_reference_gradient,
    flx_check_reference_optimum;
/* reference_predictions.c */
flx_check_function flx_check_reference_means, flx_check_reference_deviations;

/* device_agreement.c */
flx_check_function flx_check_agreed_infos, flx_check_agreed_values,
    flx_check_agreed_gradients, flx_check_agreed_left_out, flx_check_agreed_predictions;
/* device_weights_check.c */
flx_check_function flx_check_agreed_losses, flx_check_agreed_products;
/* device_search_check.c */
flx_check_function flx_check_agreed_populations;
/* device_graph_check.c */
flx_check_function flx_check_agreed_graphs;

FLX_OWNS(flx_backend, flx_backend_close)

/* y (n) to mean 0 and population deviation 1; says what they were. */
void flx_standardize(int n, double *y, double *mean, double *sd);

/* Largest error of a gradient, entry by entry and relative; an entry below a thousandth
 * of the largest is measured against that thousandth, since it is a difference of terms
 * of the largest one's size. */
double flx_gradient_error(int size, const double *actual, const double *expected);

/* The larger of both; NaN wins, so that no check passes on NaN. */
static inline double flx_worse(double worst, double error)
{
    return isnan(worst) || worst >= error ? worst : error;
}

/* |actual - expected| relative to |expected| where that is above 1. */
static inline double flx_mixed_error(double actual, double expected)
{
    return fabs(actual - expected) / fmax(1.0, fabs(expected));
}

/* The largest mixed error of `count` numbers. */
static inline double flx_worst_of(int count, const double *actual, const double *expected)
{
    double worst = 0;
    for (int i = 0; i < count; i++)
        worst = flx_worse(worst, flx_mixed_error(actual[i], expected[i]));
    return worst;
}
#endif
