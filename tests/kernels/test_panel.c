/* SPDX-License-Identifier: MIT
 * Likelihood and gradient of one member on every instruction set: hand-worked cases, the
 * plain loops of experiments/selftest/plain_gp.h, and properties of the model. */
#include "experiments/selftest/checks.h"
#include "experiments/selftest/plain_gp.h"
#include "kernels/cpu/panel/panel.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

#define LOG_2PI 1.8378770664093454836

static void the_table_chosen_is_the_first_supported_one(void)
{
    int i = 0;
    while (flx_panel_at(i) && !flx_panel_at(i)->is_supported())
        i++;
    assert_true(flx_panel_at(i) != NULL);
    assert_true(flx_panel_choose() == flx_panel_at(i));
    for (i = 0; flx_panel_at(i); i++)
        assert_true(flx_panel_at(i)->width <= FLX_PANEL_MAX_WIDTH);
    assert_text(flx_panel_at(i - 1)->name, "portable");
}

/* n = 1: y ~ N(0, v), v = s2 + sn2 + jitter = 2 + 0.5 + 0.25. */
static void check_one_point(flx_backend *backend)
{
    const double X[1] = {0.3}, y[1] = {1.5}, v = 2.75;
    const double theta[3] = {log(2.0), 0.4, log(0.5)};
    flx_gp_problem problem = {.n = 1, .d = 1, .X = X, .y = y};
    double value, gradient[3];
    assert_int(evaluate_alone(backend, &problem, theta, 0.25, &value, gradient), 0);
    assert_close(value, -0.5 * (2.25 / v + log(v) + LOG_2PI), 1e-14, 0);
    double slope = 0.5 * (2.25 / (v * v) - 1 / v);
    assert_close(gradient[0], 2.0 * slope, 1e-13, 0);
    assert_close(gradient[1], 0, 0, 0);
    assert_close(gradient[2], 0.5 * slope, 1e-13, 0);
}

static void one_point_is_a_normal_density(void)
{
    with_every_backend(check_one_point);
}

/* n = 2 at z = 1 / sqrt 5 apart, s2 = 1: covariance c = (7/3) / e. With y = (a, a) the
 * likelihood lies on the eigenvector (1, 1) alone: eigenvalues v + c and v - c. */
static void check_two_points(flx_backend *backend)
{
    const double X[2] = {1.0, 1.0 + 2.0 / sqrt(5.0)}, y[2] = {0.7, 0.7};
    const double theta[3] = {0.0, log(2.0), log(0.1)}, v = 1.1, c = 7.0 / 3 * exp(-1.0);
    flx_gp_problem problem = {.n = 2, .d = 1, .X = X, .y = y};
    double value, gradient[3];
    assert_int(evaluate_alone(backend, &problem, theta, 0, &value, gradient), 0);
    double expected = -0.5 * (2 * 0.49 / (v + c) + log(v + c) + log(v - c) + 2 * LOG_2PI);
    assert_close(value, expected, 1e-14, 0);
    /* d/dc of the above, and dc / d log ell = g z^2 = (10/3) / e / 5. */
    double by_c = -0.5 * (-0.98 / ((v + c) * (v + c)) + 1 / (v + c) - 1 / (v - c));
    assert_close(gradient[1], by_c * 10.0 / 15 * exp(-1.0), 1e-13, 0);
}

static void two_points_follow_their_eigenvalues(void)
{
    with_every_backend(check_two_points);
}

static void compare_with_loops(flx_backend *backend, const flx_sample *sample,
                               double jitter)
{
    double value, gradient[MAX_THETA], expected, slopes[MAX_THETA];
    const flx_gp_problem *p = &sample->problem;
    assert_int(flx_plain_gp_evaluate(p, sample->theta, jitter, &expected, slopes), 0);
    assert_int(evaluate_alone(backend, p, sample->theta, jitter, &value, gradient), 0);
    assert_close(value, expected, 1e-12, 1e-12);
    assert_close(flx_gradient_error(flx_gp_theta_size(p), gradient, slopes), 0, 0, 1e-10);
}

static void check_sample_set(flx_backend *backend)
{
    flx_sample_set set;
    flx_error error;
    assert_int(flx_sample_set_create(100, &set, &error), FLX_OK);
    assert_int(set.count, 78);
    for (int i = 0; i < set.count; i++)
        compare_with_loops(backend, &set.samples[i], 0);
    flx_sample_set_clear(&set);
}

static void numbers_are_those_of_plain_loops(void)
{
    with_every_backend(check_sample_set);
}

static void check_every_padding(flx_backend *backend)
{
    for (int n = 1; n <= 50; n++) {
        flx_sample sample = make_sample(n, 2, n % 2, FLX_SAMPLE_PLAIN);
        compare_with_loops(backend, &sample, 1e-3);
        flx_sample_clear(&sample);
    }
}

static void every_padding_is_invisible(void)
{
    with_every_backend(check_every_padding);
}

/* Jitter counts as noise in the value; the derivative is by the noise alone. */
static void check_jitter(flx_backend *backend)
{
    flx_sample sample = make_sample(13, 3, false, FLX_SAMPLE_PLAIN);
    double value, gradient[5], same, slopes[5], theta[5];
    double noise = exp(sample.theta[4]), jitter = 0.02;
    memcpy(theta, sample.theta, sizeof theta);
    theta[4] = log(noise + jitter);
    evaluate_alone(backend, &sample.problem, sample.theta, jitter, &value, gradient);
    evaluate_alone(backend, &sample.problem, theta, 0, &same, slopes);
    assert_close(value, same, 1e-13, 0);
    for (int k = 0; k < 4; k++)
        assert_close(gradient[k], slopes[k], 1e-11, 1e-11);
    assert_close(gradient[4], slopes[4] * noise / (noise + jitter), 1e-11, 1e-11);
    flx_sample_clear(&sample);
}

static void jitter_is_noise_that_is_not_fitted(void)
{
    with_every_backend(check_jitter);
}

/* With equal length scales both kinds agree, and the shared slope is the sum. */
static void check_isotropic(flx_backend *backend)
{
    flx_sample sample = make_sample(27, 17, true, FLX_SAMPLE_PLAIN);
    double theta[MAX_THETA], value, gradient[3], same, slopes[MAX_THETA], sum = 0;
    theta[0] = sample.theta[0];
    for (int k = 0; k < 17; k++)
        theta[1 + k] = sample.theta[1];
    theta[18] = sample.theta[2];
    flx_gp_problem apart = sample.problem;
    apart.is_isotropic = false;
    evaluate_alone(backend, &sample.problem, sample.theta, 0, &value, gradient);
    evaluate_alone(backend, &apart, theta, 0, &same, slopes);
    for (int k = 0; k < 17; k++)
        sum += slopes[1 + k];
    assert_close(value, same, 1e-14, 0);
    assert_close(gradient[1], sum, 1e-11, 0);
    flx_sample_clear(&sample);
}

static void one_length_scale_is_all_of_them_together(void)
{
    with_every_backend(check_isotropic);
}

/* Scaling y by c and both variances by c^2 shifts the value by -n log c; moving X does
 * nothing; nor does the order of the points. */
static void check_invariances(flx_backend *backend)
{
    flx_sample sample = make_sample(21, 3, false, FLX_SAMPLE_PLAIN);
    double value, moved, gradient[5], slopes[5], X[21 * 3], y[21], theta[5];
    evaluate_alone(backend, &sample.problem, sample.theta, 0, &value, gradient);
    for (int i = 0; i < 21; i++) {
        for (int k = 0; k < 3; k++)
            X[i * 3 + k] = sample.X[(20 - i) * 3 + k] + 100.0;
        y[i] = 3.0 * sample.y[20 - i];
    }
    memcpy(theta, sample.theta, sizeof theta);
    theta[0] += 2 * log(3.0);
    theta[4] += 2 * log(3.0);
    flx_gp_problem other = {.n = 21, .d = 3, .X = X, .y = y};
    evaluate_alone(backend, &other, theta, 0, &moved, slopes);
    assert_close(moved + 21 * log(3.0), value, 1e-11, 0);
    assert_close(flx_gradient_error(5, slopes, gradient), 0, 0, 1e-9);
    flx_sample_clear(&sample);
}

static void scale_place_and_order_do_not_matter(void)
{
    with_every_backend(check_invariances);
}

/* An input that never varies has no say, whatever its length scale. */
static void check_constant_input(flx_backend *backend)
{
    flx_sample sample = make_sample(19, 3, false, FLX_SAMPLE_CONSTANT);
    double value, same, gradient[5], theta[5];
    memcpy(theta, sample.theta, sizeof theta);
    theta[3] -= 3.0;
    evaluate_alone(backend, &sample.problem, sample.theta, 0, &value, gradient);
    assert_close(gradient[3], 0, 0, 1e-12);
    evaluate_alone(backend, &sample.problem, theta, 0, &same, gradient);
    assert_close(same, value, 1e-14, 0);
    flx_sample_clear(&sample);
}

static void a_constant_input_has_no_say(void)
{
    with_every_backend(check_constant_input);
}

CU_TestInfo panel_tests[] = {
    {"the table chosen is the first supported one",
     the_table_chosen_is_the_first_supported_one},
    {"one point is a normal density", one_point_is_a_normal_density},
    {"two points follow their eigenvalues", two_points_follow_their_eigenvalues},
    {"numbers are those of plain loops", numbers_are_those_of_plain_loops},
    {"every padding is invisible", every_padding_is_invisible},
    {"jitter is noise that is not fitted", jitter_is_noise_that_is_not_fitted},
    {"one length scale is all of them together",
     one_length_scale_is_all_of_them_together},
    {"scale, place and order do not matter", scale_place_and_order_do_not_matter},
    {"a constant input has no say", a_constant_input_has_no_say},
    CU_TEST_INFO_NULL,
};
