/* SPDX-License-Identifier: MIT
 * Maximum likelihood fits find the optimum: compared with many scattered searches made
 * here by hand, through the same minimizer but without the fit queue. */
#include "host/optimization/lbfgs.h"
#include "host/regression/fit_queue.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/awkward.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { STARTS = 40, MAX_THETA = 32, MAX_N = 30 };

static const flx_lbfgs_options options = {300, 1e-7, 1e-12, 2.0};

typedef struct {
    flx_backend *backend;
    flx_gp_batch *batch;
    flx_gp_description gp;
    int n;
} scattered_search;

/* Highest likelihood on the way down from one start, -inf where it is not defined. */
static double climb(const scattered_search *s, const double *start)
{
    double lower[MAX_THETA], upper[MAX_THETA], gradient[MAX_THETA];
    double memory[MAX_THETA * (4 + 2 * FLX_LBFGS_MEMORY) + FLX_LBFGS_MEMORY];
    flx_error error;
    flx_lbfgs state;
    flx_gp_bounds(&s->gp, lower, upper);
    flx_lbfgs_bind(&state, flx_gp_size(&s->gp), &options, lower, upper, memory);
    flx_lbfgs_begin(&state, start);
    while (!state.is_done) {
        flx_gp_evaluation e = {
            .theta = state.trial, .jitter = FLX_GP_JITTER, .gradient = gradient};
        assert_int(s->backend->operations->evaluate(s->batch, &e, 1, &error), FLX_OK);
        for (int k = 0; k < state.size; k++)
            gradient[k] /= -s->n;
        flx_lbfgs_tell(&state, e.info ? INFINITY : -e.value / s->n, gradient);
    }
    return state.is_started ? -state.value * s->n : -INFINITY;
}

/* Log-uniform over the middle of the box. */
static double best_of_scattered(const scattered_search *s)
{
    double best = -INFINITY, lower[MAX_THETA], upper[MAX_THETA], start[MAX_THETA];
    flx_gp_bounds(&s->gp, lower, upper);
    for (uint32_t i = 0; i < STARTS; i++) {
        for (int k = 0; k < flx_gp_size(&s->gp); k++) {
            double u = flx_uniform(77, 0, i, 0, (uint32_t)k);
            start[k] = lower[k] + (0.1 + 0.8 * u) * (upper[k] - lower[k]);
        }
        best = fmax(best, climb(s, start));
    }
    return best;
}

static double fitted_lml(flx_backend *backend, const flx_fit_task *task, double *y)
{
    flx_error error = {0};
    flx_fit_result result;
    assert_int(flx_fit_all(backend, task, 1, &result, NULL, &error), FLX_OK);
    assert_true(!result.has_failed);
    double lml = result.predictor.lml;
    for (int i = 0; i < task->n; i++)
        y[i] = (task->y[i] - result.predictor.y_mean) / result.predictor.y_sd;
    flx_fit_result_clear(&result);
    return lml;
}

static void compare(const flx_fit_task *task)
{
    double y[MAX_N];
    flx_error error = {0};
    scattered_search s = {0};
    assert_int(flx_backend_open("cpu", 1, &s.backend, &error), FLX_OK);
    double lml = fitted_lml(s.backend, task, y);
    flx_gp_problem problem = {.n = task->n,
                              .d = task->d,
                              .is_isotropic = task->is_isotropic,
                              .X = task->X,
                              .y = y};
    s.n = task->n;
    s.gp = (flx_gp_description){FLX_PRIOR_NONE, task->d, task->is_isotropic};
    assert_int(
        s.backend->operations->batch_create(s.backend, &problem, 1, &s.batch, &error),
        FLX_OK);
    double best = best_of_scattered(&s);
    assert_true(isfinite(best));
    if (lml < best - 0.1)
        fprintf(stderr, "%s, n = %d, d = %d: ", task->name, task->n, task->d);
    assert_close(fmax(0, best - lml), 0, 0, 0.1);
    s.backend->operations->batch_release(s.batch);
    flx_backend_close(s.backend);
}

static void compare_awkward(bool is_isotropic)
{
    static awkward_data data;
    for (int which = 0; which < AWKWARD_COUNT; which++) {
        flx_fit_task task = awkward_task(which, FLX_PRIOR_NONE, &data);
        task.is_isotropic = is_isotropic;
        compare(&task);
    }
}

static void no_scattered_search_beats_the_fit(void)
{
    compare_awkward(false);
}

static void nor_with_one_length_scale(void)
{
    compare_awkward(true);
}

/* Few points of waves in many inputs: likelihoods with many optima, where five starts
 * with equal length scales have been seen to agree on a poor one. */
static void nor_where_there_are_many_optima(void)
{
    static const uint32_t shapes[][4] = {{12, 3, 7, 0}, {20, 5, 1, 1}, {20, 5, 5, 1},
                                         {20, 5, 8, 1}, {30, 6, 4, 2}, {25, 8, 12, 3},
                                         {25, 8, 17, 3}}; /* n, d, seed, stream */
    static double X[MAX_N * 8], y[MAX_N];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        uint32_t n = shapes[s][0], d = shapes[s][1], seed = shapes[s][2];
        for (uint32_t i = 0; i < n; i++) {
            y[i] = 0.05 * flx_normal(seed, 9, i, shapes[s][3], 0);
            for (uint32_t k = 0; k < d; k++) {
                X[i * d + k] = flx_uniform(seed, 8, i, shapes[s][3], k);
                y[i] += sin(4.0 * X[i * d + k] + k) / (1.0 + 0.5 * k * k);
            }
        }
        flx_fit_task task = {.name = "waves", .n = (int)n, .d = (int)d, .X = X, .y = y};
        task.prior = FLX_PRIOR_NONE;
        compare(&task);
    }
}

CU_TestInfo gp_fit_optimum_tests[] = {
    {"no scattered search beats the fit", no_scattered_search_beats_the_fit},
    {"nor with one length scale", nor_with_one_length_scale},
    {"nor where there are many optima", nor_where_there_are_many_optima},
    CU_TEST_INFO_NULL,
};
