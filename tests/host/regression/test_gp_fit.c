/* SPDX-License-Identifier: MIT
 * The fit queue: results on awkward sets, failing tasks amid good ones, independence of
 * neighbours and threads, leave-one-out, progress. */
#include "host/regression/fit_queue.h"

#include "experiments/selftest/plain_gp.h"
#include "tests/close.h"
#include "tests/host/regression/awkward.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_THETA = 32, MAX_N = 25 };

static void fit(int threads, const flx_fit_task *tasks, int count,
                flx_fit_result *results, const flx_progress *progress)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    assert_int(flx_fit_all(backend, tasks, count, results, progress, &error), FLX_OK);
    flx_backend_close(backend);
}

static void clear(flx_fit_result *results, int count)
{
    for (int i = 0; i < count; i++)
        flx_fit_result_clear(&results[i]);
}

/* The task's target as the fit sees it. */
static flx_gp_problem standardized(const flx_fit_task *task, const flx_fit_result *result,
                                   double *y)
{
    for (int i = 0; i < task->n; i++)
        y[i] = (task->y[i] - result->predictor.y_mean) / result->predictor.y_sd;
    return (flx_gp_problem){.n = task->n,
                            .d = task->d,
                            .is_isotropic = task->is_isotropic,
                            .covariance = task->covariance,
                            .X = task->X,
                            .y = y};
}

/* Everything a result claims, computed anew with the plain loops. */
static void assert_consistent(const flx_fit_task *task, const flx_fit_result *result)
{
    flx_gp_description gp = {task->prior, task->d, task->is_isotropic};
    double y[MAX_N], lml, gradient[MAX_THETA], lower[MAX_THETA], upper[MAX_THETA];
    assert_int(result->has_failed, false);
    if (result->has_failed)
        return;
    assert_int(result->predictor.n_theta, flx_gp_size(&gp));
    flx_gp_bounds(&gp, lower, upper);
    for (int k = 0; k < result->predictor.n_theta; k++)
        assert_true(result->predictor.theta[k] >= lower[k] &&
                    result->predictor.theta[k] <= upper[k]);
    flx_gp_problem problem = standardized(task, result, y);
    assert_int(flx_plain_gp_evaluate(&problem, result->predictor.theta,
                                     result->predictor.jitter, &lml, gradient),
               0);
    assert_close(result->predictor.lml, lml, 1e-8, 1e-8);
    double prior = flx_gp_log_prior(&gp, result->predictor.theta, gradient);
    assert_close(result->objective, -(lml + prior) / task->n, 1e-8, 1e-8);
    assert_true(result->starts >= flx_gp_first_starts(&gp));
    assert_true(result->predictor.evaluations >= result->starts);
}

/* At an optimum inside the box the objective's gradient is about zero. */
static void assert_stationary(const flx_fit_task *task, const flx_fit_result *result)
{
    flx_gp_description gp = {task->prior, task->d, task->is_isotropic};
    double y[MAX_N], lml, gradient[MAX_THETA], lower[MAX_THETA], upper[MAX_THETA];
    flx_gp_problem problem = standardized(task, result, y);
    flx_plain_gp_evaluate(&problem, result->predictor.theta, result->predictor.jitter,
                          &lml, gradient);
    flx_gp_log_prior(&gp, result->predictor.theta, gradient);
    flx_gp_bounds(&gp, lower, upper);
    for (int k = 0; k < result->predictor.n_theta; k++) {
        bool is_inside = result->predictor.theta[k] > lower[k] &&
                         result->predictor.theta[k] < upper[k];
        if (is_inside)
            assert_close(gradient[k] / task->n, 0, 0, 1e-3);
    }
}

/* Every awkward set under every prior, in one queue. */
enum { FLEET = AWKWARD_COUNT * 3 };

static awkward_data data[FLEET];

static void plan_fleet(flx_fit_task *tasks)
{
    static const flx_gp_prior priors[3] = {FLX_PRIOR_NONE, FLX_PRIOR_DENSITY,
                                           FLX_PRIOR_SPARSE};
    for (int i = 0; i < FLEET; i++)
        tasks[i] = awkward_task(i / 3, priors[i % 3], &data[i]);
}

static void awkward_sets_are_fitted(void)
{
    flx_fit_task tasks[FLEET];
    flx_fit_result results[FLEET];
    plan_fleet(tasks);
    fit(2, tasks, FLEET, results, NULL);
    for (int i = 0; i < FLEET; i++) {
        assert_consistent(&tasks[i], &results[i]);
        assert_stationary(&tasks[i], &results[i]);
    }
    clear(results, FLEET);
}

static void one_length_scale_is_fitted_too(void)
{
    flx_fit_task task = awkward_task(AWKWARD_WIDE, FLX_PRIOR_NONE, &data[0]);
    flx_fit_result result;
    task.is_isotropic = true;
    fit(1, &task, 1, &result, NULL);
    assert_int(result.predictor.n_theta, 3);
    assert_consistent(&task, &result);
    clear(&result, 1);
}

static void every_covariance_function_is_fitted(void)
{
    flx_fit_task tasks[FLX_COVARIANCES];
    flx_fit_result results[FLX_COVARIANCES];
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        tasks[i] = awkward_task(AWKWARD_WIDE, FLX_PRIOR_DENSITY, &data[i]);
        tasks[i].covariance = (flx_covariance)i;
    }
    fit(1, tasks, FLX_COVARIANCES, results, NULL);
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        assert_consistent(&tasks[i], &results[i]);
        assert_stationary(&tasks[i], &results[i]);
        for (int j = 0; j < i; j++)
            assert_true(results[i].predictor.lml != results[j].predictor.lml);
    }
    clear(results, FLX_COVARIANCES);
}

static void assert_same_result(const flx_fit_result *a, const flx_fit_result *b, int n)
{
    assert_int(a->has_failed, b->has_failed);
    assert_int(a->predictor.n_theta, b->predictor.n_theta);
    if (a->has_failed || a->predictor.n_theta != b->predictor.n_theta)
        return;
    assert_true(memcmp(a->predictor.theta, b->predictor.theta,
                       (size_t)a->predictor.n_theta * sizeof(double)) == 0);
    assert_true(memcmp(a->loo_mean, b->loo_mean, (size_t)n * sizeof(double)) == 0);
    assert_true(memcmp(a->loo_variance, b->loo_variance, (size_t)n * sizeof(double)) ==
                0);
    assert_close(a->predictor.lml, b->predictor.lml, 0, 0);
    assert_int(a->predictor.evaluations, b->predictor.evaluations);
}

static void the_number_of_threads_changes_no_bit(void)
{
    flx_fit_task tasks[FLEET];
    flx_fit_result one[FLEET], more[FLEET];
    plan_fleet(tasks);
    fit(1, tasks, FLEET, one, NULL);
    for (int threads = 2; threads <= 3; threads++) {
        fit(threads, tasks, FLEET, more, NULL);
        for (int i = 0; i < FLEET; i++)
            assert_same_result(&one[i], &more[i], tasks[i].n);
        clear(more, FLEET);
    }
    clear(one, FLEET);
}

static void assert_failed(const flx_fit_result *result, const char *why)
{
    assert_true(result->has_failed);
    assert_contains(result->why, why);
    assert_true(result->predictor.theta == NULL);
}

static void bad_tasks_fail_by_themselves(void)
{
    enum { ALL = 9 };
    static awkward_data bad[ALL];
    flx_fit_task tasks[ALL];
    flx_fit_result results[ALL], alone;
    for (int i = 0; i < ALL; i++)
        tasks[i] = awkward_task(AWKWARD_SIX, FLX_PRIOR_DENSITY, &bad[i]);
    bad[1].y[3] = NAN;
    bad[2].X[5] = INFINITY;
    for (int k = 0; k < 6; k++)
        bad[3].y[k] = 12.5;
    tasks[4].n = 1;
    tasks[5].d = 0;
    tasks[6].n = 0;
    bad[8].y[2] = -1e200;
    fit(2, tasks, ALL, results, NULL);
    assert_failed(&results[1], "the target of row 3 is not finite");
    assert_failed(&results[2], "is not finite");
    assert_failed(&results[3], "target is constant");
    assert_failed(&results[4], "fewer than 2 rows");
    assert_failed(&results[5], "no input");
    assert_failed(&results[6], "fewer than 2 rows");
    assert_failed(&results[8], "beyond 1e150");
    fit(1, tasks, 1, &alone, NULL);
    assert_same_result(&results[0], &alone, 6);
    assert_same_result(&results[7], &alone, 6);
    clear(&alone, 1);
    clear(results, ALL);
}

static void an_empty_queue_and_one_of_failures_are_done(void)
{
    flx_fit_task task = awkward_task(AWKWARD_SIX, FLX_PRIOR_NONE, &data[0]);
    flx_fit_result result;
    fit(1, NULL, 0, &result, NULL);
    task.n = 0;
    fit(1, &task, 1, &result, NULL);
    assert_failed(&result, "fewer than 2 rows");
    clear(&result, 1);
}

/* The point left out, predicted from the rest with the same hyper-parameters and the same
 * standardization. */
static void check_left_out(const flx_fit_task *task, const flx_fit_result *result)
{
    double y[MAX_N], X[24 * 30], mae = 0;
    flx_gp_problem all = standardized(task, result, y);
    int d = task->d;
    for (int out = 0; out < task->n; out++) {
        double kept[MAX_N], mean, variance;
        int rows = 0;
        for (int i = 0; i < task->n; i++)
            if (i != out) {
                memcpy(X + rows * d, task->X + i * d, (size_t)d * sizeof(double));
                kept[rows++] = y[i];
            }
        flx_gp_problem rest = all;
        rest.n = rows, rest.X = X, rest.y = kept;
        flx_plain_gp_predict(&rest, result->predictor.theta, result->predictor.jitter,
                             task->X + out * d, &mean, &variance);
        mean = result->predictor.y_mean + result->predictor.y_sd * mean;
        variance = (variance + result->predictor.jitter) * result->predictor.y_sd *
                   result->predictor.y_sd;
        assert_close(result->loo_mean[out], mean, 1e-6, 1e-6 * result->predictor.y_sd);
        assert_close(result->loo_variance[out], variance, 1e-6, 0);
        mae += fabs(mean - task->y[out]) / task->n;
    }
    assert_close(result->predictor.loo_mae, mae, 1e-6, 1e-6 * result->predictor.y_sd);
}

static void leave_one_out_is_that_of_refits(void)
{
    flx_fit_task tasks[FLEET];
    flx_fit_result results[FLEET];
    plan_fleet(tasks);
    fit(2, tasks, FLEET, results, NULL);
    for (int i = 0; i < FLEET; i++)
        check_left_out(&tasks[i], &results[i]);
    clear(results, FLEET);
}

/* The unit of the target does not matter; powers of two change no bit. */
static void compare_units(double factor)
{
    flx_fit_task tasks[2];
    flx_fit_result results[2];
    for (int i = 0; i < 2; i++)
        tasks[i] = awkward_task(AWKWARD_DUPLICATES, FLX_PRIOR_DENSITY, &data[i]);
    for (int i = 0; i < tasks[1].n; i++)
        data[1].y[i] *= factor;
    fit(1, tasks, 2, results, NULL);
    assert_close(results[1].predictor.y_mean, factor * results[0].predictor.y_mean, 0, 0);
    assert_close(results[1].predictor.y_sd, factor * results[0].predictor.y_sd, 0, 0);
    assert_close(results[1].predictor.lml, results[0].predictor.lml, 0, 0);
    assert_close(results[1].predictor.loo_mae, factor * results[0].predictor.loo_mae, 0,
                 0);
    clear(results, 2);
}

static void the_unit_of_the_target_does_not_matter(void)
{
    compare_units(1024);
    compare_units(0x1p-60);
    compare_units(0x1p200);
}

/* Of a smooth function of its first input among thirty. */
static void the_input_that_matters_gets_the_short_length_scale(void)
{
    flx_fit_task task = awkward_task(AWKWARD_WIDE, FLX_PRIOR_SPARSE, &data[0]);
    flx_fit_result result;
    fit(1, &task, 1, &result, NULL);
    for (int k = 2; k <= 30; k++)
        assert_true(result.predictor.theta[k] > result.predictor.theta[1]);
    clear(&result, 1);
}

typedef struct {
    double last, total;
    int calls;
} progress_log;

static void note(void *context, double done, double total)
{
    progress_log *log = context;
    assert_true(done >= log->last && done <= total);
    log->last = done;
    log->total = total;
    log->calls++;
}

static void progress_never_falls_and_ends_complete(void)
{
    flx_fit_task tasks[FLEET];
    flx_fit_result results[FLEET];
    progress_log log = {0};
    flx_progress progress = {note, &log};
    plan_fleet(tasks);
    fit(1, tasks, FLEET, results, &progress);
    assert_true(log.calls > 10);
    assert_close(log.last, log.total, 0, 1e-9);
    clear(results, FLEET);
}

CU_TestInfo gp_fit_tests[] = {
    {"awkward sets are fitted", awkward_sets_are_fitted},
    {"one length scale is fitted too", one_length_scale_is_fitted_too},
    {"every covariance function is fitted", every_covariance_function_is_fitted},
    {"the number of threads changes no bit", the_number_of_threads_changes_no_bit},
    {"bad tasks fail by themselves", bad_tasks_fail_by_themselves},
    {"an empty queue and one of failures are done",
     an_empty_queue_and_one_of_failures_are_done},
    {"leave-one-out is that of refits", leave_one_out_is_that_of_refits},
    {"the unit of the target does not matter", the_unit_of_the_target_does_not_matter},
    {"the input that matters gets the short length scale",
     the_input_that_matters_gets_the_short_length_scale},
    {"progress never falls and ends complete", progress_never_falls_and_ends_complete},
    CU_TEST_INFO_NULL,
};
