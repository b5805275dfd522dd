/* SPDX-License-Identifier: MIT
 * Accuracy, quantiles, ranks and correlations against values worked by hand. */
#include "host/statistics/error_metrics.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* A few roundings. */
static void assert_near_at(double actual, double expected, int line)
{
    assert_close_at(actual, expected, 1e-14, 1e-15, __FILE__, line);
}
#define assert_near(actual, expected) assert_near_at(actual, expected, __LINE__)

static void measures_worked_rows(void)
{
    /* errors 1, -2, 0, 3; mean of actual 5, total squares 9 + 1 + 1 + 9 = 20 */
    const double actual[] = {2, 4, 6, 8}, predicted[] = {3, 2, 6, 11};
    const double lower[] = {2, 1, 7, 9}, upper[] = {4, 3, 8, 12};
    flx_error_metrics a;
    flx_error_metrics_measure(actual, predicted, lower, upper, 4, &a);
    assert_int(a.rows, 4);
    assert_near(a.mae, 1.5);
    assert_near(a.mape, (0.5 + 0.5 + 0 + 0.375) / 4);
    assert_near(a.rmse, sqrt(3.5));
    assert_near(a.r2, 1 - 14.0 / 20);
    assert_near(a.coverage, 0.25); /* the bounds themselves count */
}

static void measures_logarithms(void)
{
    /* logs of actual 0, 1, 2; of predicted 0, 2, 2: residual 1, total 2 */
    const double actual[] = {1, M_E, M_E * M_E}, predicted[] = {1, M_E * M_E, M_E * M_E};
    flx_error_metrics a;
    flx_error_metrics_measure(actual, predicted, NULL, NULL, 3, &a);
    assert_near(a.r2_log, 0.5);
    assert_near(a.coverage, NAN);
}

static void skips_rows_with_nan(void)
{
    const double actual[] = {1, NAN, 5, 3}, predicted[] = {2, 9, NAN, 6};
    const double lower[] = {0, 0, 0, NAN}, upper[] = {9, 9, 9, 9};
    flx_error_metrics a;
    flx_error_metrics_measure(actual, predicted, lower, upper, 4, &a);
    assert_int(a.rows, 2);
    assert_near(a.mae, 2);
    assert_near(a.r2, 1 - 10.0 / 2);
    assert_near(a.coverage, 1); /* of the only row with both bounds */
    flx_error_metrics_measure(actual + 1, predicted + 1, lower, upper, 2, &a);
    assert_int(a.rows, 0);
    assert_near(a.mae, NAN);
    assert_near(a.rmse, NAN);
}

static void says_nan_where_a_figure_has_no_meaning(void)
{
    const double zero[] = {0, 2}, positive[] = {1, 2}, constant[] = {0.1, 0.1, 0.1};
    const double near[] = {0.1, 0.2, 0.1};
    flx_error_metrics a;
    flx_error_metrics_measure(zero, positive, NULL, NULL, 2, &a);
    assert_near(a.mape, NAN);
    assert_near(a.r2_log, NAN);
    assert_near(a.r2, 0.5);
    flx_error_metrics_measure(positive, zero, NULL, NULL, 2, &a);
    assert_near(a.mape, 0.5);
    assert_near(a.r2_log, NAN);
    flx_error_metrics_measure(constant, near, NULL, NULL, 3, &a);
    assert_near(a.r2, NAN);
    assert_close(a.mae, 0.1 / 3, 1e-14, 0);
}

/* A latency of 1e9 that varies by 1: what a one-pass formula would lose. */
static void keeps_digits_of_a_small_spread(void)
{
    const double actual[] = {1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3};
    const double predicted[] = {1e9, 1e9 + 1, 1e9 + 2, 1e9 + 2};
    flx_error_metrics a;
    flx_error_metrics_measure(actual, predicted, NULL, NULL, 4, &a);
    assert_close(a.r2, 1 - 1.0 / 5, 1e-6, 0);
    assert_close(flx_pearson(actual, actual, 4), 1, 1e-6, 0);
}

static double quantile(const double *values, int n, double q)
{
    double out;
    flx_error error = {0};
    assert_int(flx_quantile(values, n, q, &out, &error), FLX_OK);
    return out;
}

static void interpolates_quantiles(void)
{
    /* R: quantile(c(9, 1, 4, 2), c(0, .25, .5, .9, 1)) gives 1, 1.75, 3, 7.5, 9 */
    const double values[] = {9, 1, NAN, 4, 2};
    assert_near(quantile(values, 5, 0), 1);
    assert_near(quantile(values, 5, 0.25), 1.75);
    assert_near(quantile(values, 5, 0.5), 3);
    assert_near(quantile(values, 5, 0.9), 7.5);
    assert_near(quantile(values, 5, 1), 9);
    assert_near(quantile(values, 1, 0.7), 9);
    assert_near(quantile(values + 2, 1, 0.5), NAN);
    assert_near(quantile(values, 0, 0.5), NAN);
}

static void correlates_worked_values(void)
{
    /* deviations -1.5 -0.5 0.5 1.5 and -1 -2 2 1: r = 5 / sqrt(5 * 10) */
    const double x[] = {1, 2, 3, 4}, y[] = {4, 3, 7, 6}, cube[] = {1, 8, 27, 64};
    const double down[] = {8, 6, 4, 2};
    assert_near(flx_pearson(x, y, 4), 5 / sqrt(50));
    assert_near(flx_pearson(x, down, 4), -1);
    assert_true(flx_pearson(x, cube, 4) < 0.999);
}

static void correlates_pairs_that_are_whole(void)
{
    const double x[] = {1, NAN, 2, 3, 50, 4}, y[] = {4, 99, 3, 7, NAN, 6};
    assert_near(flx_pearson(x, y, 6), 5 / sqrt(50));
}

static void gives_a_constant_no_correlation(void)
{
    const double constant[] = {0.1, 0.1, 0.1}, x[] = {1, 2, 3}, wild[] = {1, INFINITY, 3};
    assert_close(flx_pearson(constant, x, 3), 0, 0, 0);
    assert_close(flx_pearson(x, constant, 3), 0, 0, 0);
    assert_close(flx_pearson(x, x, 1), 0, 0, 0);
    assert_close(flx_pearson(x, x, 0), 0, 0, 0);
    assert_close(flx_pearson(x, wild, 3), NAN, 0, 0);
}

CU_TestInfo error_metrics_tests[] = {
    {"measures worked rows", measures_worked_rows},
    {"measures logarithms", measures_logarithms},
    {"skips rows with NaN", skips_rows_with_nan},
    {"says NaN where a figure has no meaning", says_nan_where_a_figure_has_no_meaning},
    {"keeps digits of a small spread", keeps_digits_of_a_small_spread},
    {"interpolates quantiles", interpolates_quantiles},
    {"correlates worked values", correlates_worked_values},
    {"correlates pairs that are whole", correlates_pairs_that_are_whole},
    {"gives a constant no correlation", gives_a_constant_no_correlation},
    CU_TEST_INFO_NULL,
};
