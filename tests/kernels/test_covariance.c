/* SPDX-License-Identifier: MIT
 * The exponential against libm; covariance functions against hand-worked values, their
 * slopes against differences. */
#include "kernels/formulas/covariance.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

#define E 2.71828182845904523536

static void exponential_is_within_two_ulps_of_libm(void)
{
    for (int i = 0; i <= 100000; i++) {
        double x = -708.0 * i / 100000.0;
        if (x > -708.0)
            assert_close(flx_exp_negative(x), exp(x), 4.5e-16, 0);
    }
    assert_close(flx_exp_negative(0.0), 1.0, 0, 0);
    assert_close(flx_exp_negative(-1e-300), 1.0, 0, 0);
}

static void exponential_vanishes_far_out(void)
{
    assert_close(flx_exp_negative(-708.0), 0.0, 0, 0);
    assert_close(flx_exp_negative(-1e6), 0.0, 0, 0);
    assert_close(flx_exp_negative(-INFINITY), 0.0, 0, 0);
}

static flx_covariance covariance_at(int i)
{
    return (flx_covariance)i;
}

static void covariance_of_a_point_with_itself_is_the_signal(void)
{
    const double slopes[FLX_COVARIANCES] = {5.0 / 3, 3, 1};
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        double k, g;
        flx_covariance_at(covariance_at(i), 2.5, 0.0, &k, &g);
        assert_close(k, 2.5, 0, 0);
        assert_close(g, 2.5 * slopes[i], 1e-15, 0);
    }
}

/* Where the exponent is -1, with s2 = 3:
 *   Matern 5/2             r2 = 1/5   k = s2 (1 + 1 + 1/3) / e,   g = s2 (5/3) 2 / e
 *   Matern 3/2             r2 = 1/3   k = s2 (1 + 1) / e,         g = s2 3 / e
 *   squared exponential    r2 = 2     k = s2 / e,                 g = s2 / e */
static void hand_worked_values_come_out(void)
{
    const double at[FLX_COVARIANCES] = {1.0 / 5, 1.0 / 3, 2};
    const double values[FLX_COVARIANCES] = {7, 6, 3},
                 slopes[FLX_COVARIANCES] = {10, 9, 3};
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        double k, g;
        flx_covariance_at(covariance_at(i), 3.0, at[i], &k, &g);
        assert_close(k, values[i] / E, 1e-15, 0);
        assert_close(g, slopes[i] / E, 1e-15, 0);
    }
}

static double value_at(int i, double r)
{
    double k, g;
    flx_covariance_at(covariance_at(i), 1.3, r * r, &k, &g);
    return k;
}

/* r = z for one input and a unit length scale: dk/dz = -g z, dk/d log ell = g z^2. */
static void the_slope_is_the_derivative_of_the_value(void)
{
    const double h = 1e-6;
    for (int i = 0; i < FLX_COVARIANCES; i++)
        for (double z = 0.05; z < 4; z += 0.05) {
            double k, g;
            flx_covariance_at(covariance_at(i), 1.3, z * z, &k, &g);
            assert_close(-g * z, (value_at(i, z + h) - value_at(i, z - h)) / (2 * h), 0,
                         1e-9);
            double longer = value_at(i, z * exp(-h)), shorter = value_at(i, z * exp(h));
            assert_close(g * z * z, (longer - shorter) / (2 * h), 0, 1e-9);
        }
}

static void covariance_falls_with_distance_to_zero(void)
{
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        double k, g, last = 1.0;
        for (double r2 = 0.1; r2 < 1e5; r2 *= 1.5) {
            flx_covariance_at(covariance_at(i), 1.0, r2, &k, &g);
            assert_true(k < last || (k == 0 && last == 0));
            assert_true(k >= 0 && g >= 0);
            last = k;
        }
        flx_covariance_at(covariance_at(i), 1.0, 1e12, &k, &g);
        assert_close(k, 0, 0, 0);
        assert_close(g, 0, 0, 0);
    }
}

CU_TestInfo covariance_tests[] = {
    {"exponential is within two ulps of libm", exponential_is_within_two_ulps_of_libm},
    {"exponential vanishes far out", exponential_vanishes_far_out},
    {"covariance of a point with itself is the signal",
     covariance_of_a_point_with_itself_is_the_signal},
    {"hand-worked values come out", hand_worked_values_come_out},
    {"the slope is the derivative of the value",
     the_slope_is_the_derivative_of_the_value},
    {"covariance falls with distance to zero", covariance_falls_with_distance_to_zero},
    CU_TEST_INFO_NULL,
};
