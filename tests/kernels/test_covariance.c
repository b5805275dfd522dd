/* SPDX-License-Identifier: MIT
 * The exponential and Matern 5/2 against libm and hand-worked values. */
#include "kernels/formulas/covariance.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

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

static void covariance_of_a_point_with_itself_is_the_signal(void)
{
    double k, g;
    flx_matern52(2.5, 0.0, &k, &g);
    assert_close(k, 2.5, 0, 0);
    assert_close(g, 2.5 * 5 / 3, 1e-15, 0);
}

/* r = 1 / sqrt 5: a = 1, so k = s2 (1 + 1 + 1/3) / e and g = s2 10 / 3 / e. */
static void hand_worked_values_come_out(void)
{
    double k, g;
    flx_matern52(3.0, 0.2, &k, &g);
    assert_close(k, 7.0 / 2.71828182845904523536, 1e-15, 0);
    assert_close(g, 10.0 / 2.71828182845904523536, 1e-15, 0);
}

/* r = z for one input and a unit length scale: dk/dz = -g z, dk/d log ell = g z^2. */
static void the_slope_is_the_derivative_of_the_value(void)
{
    const double h = 1e-6;
    for (double z = 0.05; z < 4; z += 0.05) {
        double k, g, above, below, ignored;
        flx_matern52(1.3, z * z, &k, &g);
        flx_matern52(1.3, (z + h) * (z + h), &above, &ignored);
        flx_matern52(1.3, (z - h) * (z - h), &below, &ignored);
        assert_close(-g * z, (above - below) / (2 * h), 0, 1e-9);
        double longer = z * exp(-h), shorter = z * exp(h);
        flx_matern52(1.3, longer * longer, &above, &ignored);
        flx_matern52(1.3, shorter * shorter, &below, &ignored);
        assert_close(g * z * z, (above - below) / (2 * h), 0, 1e-9);
    }
}

static void covariance_falls_with_distance_to_zero(void)
{
    double last = 1.0;
    for (double r2 = 0.1; r2 < 1e5; r2 *= 1.5) {
        double k, g;
        flx_matern52(1.0, r2, &k, &g);
        assert_true(k < last || (k == 0 && last == 0));
        assert_true(k >= 0 && g >= 0);
        last = k;
    }
    double k, g;
    flx_matern52(1.0, 1e12, &k, &g);
    assert_close(k, 0, 0, 0);
    assert_close(g, 0, 0, 0);
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
