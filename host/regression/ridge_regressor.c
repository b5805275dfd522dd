/* SPDX-License-Identifier: MIT
 * Ridge regression as a kind of model (host/regression/ridge.h).
 *
 * parameters (2 + n_features): penalty, intercept, coefficients; of the standardized
 * target and the features as they come. loo_mean of its fits is what a refit without the
 * row predicts there, at the penalty chosen from all rows. A task fails as
 * host/regression/regressor_target.h says. */
#include "host/regression/regressor.h"

#include "formats/memory.h"
#include "host/regression/regressor_target.h"
#include "host/regression/ridge.h"
#include "host/regression/row_predictor.h"

enum { FIRST_COEFFICIENT = 2 }; /* after penalty and intercept */

static flx_status solve(const flx_fit_task *task, flx_fit_result *result,
                        flx_error *error)
{
    int n = task->n, d = task->d;
    FLX_SCOPED double *y = NULL, *fitted = NULL, *left_out = NULL, *parameters = NULL;
    if (!FLX_NEW(y, n) || !FLX_NEW(fitted, n) || !FLX_NEW(left_out, n) ||
        !FLX_NEW(parameters, FIRST_COEFFICIENT + d))
        return flx_no_memory(error, "%d rows x %d features", n, d);
    flx_regressor_target_standardize(task, result, y);
    flx_ridge ridge = {.n = n,
                       .d = d,
                       .X = task->X,
                       .y = y,
                       .parameters = parameters,
                       .fitted = fitted,
                       .left_out = left_out};
    FLX_TRY(flx_ridge_solve(&ridge, error));
    double **predictions = task->wants_residuals ? &left_out : &fitted;
    flx_regressor_target_take_predictions(task, result, *predictions);
    result->predictor.parameters = parameters;
    result->predictor.n_parameters = FIRST_COEFFICIENT + (size_t)d;
    result->predictor.evaluations = result->starts = 1;
    *predictions = parameters = NULL;
    return FLX_OK;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error)
{
    int done = 0, threads = backend->threads;
    flx_status status = FLX_OK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int t = 0; t < count; t++) {
        flx_error own = {0};
        flx_status ended = flx_regressor_target_admit(tasks[t], results[t])
                               ? solve(tasks[t], results[t], &own)
                               : FLX_OK;
#pragma omp critical(flx_ridge)
        {
            if (ended != FLX_OK && status == FLX_OK) {
                status = ended;
                *error = own;
            }
            flx_progress_report(observer->progress, ++done, count);
        }
    }
    return status;
}

/* A file may hold any number of parameters. */
static flx_status load(const flx_predictor *p, void **loaded, flx_error *error)
{
    *loaded = NULL;
    if (p->n_parameters == 2 + (size_t)p->n_features)
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT,
                    "a ridge regression of %d features has %zu "
                    "parameters instead of %d",
                    p->n_features, p->n_parameters, 2 + p->n_features);
}

static void unload(void *loaded)
{
    (void)loaded;
}

static flx_status predict_rows(const flx_predictor *p, const void *loaded,
                               const double *X, int m, double *mean, double *slopes,
                               flx_error *error)
{
    (void)loaded;
    (void)error;
    const double *b = p->parameters + FIRST_COEFFICIENT;
    size_t d = (size_t)p->n_features, last = (size_t)p->n_metrics;
    for (size_t i = 0; i < (size_t)m; i++) {
        mean[i] = p->parameters[1];
        for (size_t k = 0; k < d; k++)
            mean[i] += b[k] * X[i * d + k];
        for (size_t k = 0; k < last && slopes; k++)
            slopes[i * last + k] = b[d - last + k];
    }
    return FLX_OK;
}

static flx_status prepare(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error)
{
    static const flx_row_predictor rows = {load, unload, predict_rows};
    return flx_row_predictor_prepare(&rows, backend, targets, count, prepared, error);
}

const flx_regressor flx_ridge_regressor = {.fit = fit,
                                           .prepare = prepare,
                                           .release = flx_row_predictor_release,
                                           .predict = flx_row_predictor_predict};
