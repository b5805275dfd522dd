/* SPDX-License-Identifier: MIT
 * The ridge's errors of subsets against values worked by hand and against the plain
 * normal equations, solved anew for every fold. */
#include "host/selection/subset_ridge.h"
#include "host/statistics/cross_validation.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 41, M = 5, A = 2 };

static double X[N * M], always[N * A], y[N];
static int64_t group[N];

/* The output follows candidates 1 and 3 and an always-included input; rows 2i and 2i + 1
 * are a group. */
static flx_selection_problem make_problem(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t j = 0; j < M; j++)
            X[i * M + j] = 50 + 10 * flx_normal(1, 1, i, j, 0);
        for (uint32_t j = 0; j < A; j++)
            always[i * A + j] = flx_uniform(1, 2, i, j, 0);
        y[i] = 3 * X[i * M + 1] - X[i * M + 3] + 40 * always[i * A] +
               2 * flx_normal(1, 3, i, 0, 0);
        group[i] = 100 - (int64_t)i / 2;
    }
    return (flx_selection_problem){.name = "web:p90",
                                   .n = N,
                                   .m = M,
                                   .X = X,
                                   .y = y,
                                   .n_always = A,
                                   .always = always,
                                   .group = group};
}

/* Gaussian elimination without pivots: the systems are positive definite. */
static void solve(double *S, double *b, int d)
{
    for (int i = 0; i < d; i++)
        for (int r = i + 1; r < d; r++) {
            double factor = S[r * d + i] / S[i * d + i];
            for (int c = i; c < d; c++)
                S[r * d + c] -= factor * S[i * d + c];
            b[r] -= factor * b[i];
        }
    for (int i = d - 1; i >= 0; i--) {
        for (int c = i + 1; c < d; c++)
            b[i] -= S[i * d + c] * b[c];
        b[i] /= S[i * d + i];
    }
}

/* Columns of a subset and the always-included, each of variance 1 over all rows. */
static void gather(const flx_selection_problem *p, const int *subset, int k, double *Z)
{
    int d = k + p->n_always;
    for (int j = 0; j < d; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < p->n; i++) {
            double *cell = &Z[i * d + j];
            *cell =
                j < k ? p->X[i * p->m + subset[j]] : p->always[i * p->n_always + j - k];
            mean += *cell / p->n;
        }
        for (int i = 0; i < p->n; i++)
            square += pow(Z[i * d + j] - mean, 2) / p->n;
        for (int i = 0; i < p->n; i++)
            Z[i * d + j] /= sqrt(square);
    }
}

/* Sum of absolute residuals of one held-out fold. */
static double held_out(const flx_selection_problem *p, const double *Z, int d,
                       const bool *is_held, double lambda)
{
    double mean[M + A + 1] = {0}, S[(M + A) * (M + A)] = {0}, b[M + A] = {0}, sum = 0;
    int teaching = 0;
    for (int i = 0; i < p->n; i++)
        teaching += !is_held[i];
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j <= d && !is_held[i]; j++)
            mean[j] += (j < d ? Z[i * d + j] : p->y[i]) / teaching;
    for (int i = 0; i < p->n; i++)
        for (int r = 0; r < d && !is_held[i]; r++) {
            for (int c = 0; c < d; c++)
                S[r * d + c] += (Z[i * d + r] - mean[r]) * (Z[i * d + c] - mean[c]);
            b[r] += (Z[i * d + r] - mean[r]) * (p->y[i] - mean[d]);
        }
    for (int r = 0; r < d; r++)
        S[r * d + r] += lambda * teaching;
    solve(S, b, d);
    for (int i = 0; i < p->n; i++) {
        double prediction = mean[d];
        for (int r = 0; r < d; r++)
            prediction += b[r] * (Z[i * d + r] - mean[r]);
        sum += is_held[i] ? fabs(p->y[i] - prediction) : 0;
    }
    return sum;
}

static double expected_error(const flx_selection_problem *p, const int *subset, int k)
{
    static const double penalties[] = {1e-3, 1e-2, 1e-1, 1};
    double Z[N * (M + A)], best = INFINITY;
    int fold[N], n_groups;
    flx_error error = {0};
    assert_int(flx_folds_deal(p->group, p->n, 0, fold, &n_groups, &error), FLX_OK);
    gather(p, subset, k, Z);
    for (int t = 0; t < 4; t++) {
        double sum = 0;
        for (int f = 0; f < flx_folds_count(n_groups); f++) {
            bool is_held[N] = {0};
            for (int i = 0; i < p->n; i++)
                is_held[i] = fold[i] == f;
            sum += held_out(p, Z, k + p->n_always, is_held, penalties[t]);
        }
        best = fmin(best, sum / p->n);
    }
    return best;
}

static double error_of(const flx_selection_problem *problem, const int *subset, int k)
{
    double mae = NAN;
    flx_selection_ridge *ridge = NULL;
    flx_error error = {0};
    assert_int(flx_selection_ridge_create(problem, 1, &ridge, &error), FLX_OK);
    assert_int(flx_selection_ridge_score(ridge, subset, 1, k, &mae, &error), FLX_OK);
    flx_selection_ridge_destroy(ridge);
    return mae;
}

static void errors_are_those_of_the_normal_equations(void)
{
    static const int subsets[][M] = {{0}, {1, 3}, {3, 1}, {4, 0, 2}, {0, 1, 2, 3, 4}};
    static const int sizes[] = {1, 2, 2, 3, 5, 0};
    flx_selection_problem p = make_problem();
    for (int variant = 0; variant < 3; variant++) {
        p.group = variant == 1 ? NULL : group;
        p.n_always = variant == 2 ? 0 : A;
        for (int s = 0; s < 6; s++) {
            const int *subset = subsets[s % 5];
            assert_close(error_of(&p, subset, sizes[s]),
                         expected_error(&p, subset, sizes[s]), 1e-10, 0);
        }
    }
}

/* Two groups: each fold predicts the mean of the other one. */
static void nothing_chosen_predicts_the_mean(void)
{
    double x[] = {1, 2, 3, 4}, target[] = {1, 3, 5, 9};
    int64_t groups[] = {8, 8, -3, -3};
    flx_selection_problem p = {.n = 4, .m = 1, .X = x, .y = target, .group = groups};
    assert_close(error_of(&p, NULL, 0), 5, 1e-14, 0); /* (6 + 4 + 3 + 7) / 4 */
    p.n = 2; /* one row teaches nothing but its output */
    p.group = NULL;
    assert_close(error_of(&p, (int[]){0}, 1), 2, 1e-14, 0);
}

static void constants_change_nothing(void)
{
    double with[N * 2], same[N];
    flx_selection_problem p = make_problem(), q = p;
    for (int i = 0; i < N; i++) {
        with[2 * i] = X[i * M + 1];
        with[2 * i + 1] = 1e-9;
        same[i] = 77;
    }
    q.X = with;
    q.m = 2;
    assert_close(error_of(&q, (int[]){0, 1}, 2), error_of(&p, (int[]){1}, 1), 1e-12, 0);
    q.y = same;
    assert_close(error_of(&q, (int[]){0, 1}, 2), 0, 0, 0);
}

/* A unit is a scale and an origin. */
static void units_change_nothing_but_the_unit(void)
{
    double scaled[N * M], target[N];
    flx_selection_problem p = make_problem(), q = p;
    for (int i = 0; i < N * M; i++)
        scaled[i] = 1e6 * X[i] - 5e7;
    for (int i = 0; i < N; i++)
        target[i] = 1e-3 * y[i];
    q.X = scaled;
    q.y = target;
    int subset[] = {0, 3};
    assert_close(error_of(&q, subset, 2), 1e-3 * error_of(&p, subset, 2), 1e-9, 0);
}

static void threads_and_neighbours_change_nothing(void)
{
    enum { COUNT = 200 };
    int subsets[COUNT * 2];
    double one[COUNT], three[COUNT], alone;
    flx_selection_problem p = make_problem();
    flx_error error = {0};
    flx_selection_ridge *single, *several;
    for (int s = 0; s < COUNT; s++) {
        subsets[2 * s] = s % M;
        subsets[2 * s + 1] = (s + 1 + s / M % (M - 1)) % M;
    }
    assert_int(flx_selection_ridge_create(&p, 1, &single, &error), FLX_OK);
    assert_int(flx_selection_ridge_create(&p, 3, &several, &error), FLX_OK);
    assert_int(flx_selection_ridge_score(single, subsets, COUNT, 2, one, &error), FLX_OK);
    assert_int(flx_selection_ridge_score(several, subsets, COUNT, 2, three, &error),
               FLX_OK);
    for (int s = 0; s < COUNT; s++) {
        assert_int(
            flx_selection_ridge_score(several, subsets + 2 * s, 1, 2, &alone, &error),
            FLX_OK);
        assert_close(one[s], three[s], 0, 0);
        assert_close(one[s], alone, 0, 0);
    }
    flx_selection_ridge_destroy(single);
    flx_selection_ridge_destroy(several);
    flx_selection_ridge_destroy(NULL);
}

CU_TestInfo subset_ridge_tests[] = {
    {"errors are those of the normal equations",
     errors_are_those_of_the_normal_equations},
    {"nothing chosen predicts the mean", nothing_chosen_predicts_the_mean},
    {"constants change nothing", constants_change_nothing},
    {"units change nothing but the unit", units_change_nothing_but_the_unit},
    {"threads and neighbours change nothing", threads_and_neighbours_change_nothing},
    CU_TEST_INFO_NULL,
};
