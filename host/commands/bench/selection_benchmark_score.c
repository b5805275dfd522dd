/* SPDX-License-Identifier: MIT */
#include "host/commands/bench/selection_benchmark_score.h"

#include "host/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WIDTH = 0.289; /* as host/model/feature_transform.h scales inputs */

typedef struct {
    const flx_selection_benchmark *contest;
    const flx_selection_benchmark_sample *taught, *tested;
    double *X[FLX_SELECTION_BENCHMARK_WAYS], *queries[FLX_SELECTION_BENCHMARK_WAYS];
    flx_fit_task tasks[FLX_SELECTION_BENCHMARK_WAYS];
    flx_fit_result results[FLX_SELECTION_BENCHMARK_WAYS];
    double *y, *mean; /* standardized outputs; predictions */
} examination;

static double value_of(const flx_selection_benchmark *contest,
                       const flx_selection_benchmark_sample *s, size_t i,
                       const flx_selection_benchmark_result *way, size_t j)
{
    size_t k = (size_t)way->k, m = (size_t)contest->m, a = (size_t)contest->n_always;
    return j < k ? s->X[i * m + (size_t)way->chosen[j]] : s->always[i * a + j - k];
}

/* One column of both samples, scaled by what the rows that teach say. */
static void scale(const examination *e, const flx_selection_benchmark_result *way,
                  size_t d, size_t j, double *X, double *queries)
{
    double mean = 0, square = 0;
    int n = e->taught->n, m = e->tested->n;
    for (int i = 0; i < n; i++)
        mean += value_of(e->contest, e->taught, (size_t)i, way, j) / n;
    for (int i = 0; i < n; i++)
        square += pow(value_of(e->contest, e->taught, (size_t)i, way, j) - mean, 2) / n;
    double factor = sqrt(square) > 1e-12 * fabs(mean) ? WIDTH / sqrt(square) : 0;
    for (size_t i = 0; i < (size_t)n; i++)
        X[i * d + j] = factor * (value_of(e->contest, e->taught, i, way, j) - mean);
    for (size_t i = 0; i < (size_t)m; i++)
        queries[i * d + j] = factor * (value_of(e->contest, e->tested, i, way, j) - mean);
}

static flx_status submit(examination *e, int t, const flx_selection_benchmark_result *way,
                         flx_error *error)
{
    size_t d = (size_t)(way->k + e->contest->n_always), width = d ? d : 1;
    double *X = e->X[t] = calloc((size_t)e->taught->n * width, sizeof *X);
    double *queries = e->queries[t] =
        calloc((size_t)e->tested->n * width, sizeof *queries);
    if (!X || !queries)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu inputs", d);
    for (size_t j = 0; j < d; j++)
        scale(e, way, d, j, X, queries);
    e->tasks[t] = (flx_fit_task){.name = "a subset",
                                 .n = e->taught->n,
                                 .d = (int)width,
                                 .X = X,
                                 .y = e->taught->y,
                                 .prior = FLX_PRIOR_DENSITY};
    return FLX_OK;
}

static flx_status predict(examination *e, int t, flx_backend *backend, flx_error *error)
{
    const flx_fit_result *fit = &e->results[t];
    flx_gp_posterior *posterior = NULL;
    for (int i = 0; i < e->taught->n; i++)
        e->y[i] = (e->taught->y[i] - fit->predictor.y_mean) / fit->predictor.y_sd;
    flx_gp_condition condition = {
        .problem = {e->taught->n, e->tasks[t].d, false, e->X[t], e->y},
        .theta = fit->predictor.theta,
        .jitter = fit->predictor.jitter};
    flx_gp_query query = {.m = e->tested->n, .queries = e->queries[t], .mean = e->mean};
    FLX_TRY(backend->operations->condition(backend, &condition, 1, &posterior, error));
    flx_status status = backend->operations->predict(posterior, &query, 1, error);
    backend->operations->posterior_release(posterior);
    return status;
}

static flx_status examine(examination *e, int t, flx_backend *backend,
                          flx_selection_benchmark_result *way, flx_error *error)
{
    const flx_fit_result *fit = &e->results[t];
    way->held_out = NAN;
    if (fit->has_failed)
        return FLX_OK;
    FLX_TRY(predict(e, t, backend, error));
    way->held_out = 0;
    for (int i = 0; i < e->tested->n; i++)
        way->held_out += fabs(fit->predictor.y_mean + fit->predictor.y_sd * e->mean[i] -
                              e->tested->y[i]) /
                         e->tested->n;
    return FLX_OK;
}

static flx_status hold(examination *e, flx_backend *backend,
                       flx_selection_benchmark_result *results, flx_error *error)
{
    int count = 0;
    e->y = malloc((size_t)e->taught->n * sizeof *e->y);
    e->mean = malloc((size_t)e->tested->n * sizeof *e->mean);
    if (!e->y || !e->mean)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for predictions");
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS; way++)
        if (results[way].has_run)
            FLX_TRY(submit(e, count++, &results[way], error));
    FLX_TRY(flx_fit_all(backend, e->tasks, count, e->results, NULL, error));
    count = 0;
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS; way++)
        if (results[way].has_run)
            FLX_TRY(examine(e, count++, backend, &results[way], error));
    return FLX_OK;
}

flx_status flx_selection_benchmark_test(const flx_selection_benchmark *contest,
                                        const flx_selection_benchmark_sample *taught,
                                        const flx_selection_benchmark_sample *tested,
                                        flx_backend *backend,
                                        flx_selection_benchmark_result *results,
                                        flx_error *error)
{
    examination e = {.contest = contest, .taught = taught, .tested = tested};
    flx_status status = hold(&e, backend, results, error);
    for (int t = 0; t < FLX_SELECTION_BENCHMARK_WAYS; t++) {
        free(e.X[t]);
        free(e.queries[t]);
        flx_fit_result_clear(&e.results[t]);
    }
    free(e.y);
    free(e.mean);
    return status;
}
