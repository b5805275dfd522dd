/* SPDX-License-Identifier: MIT
 * Columns and products of input selection against sums over the rows of each fold. */
#include "host/selection/gram_matrices.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

enum { N = 23, M = 3, ALWAYS = 2, P = M + ALWAYS + 1 };

static double X[N * M], always[N * ALWAYS], y[N];
static int64_t group[N];

static flx_selection_problem make_problem(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t j = 0; j < M; j++)
            X[i * M + j] = 5 + 3 * flx_normal(1, 1, i, j, 0);
        always[i * ALWAYS] = flx_normal(1, 2, i, 0, 0);
        always[i * ALWAYS + 1] = 4; /* constant */
        y[i] = 100 + 2 * X[i * M] + flx_normal(1, 3, i, 0, 0);
        group[i] = i / 3;
    }
    return (flx_selection_problem){.n = N,
                                   .m = M,
                                   .X = X,
                                   .n_always = ALWAYS,
                                   .always = always,
                                   .y = y,
                                   .group = group};
}

static void columns_have_mean_0_and_variance_1(void)
{
    flx_selection_problem problem = make_problem();
    flx_selection_products s;
    flx_error error = {0};
    assert_int(flx_selection_products_create(&problem, 1, &s, &error), FLX_OK);
    assert_int(s.p, P);
    for (int v = 0; v < P; v++) {
        double sum = 0, square = 0;
        for (int i = 0; i < N; i++) {
            sum += s.columns[v * N + i];
            square += s.columns[v * N + i] * s.columns[v * N + i];
        }
        assert_close(sum, 0, 0, 1e-12);
        assert_close(square, v == M + 1 ? 0 : N, 1e-12, 1e-12); /* a constant is 0 */
    }
    flx_selection_products_clear(&s);
}

/* Over the training rows of fold f, which are all but start[f] .. start[f + 1] - 1. */
static void check_fold(const flx_selection_products *s, int f)
{
    double mean[P] = {0}, n = 0;
    for (int i = 0; i < N; i++) {
        if (i >= s->start[f] && i < s->start[f + 1])
            continue;
        n++;
        for (int v = 0; v < P; v++)
            mean[v] += s->columns[v * N + i];
    }
    for (int v = 0; v < P; v++)
        assert_close(s->means[f * P + v], mean[v] / n, 1e-12, 1e-14);
    for (int u = 0; u < P; u++)
        for (int v = 0; v < P; v++) {
            double sum = 0;
            for (int i = 0; i < N; i++)
                if (i < s->start[f] || i >= s->start[f + 1])
                    sum += (s->columns[u * N + i] - mean[u] / n) *
                           (s->columns[v * N + i] - mean[v] / n);
            assert_close(s->products[(f * P + u) * P + v], sum, 1e-11, 1e-11);
        }
}

static void products_are_those_of_the_training_rows(void)
{
    flx_selection_problem problem = make_problem();
    flx_error error = {0};
    for (int threads = 1; threads <= 2; threads++) {
        flx_selection_products s;
        assert_int(flx_selection_products_create(&problem, threads, &s, &error), FLX_OK);
        assert_int(s.n_folds, FLX_FOLDS);
        assert_int(s.start[0], 0);
        assert_int(s.start[s.n_folds], N);
        for (int f = 0; f < s.n_folds; f++)
            check_fold(&s, f);
        flx_selection_products_clear(&s);
    }
}

CU_TestInfo gram_matrices_tests[] = {
    {"columns have mean 0 and variance 1", columns_have_mean_0_and_variance_1},
    {"products are those of the training rows", products_are_those_of_the_training_rows},
    CU_TEST_INFO_NULL,
};
