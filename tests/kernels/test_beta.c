/* SPDX-License-Identifier: MIT
 * Draws from Beta distributions against their mean, variance and, where it is known in
 * closed form, their distribution. Tolerances: five standard errors of N draws. */
#include "kernels/formulas/beta.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>

enum { N = 20000 };

static void moments_are_those_of_beta(void)
{
    static const double shapes[][2] = {{1, 1}, {1, 4}, {3, 2}, {40, 7}, {500, 900}};
    for (uint32_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double a = shapes[s][0], b = shapes[s][1], sum = 0, square = 0;
        double mean = a / (a + b), variance = mean * (1 - mean) / (a + b + 1);
        for (uint32_t i = 0; i < N; i++) {
            double x = flx_beta_draw(a, b, 7, s, i, 0);
            assert_true(x > 0 && x < 1);
            sum += x / N;
            square += (x - mean) * (x - mean) / N;
        }
        assert_close(sum, mean, 0, 5 * sqrt(variance / N));
        assert_close(square, variance, 5 * sqrt(3.0 / N), 0); /* kurtosis below 4 */
    }
}

/* Beta(1, 4) is below x with probability 1 - (1 - x)^4. */
static void distribution_of_one_and_four(void)
{
    int below[3] = {0};
    static const double at[] = {0.05, 0.2, 0.5};
    for (uint32_t i = 0; i < N; i++) {
        double x = flx_beta_draw(1, 4, 3, 0, i, 1);
        for (int k = 0; k < 3; k++)
            below[k] += x < at[k];
    }
    for (int k = 0; k < 3; k++) {
        double p = 1 - pow(1 - at[k], 4);
        assert_close((double)below[k] / N, p, 0, 5 * sqrt(p * (1 - p) / N));
    }
}

static void a_draw_is_a_function_of_its_place(void)
{
    assert_close(flx_beta_draw(2, 3, 1, 2, 3, 4), flx_beta_draw(2, 3, 1, 2, 3, 4), 0, 0);
    assert_true(flx_beta_draw(2, 3, 1, 2, 3, 4) != flx_beta_draw(2, 3, 1, 2, 4, 4));
    assert_true(flx_beta_draw(2, 3, 1, 2, 3, 4) != flx_beta_draw(2, 3, 1, 2, 3, 5));
    assert_true(flx_beta_draw(2, 3, 1, 2, 3, 4) != flx_beta_draw(2, 3, 1, 3, 3, 4));
    assert_true(flx_beta_draw(2, 3, 1, 2, 3, 4) != flx_beta_draw(2, 3, 2, 2, 3, 4));
}

CU_TestInfo beta_tests[] = {
    {"moments are those of Beta", moments_are_those_of_beta},
    {"distribution of Beta(1, 4)", distribution_of_one_and_four},
    {"a draw is a function of its place", a_draw_is_a_function_of_its_place},
    CU_TEST_INFO_NULL,
};
