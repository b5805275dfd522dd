/* SPDX-License-Identifier: MIT
 * Predictions of conditioned members on every instruction set. */
#include "experiments/selftest/plain_gp.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_QUERIES = 100 };

typedef struct {
    double queries[MAX_QUERIES * MAX_INPUTS];
    double mean[MAX_QUERIES], variance[MAX_QUERIES], slopes[MAX_QUERIES * MAX_INPUTS];
} predictions;

static flx_gp_posterior *condition(flx_backend *backend, flx_gp_condition *members,
                                   int count)
{
    flx_error error = {0};
    flx_gp_posterior *posterior = NULL;
    assert_int(
        backend->operations->condition(backend, members, count, &posterior, &error),
        FLX_OK);
    return posterior;
}

/* Mean, variance and the last n_slopes slopes at m queries already laid out in `a`. */
static void predict(flx_backend *backend, const flx_sample *sample, int m, int n_slopes,
                    predictions *a)
{
    flx_error error = {0};
    flx_gp_condition member = {.problem = sample->problem, .theta = sample->theta};
    flx_gp_posterior *posterior = condition(backend, &member, 1);
    flx_gp_query query = {.m = m,
                          .queries = a->queries,
                          .mean = a->mean,
                          .variance = a->variance,
                          .n_slopes = n_slopes,
                          .slopes = a->slopes};
    assert_int(member.info, 0);
    assert_int(backend->operations->predict(posterior, &query, 1, &error), FLX_OK);
    backend->operations->posterior_release(posterior);
}

static void compare_with_loops(const flx_sample *sample, const predictions *a, int m)
{
    for (int i = 0; i < m; i++) {
        double mean, variance;
        int info =
            flx_plain_gp_predict(&sample->problem, sample->theta, 0,
                                 a->queries + i * sample->problem.d, &mean, &variance);
        assert_int(info, 0);
        assert_close(a->mean[i], mean, 1e-11, 1e-11);
        assert_close(a->variance[i], variance, 1e-12, 1e-12);
    }
}

static void check_query_counts(flx_backend *backend)
{
    const int counts[] = {1, 2, 8, 12, 13, 23, 24, 25, 100};
    const int sizes[] = {1, 3, 8, 13, 24, 25};
    for (int s = 0; s < 6; s++) {
        flx_sample sample = make_sample(sizes[s], 3, s % 2, FLX_SAMPLE_PLAIN);
        for (int c = 0; c < 9; c++) {
            predictions a;
            flx_sample_queries(counts[c], 3, (uint64_t)c, a.queries);
            predict(backend, &sample, counts[c], 0, &a);
            compare_with_loops(&sample, &a, counts[c]);
        }
        flx_sample_clear(&sample);
    }
}

static void predictions_are_those_of_plain_loops(void)
{
    with_every_backend(check_query_counts);
}

static void check_sample_set(flx_backend *backend)
{
    flx_sample_set set;
    flx_error error;
    assert_int(flx_sample_set_create(50, &set, &error), FLX_OK);
    for (int i = 0; i < set.count; i++) {
        predictions a;
        flx_sample_queries(2, set.samples[i].problem.d, 3, a.queries);
        predict(backend, &set.samples[i], 2, 0, &a);
        compare_with_loops(&set.samples[i], &a, 2);
    }
    flx_sample_set_clear(&set);
}

static void every_kind_of_problem_predicts(void)
{
    with_every_backend(check_sample_set);
}

/* Queries on the training points, where the subtraction leaves little more than noise. */
static void check_floor(flx_backend *backend, int n, double length_scale, double noise)
{
    flx_sample sample = make_sample(n, 3, true, FLX_SAMPLE_PLAIN);
    predictions a;
    sample.theta[1] = log(length_scale);
    sample.theta[2] = log(noise);
    memcpy(a.queries, sample.X, (size_t)n * 3 * sizeof(double));
    predict(backend, &sample, n, 0, &a);
    double floor = exp(sample.theta[2]), most = exp(sample.theta[0]) + floor;
    for (int i = 0; i < n; i++) {
        assert_true(a.variance[i] >= floor);
        assert_true(a.variance[i] <= most);
        assert_close(a.mean[i], sample.y[i], 0, 1e-3);
    }
    flx_sample_clear(&sample);
}

/* 1e-17 is lost beside the signal: rounding alone would give 0 or less. */
static void check_variance_floor(flx_backend *backend)
{
    for (int n = 1; n <= 33; n += 4) {
        check_floor(backend, n, 2.0, 1e-9);
        check_floor(backend, n, 0.1, 1e-17);
    }
}

static void variance_never_falls_below_the_noise(void)
{
    with_every_backend(check_variance_floor);
}

static void check_far_away(flx_backend *backend)
{
    flx_sample sample = make_sample(11, 3, false, FLX_SAMPLE_PLAIN);
    predictions a;
    for (int k = 0; k < 3; k++)
        a.queries[k] = 1e6;
    predict(backend, &sample, 1, 3, &a);
    assert_close(a.mean[0], 0, 0, 0);
    assert_close(a.variance[0], exp(sample.theta[0]) + exp(sample.theta[4]), 1e-15, 0);
    for (int k = 0; k < 3; k++)
        assert_close(a.slopes[k], 0, 0, 0);
    flx_sample_clear(&sample);
}

static void far_away_the_prior_returns(void)
{
    with_every_backend(check_far_away);
}

/* n = 1: mean = c y / v and its slope by the formula; c = (7/3) / e at a = 1. */
static void check_one_point(flx_backend *backend)
{
    const double X[1] = {0.5}, y[1] = {2.0}, theta[3] = {0, 0, log(0.25)};
    flx_sample sample = {.problem = {.n = 1, .d = 1, .X = X, .y = y},
                         .theta = (double *)(uintptr_t)theta};
    predictions a;
    double c = 7.0 / 3 * exp(-1.0), z = 1 / sqrt(5.0);
    a.queries[0] = 0.5 + z;
    predict(backend, &sample, 1, 1, &a);
    assert_close(a.mean[0], c * 2.0 / 1.25, 1e-14, 0);
    assert_close(a.variance[0], 1.25 - c * c / 1.25, 1e-14, 0);
    assert_close(a.slopes[0], -10.0 / 3 * exp(-1.0) * z * 2.0 / 1.25, 1e-14, 0);
}

static void one_point_predicts_as_worked_by_hand(void)
{
    with_every_backend(check_one_point);
}

static void check_slopes(flx_backend *backend)
{
    const double h = 1e-5;
    flx_sample sample = make_sample(26, 17, false, FLX_SAMPLE_PLAIN);
    predictions all, some, moved;
    flx_sample_queries(25, 17, 5, all.queries);
    memcpy(some.queries, all.queries, sizeof all.queries);
    predict(backend, &sample, 25, 17, &all);
    predict(backend, &sample, 25, 4, &some);
    for (int i = 0; i < 25; i++)
        for (int s = 0; s < 4; s++)
            assert_close(some.slopes[i * 4 + s], all.slopes[i * 17 + 13 + s], 0, 0);
    for (int k = 0; k < 17; k++) {
        for (int i = 0; i < 50; i++)
            memcpy(moved.queries + i * 17, all.queries + i / 2 * 17, 17 * sizeof(double));
        for (int i = 0; i < 50; i++)
            moved.queries[i * 17 + k] += i % 2 ? -h : h;
        predict(backend, &sample, 50, 0, &moved);
        for (int i = 0; i < 25; i++)
            assert_close(all.slopes[i * 17 + k],
                         (moved.mean[2 * i] - moved.mean[2 * i + 1]) / (2 * h), 1e-7,
                         1e-7);
    }
    flx_sample_clear(&sample);
}

static void slopes_are_derivatives_of_the_mean(void)
{
    with_every_backend(check_slopes);
}

/* Several members and queries in one call, one of them failed. */
static void check_failed_member(flx_backend *backend)
{
    flx_sample samples[3];
    flx_gp_condition members[3];
    double queries[30 * 3], mean[3][30], variance[3][30], slopes[3][30];
    flx_gp_query jobs[4];
    flx_error error = {0};
    flx_sample_queries(30, 3, 2, queries);
    for (int i = 0; i < 3; i++) {
        samples[i] = make_sample(15 + i, 3, false,
                                 i == 1 ? FLX_SAMPLE_SINGULAR : FLX_SAMPLE_PLAIN);
        members[i] =
            (flx_gp_condition){.problem = samples[i].problem, .theta = samples[i].theta};
        jobs[i] = (flx_gp_query){.member = 2 - i,
                                 .m = 30,
                                 .queries = queries,
                                 .mean = mean[2 - i],
                                 .variance = variance[2 - i],
                                 .n_slopes = 1,
                                 .slopes = slopes[2 - i]};
    }
    jobs[3] = (flx_gp_query){.member = 0, .m = 0, .queries = queries, .mean = mean[0]};
    flx_gp_posterior *posterior = condition(backend, members, 3);
    assert_int(members[1].info, 2);
    assert_close(members[1].value, -INFINITY, 0, 0);
    assert_int(backend->operations->predict(posterior, jobs, 4, &error), FLX_OK);
    for (int i = 0; i < 3; i += 2) {
        predictions a;
        memcpy(a.queries, queries, sizeof queries);
        predict(backend, &samples[i], 30, 1, &a);
        assert_true(memcmp(a.mean, mean[i], sizeof mean[i]) == 0);
        assert_true(memcmp(a.variance, variance[i], sizeof variance[i]) == 0);
        assert_true(memcmp(a.slopes, slopes[i], sizeof slopes[i]) == 0);
    }
    for (int i = 0; i < 30; i++) {
        assert_close(mean[1][i], NAN, 0, 0);
        assert_close(variance[1][i], NAN, 0, 0);
        assert_close(slopes[1][i], NAN, 0, 0);
    }
    backend->operations->posterior_release(posterior);
    for (int i = 0; i < 3; i++)
        flx_sample_clear(&samples[i]);
}

static void a_failed_member_predicts_nan_and_no_other_does(void)
{
    with_every_backend(check_failed_member);
}

/* The point left out, predicted from the rest by the plain loops. */
static void compare_left_out(const flx_sample *sample, int left_out, double mean,
                             double variance)
{
    double X[25 * MAX_INPUTS], y[25], expected, spread;
    flx_gp_problem rest = sample->problem;
    int d = rest.d, kept = 0;
    for (int i = 0; i < rest.n; i++)
        if (i != left_out) {
            memcpy(X + kept * d, sample->X + i * d, (size_t)d * sizeof(double));
            y[kept++] = sample->y[i];
        }
    rest.n = kept, rest.X = X, rest.y = y;
    assert_int(flx_plain_gp_predict(&rest, sample->theta, 0, sample->X + left_out * d,
                                    &expected, &spread),
               0);
    assert_close(mean, expected, 1e-10, 1e-10);
    assert_close(variance, spread, 1e-10, 0);
}

static void check_leave_one_out(flx_backend *backend)
{
    for (int n = 2; n <= 25; n += 3) {
        flx_sample sample =
            make_sample(n, 3, n % 2, n % 3 ? FLX_SAMPLE_PLAIN : FLX_SAMPLE_DUPLICATES);
        double mean[25], variance[25], value, gradient[MAX_THETA];
        flx_gp_condition member = {.problem = sample.problem,
                                   .theta = sample.theta,
                                   .loo_mean = mean,
                                   .loo_variance = variance};
        backend->operations->posterior_release(condition(backend, &member, 1));
        evaluate_alone(backend, &sample.problem, sample.theta, 0, &value, gradient);
        assert_close(member.value, value, 0, 0);
        for (int i = 0; i < n; i++)
            compare_left_out(&sample, i, mean[i], variance[i]);
        flx_sample_clear(&sample);
    }
}

static void leave_one_out_is_a_refit_without_the_point(void)
{
    with_every_backend(check_leave_one_out);
}

static void the_number_of_threads_changes_no_bit(void)
{
    predictions one, more;
    flx_backend backend;
    flx_sample sample = make_sample(40, 3, false, FLX_SAMPLE_PLAIN);
    flx_sample_queries(MAX_QUERIES, 3, 1, one.queries);
    memcpy(more.queries, one.queries, sizeof one.queries);
    for (int i = 0; panel_backend(i, 1, &backend); i++) {
        if (!backend.operations)
            continue;
        predict(&backend, &sample, MAX_QUERIES, 2, &one);
        for (int threads = 2; threads <= 3; threads++) {
            panel_backend(i, threads, &backend);
            predict(&backend, &sample, MAX_QUERIES, 2, &more);
            assert_true(memcmp(one.mean, more.mean, sizeof one.mean) == 0);
            assert_true(memcmp(one.variance, more.variance, sizeof one.variance) == 0);
            assert_true(memcmp(one.slopes, more.slopes, sizeof(double) * 200) == 0);
        }
    }
    flx_sample_clear(&sample);
}

CU_TestInfo posterior_tests[] = {
    {"predictions are those of plain loops", predictions_are_those_of_plain_loops},
    {"every kind of problem predicts", every_kind_of_problem_predicts},
    {"variance never falls below the noise", variance_never_falls_below_the_noise},
    {"far away the prior returns", far_away_the_prior_returns},
    {"one point predicts as worked by hand", one_point_predicts_as_worked_by_hand},
    {"slopes are derivatives of the mean", slopes_are_derivatives_of_the_mean},
    {"a failed member predicts NaN and no other does",
     a_failed_member_predicts_nan_and_no_other_does},
    {"leave-one-out is a refit without the point",
     leave_one_out_is_a_refit_without_the_point},
    {"the number of threads changes no bit", the_number_of_threads_changes_no_bit},
    CU_TEST_INFO_NULL,
};
