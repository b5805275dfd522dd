/* SPDX-License-Identifier: MIT */
#include "experiments/selection/test_error.h"

#include "formats/memory.h"
#include "host/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WIDTH = 0.289; /* as host/model/feature_transform.h scales inputs */

typedef struct {
    const selection_table *table;
    const selection_rows *training, *test;
    flx_backend *backend;
    int count; /* of subsets, each a task */
    double *X[METHOD_COUNT], *queries[METHOD_COUNT];
    flx_fit_task tasks[METHOD_COUNT];
    flx_fit_result fits[METHOD_COUNT];
    double *y, *mean; /* standardized outputs; predictions */
} evaluation;

/* Input j of row i: the selected candidates, then those that are always included. */
static double input_of(const selection_table *table, const selection_rows *rows, size_t i,
                       const method_result *method, size_t j)
{
    size_t k = (size_t)method->k, m = (size_t)table->m, a = (size_t)table->n_always;
    return j < k ? rows->X[i * m + (size_t)method->selected[j]]
                 : rows->always[i * a + j - k];
}

/* One column of both, scaled by the training rows. */
static void scale(const evaluation *e, const method_result *method, size_t d, size_t j,
                  double *X, double *queries)
{
    double mean = 0, square = 0;
    size_t n = (size_t)e->training->n, m = (size_t)e->test->n;
    for (size_t i = 0; i < n; i++)
        mean += input_of(e->table, e->training, i, method, j) / (double)n;
    for (size_t i = 0; i < n; i++)
        square +=
            pow(input_of(e->table, e->training, i, method, j) - mean, 2) / (double)n;
    double factor = sqrt(square) > 1e-12 * fabs(mean) ? WIDTH / sqrt(square) : 0;
    for (size_t i = 0; i < n; i++)
        X[i * d + j] = factor * (input_of(e->table, e->training, i, method, j) - mean);
    for (size_t i = 0; i < m; i++)
        queries[i * d + j] = factor * (input_of(e->table, e->test, i, method, j) - mean);
}

static flx_status add_task(evaluation *e, const method_result *method, flx_error *error)
{
    int t = e->count++;
    size_t d = (size_t)(method->k + e->table->n_always), width = d ? d : 1;
    if (!FLX_NEW(e->X[t], (size_t)e->training->n * width) ||
        !FLX_NEW(e->queries[t], (size_t)e->test->n * width))
        return flx_no_memory(error, "%zu inputs", d);
    for (size_t j = 0; j < d; j++)
        scale(e, method, d, j, e->X[t], e->queries[t]);
    e->tasks[t] = (flx_fit_task){.name = "a subset",
                                 .n = e->training->n,
                                 .d = (int)width,
                                 .X = e->X[t],
                                 .y = e->training->y,
                                 .prior = FLX_PRIOR_DENSITY};
    return FLX_OK;
}

static flx_status predict(evaluation *e, int t, flx_error *error)
{
    const flx_predictor *fit = &e->fits[t].predictor;
    flx_gp_posterior *posterior = NULL;
    for (int i = 0; i < e->training->n; i++)
        e->y[i] = (e->training->y[i] - fit->y_mean) / fit->y_sd;
    flx_gp_condition condition = {
        .problem = {.n = e->training->n, .d = e->tasks[t].d, .X = e->X[t], .y = e->y},
        .theta = fit->theta,
        .jitter = fit->jitter};
    flx_gp_query query = {.m = e->test->n, .queries = e->queries[t], .mean = e->mean};
    FLX_TRY(
        e->backend->operations->condition(e->backend, &condition, 1, &posterior, error));
    flx_status status = e->backend->operations->predict(posterior, &query, 1, error);
    e->backend->operations->posterior_release(posterior);
    return status;
}

static flx_status test_fit(evaluation *e, int t, double *mae, flx_error *error)
{
    const flx_predictor *fit = &e->fits[t].predictor;
    *mae = NAN;
    if (e->fits[t].has_failed)
        return FLX_OK;
    FLX_TRY(predict(e, t, error));
    *mae = 0;
    for (int i = 0; i < e->test->n; i++)
        *mae += fabs(fit->y_mean + fit->y_sd * e->mean[i] - e->test->y[i]) / e->test->n;
    return FLX_OK;
}

static flx_status evaluate(evaluation *e, method_result *results, flx_error *error)
{
    if (!FLX_NEW(e->y, e->training->n) || !FLX_NEW(e->mean, e->test->n))
        return flx_no_memory(error, "the predictions");
    for (int method = 0; method < METHOD_COUNT; method++)
        if (results[method].has_run)
            FLX_TRY(add_task(e, &results[method], error));
    FLX_TRY(flx_fit_all(e->backend, e->tasks, e->count, e->fits, NULL, error));
    for (int method = 0, t = 0; method < METHOD_COUNT; method++)
        if (results[method].has_run)
            FLX_TRY(test_fit(e, t++, &results[method].test_error, error));
    return FLX_OK;
}

flx_status compute_test_errors(const selection_table *table,
                               const selection_rows *training, const selection_rows *test,
                               flx_backend *backend, method_result *results,
                               flx_error *error)
{
    evaluation e = {
        .table = table, .training = training, .test = test, .backend = backend};
    flx_status status = evaluate(&e, results, error);
    for (int t = 0; t < e.count; t++) {
        free(e.X[t]);
        free(e.queries[t]);
        flx_fit_result_clear(&e.fits[t]);
    }
    free(e.y);
    free(e.mean);
    return status;
}
