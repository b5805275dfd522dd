/* SPDX-License-Identifier: MIT
 * Priors, bounds, starts and probes of a Gaussian process's hyper-parameters. */
#include "host/regression/gp_prior.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

enum { MAX_SIZE = 42 };

static const flx_gp_prior priors[] = {FLX_PRIOR_NONE, FLX_PRIOR_DENSITY,
                                      FLX_PRIOR_SPARSE};

static double prior_at(const flx_gp_description *gp, const double *theta)
{
    double ignored[MAX_SIZE] = {0};
    return flx_gp_log_prior(gp, theta, ignored);
}

static void size_counts_the_length_scales(void)
{
    flx_gp_description gp = {FLX_PRIOR_DENSITY, 7, false};
    assert_int(flx_gp_size(&gp), 9);
    gp.is_isotropic = true;
    assert_int(flx_gp_size(&gp), 3);
}

/* d = 1 at theta = (1, sqrt2 + sqrt3, -2): -1/2 for s2, -1/2 for ell, -(2)^2 / 2 for sn2,
 * and the Jacobians of a density. */
static void priors_are_as_worked_by_hand(void)
{
    const double theta[3] = {1.0, sqrt(2.0) + sqrt(3.0), -2.0};
    flx_gp_description gp = {FLX_PRIOR_SPARSE, 1, false};
    assert_close(prior_at(&gp, theta), -0.5 - 0.5 - 2.0 + 2.0, 0, 1e-14);
    gp.prior = FLX_PRIOR_DENSITY;
    assert_close(prior_at(&gp, theta), -1.0 - theta[1], 1e-14, 0);
    gp.prior = FLX_PRIOR_NONE;
    assert_close(prior_at(&gp, theta), 0, 0, 0);
}

/* In log ell the density's mode is sqrt2 + ln(d)/2 - 3; the normal's is 3 higher. */
static void the_modes_are_where_the_header_says(void)
{
    for (int d = 1; d <= 36; d += 35)
        for (int p = 1; p < 3; p++) {
            flx_gp_description gp = {priors[p], d, true};
            double mode = sqrt(2.0) + 0.5 * log(d) - (p == 1 ? 3.0 : 0.0);
            double theta[3] = {0, mode, -5.0}, gradient[3] = {0};
            flx_gp_log_prior(&gp, theta, gradient);
            assert_close(gradient[0], 0, 0, 1e-14);
            assert_close(gradient[1], 0, 0, 1e-14);
            assert_close(gradient[2], 0, 0, 1e-14);
        }
}

static void gradients_are_differences_and_are_added(void)
{
    const double h = 1e-6;
    for (int p = 0; p < 3; p++)
        for (int isotropic = 0; isotropic < 2; isotropic++) {
            flx_gp_description gp = {priors[p], 5, isotropic};
            int size = flx_gp_size(&gp);
            double theta[MAX_SIZE], gradient[MAX_SIZE];
            for (int k = 0; k < size; k++) {
                theta[k] = 0.3 * k - 0.7;
                gradient[k] = 10.0;
            }
            flx_gp_log_prior(&gp, theta, gradient);
            for (int k = 0; k < size; k++) {
                theta[k] += h;
                double above = prior_at(&gp, theta);
                theta[k] -= 2 * h;
                double slope = (above - prior_at(&gp, theta)) / (2 * h);
                theta[k] += h;
                assert_close(gradient[k] - 10.0, slope, 0, 1e-7);
            }
        }
}

static void the_box_of_maximum_likelihood_is_the_published_one(void)
{
    flx_gp_description gp = {FLX_PRIOR_NONE, 2, false};
    double lower[4], upper[4];
    flx_gp_bounds(&gp, lower, upper);
    assert_close(exp(lower[0]), 1e-3, 1e-14, 0);
    assert_close(exp(upper[0]), 1e3, 1e-14, 0);
    for (int k = 1; k <= 2; k++) {
        assert_close(exp(lower[k]), 1e-2, 1e-14, 0);
        assert_close(exp(upper[k]), 1e2, 1e-14, 0);
    }
    assert_close(exp(lower[3]), 1e-6, 1e-14, 0);
    assert_close(exp(upper[3]), 10, 1e-14, 0);
}

static void check_starts(const flx_gp_description *gp)
{
    int size = flx_gp_size(gp);
    int count = flx_gp_first_starts(gp) + flx_gp_scattered_starts(gp);
    double lower[MAX_SIZE], upper[MAX_SIZE], starts[16][MAX_SIZE], again[MAX_SIZE];
    flx_gp_bounds(gp, lower, upper);
    assert_true(count <= 16);
    for (int s = 0; s < count; s++) {
        flx_gp_start(gp, s, starts[s]);
        flx_gp_start(gp, s, again);
        size_t bytes = (size_t)size * sizeof(double);
        assert_true(memcmp(starts[s], again, bytes) == 0);
        for (int k = 0; k < size; k++)
            assert_true(starts[s][k] >= lower[k] && starts[s][k] <= upper[k]);
        for (int other = 0; other < s; other++)
            assert_true(memcmp(starts[s], starts[other], bytes) != 0);
    }
}

static void starts_differ_and_lie_inside_the_box(void)
{
    const int inputs[] = {1, 2, 12, 40};
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < 4; i++)
            for (int isotropic = 0; isotropic < 2; isotropic++) {
                flx_gp_description gp = {priors[p], inputs[i], isotropic};
                check_starts(&gp);
            }
}

/* Inputs 2 and 4 are off (log ell >= 3), the shorter one first; 1 and 3 are on with a
 * mean log length scale of 0.5. */
static void probes_switch_inputs_on_again(void)
{
    flx_gp_description gp = {FLX_PRIOR_NONE, 4, false};
    const double optimum[6] = {0.1, 0.2, 4.5, 0.8, 3.5, -3.0};
    double theta[6];
    assert_true(flx_gp_probe(&gp, optimum, 0, theta));
    const double first[6] = {0.1, 0.2, 4.5, 0.8, 0.5, -3.0};
    const double second[6] = {0.1, 0.2, 0.5, 0.8, 3.5, -3.0};
    for (int k = 0; k < 6; k++)
        assert_close(theta[k], first[k], 0, 1e-15);
    assert_true(flx_gp_probe(&gp, optimum, 1, theta));
    for (int k = 0; k < 6; k++)
        assert_close(theta[k], second[k], 0, 1e-15);
    assert_true(!flx_gp_probe(&gp, optimum, 2, theta));
}

static void equal_length_scales_are_probed_once_each(void)
{
    flx_gp_description gp = {FLX_PRIOR_NONE, 3, false};
    const double optimum[5] = {0, 4.6, 4.6, 4.6, -1};
    double theta[5];
    for (int i = 0; i < 3; i++) {
        assert_true(flx_gp_probe(&gp, optimum, i, theta));
        for (int k = 0; k < 3; k++)
            assert_close(theta[1 + k], k == i ? 0 : 4.6, 0, 0); /* none is on: mean 0 */
    }
    assert_true(!flx_gp_probe(&gp, optimum, 3, theta));
}

static void probes_are_for_maximum_likelihood_only(void)
{
    flx_gp_description gp = {FLX_PRIOR_NONE, 3, true};
    const double optimum[5] = {0, 5, 5, 5, -1};
    double theta[5];
    assert_int(flx_gp_max_probes(&gp), 0);
    assert_true(!flx_gp_probe(&gp, optimum, 0, theta));
    gp = (flx_gp_description){FLX_PRIOR_SPARSE, 3, false};
    assert_int(flx_gp_max_probes(&gp), 0);
    gp.prior = FLX_PRIOR_NONE;
    assert_true(flx_gp_max_probes(&gp) > 0);
    assert_true(!flx_gp_probe(&gp, optimum, flx_gp_max_probes(&gp), theta));
}

CU_TestInfo gp_prior_tests[] = {
    {"size counts the length scales", size_counts_the_length_scales},
    {"priors are as worked by hand", priors_are_as_worked_by_hand},
    {"the modes are where the header says", the_modes_are_where_the_header_says},
    {"gradients are differences and are added", gradients_are_differences_and_are_added},
    {"the box of maximum likelihood is the published one",
     the_box_of_maximum_likelihood_is_the_published_one},
    {"starts differ and lie inside the box", starts_differ_and_lie_inside_the_box},
    {"probes switch inputs on again", probes_switch_inputs_on_again},
    {"equal length scales are probed once each",
     equal_length_scales_are_probed_once_each},
    {"probes are for maximum likelihood only", probes_are_for_maximum_likelihood_only},
    CU_TEST_INFO_NULL,
};
