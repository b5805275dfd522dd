/* SPDX-License-Identifier: MIT */
#include "host/evaluation/dynamic_ensemble.h"

#include "formats/memory.h"
#include "host/optimization.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEEP_STREAM = 0x4b454550, /* "KEEP" */
    HELD_OUT_GROUPS = 10,     /* one group in so many is kept back */
    SEARCH_EVALUATIONS = 200  /* the exact polish does the rest */
};

flx_status flx_dynamic_ensemble_create(const flx_time_series *series,
                                       flx_backend *backend, int64_t recent_s, int recent,
                                       uint64_t seed, flx_dynamic_ensemble **out,
                                       flx_error *error)
{
    *out = NULL;
    flx_dynamic_ensemble *ensemble = NULL;
    if (!FLX_NEW(ensemble, 1) || !FLX_NEW(ensemble->is_fitted_on, series->n)) {
        free(ensemble);
        return flx_no_memory(error, "%d rows", series->n);
    }
    ensemble->series = series;
    ensemble->backend = backend;
    ensemble->recent_s = recent_s;
    ensemble->recent = recent;
    ensemble->seed = seed;
    *out = ensemble;
    return FLX_OK;
}

static void drop_model(flx_dynamic_ensemble_model *model)
{
    flx_period_model_clear(&model->model);
    free(model->predictions);
    free(model->is_predicted);
}

void flx_dynamic_ensemble_destroy(flx_dynamic_ensemble *ensemble)
{
    if (!ensemble)
        return;
    for (int j = 0; j < ensemble->n_models; j++)
        drop_model(&ensemble->models[j]);
    free(ensemble->models);
    free(ensemble->weights);
    free(ensemble->is_fitted_on);
    free(ensemble);
}

static bool is_held_out(const flx_dynamic_ensemble *ensemble, int64_t group)
{
    uint64_t bits = (uint64_t)group;
    return flx_below(ensemble->seed, KEEP_STREAM, (uint32_t)bits, (uint32_t)(bits >> 32),
                     0, HELD_OUT_GROUPS) == 0;
}

int flx_dynamic_ensemble_choose(const flx_dynamic_ensemble *ensemble, int first, int last,
                                int *rows)
{
    int count = 0;
    for (int i = first; i < last; i++)
        if (!is_held_out(ensemble, ensemble->series->group[i]))
            rows[count++] = i;
    if (count > 0)
        return count;
    for (int i = first; i < last; i++)
        rows[count++] = i;
    return count;
}

static flx_status add_model(flx_dynamic_ensemble *ensemble,
                            flx_dynamic_ensemble_model *model, flx_error *error)
{
    size_t k = (size_t)ensemble->n_models + 1, n = (size_t)ensemble->series->n;
    size_t width = (size_t)flx_time_series_width(ensemble->series);
    flx_dynamic_ensemble_model *models = realloc(ensemble->models, k * sizeof *models);
    if (models)
        ensemble->models = models;
    double *weights = realloc(ensemble->weights, k * sizeof *weights);
    if (weights)
        ensemble->weights = weights;
    model->predictions = malloc(n * width * sizeof *model->predictions);
    model->is_predicted = calloc(n, sizeof *model->is_predicted);
    if (!models || !weights || !model->predictions || !model->is_predicted)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models of %zu rows",
                        k, n);
    models[k - 1] = *model;
    weights[k - 1] = k == 1;
    ensemble->n_models++;
    return FLX_OK;
}

flx_status flx_dynamic_ensemble_take(flx_dynamic_ensemble *ensemble,
                                     flx_period_model *model, const int *rows, int count,
                                     flx_error *error)
{
    flx_dynamic_ensemble_model hosted = {.model = *model};
    *model = (flx_period_model){0};
    flx_status status = add_model(ensemble, &hosted, error);
    if (status != FLX_OK)
        drop_model(&hosted);
    for (int i = 0; i < count; i++)
        ensemble->is_fitted_on[rows[i]] = true;
    return status;
}

/* The recent rows before row `now` that no model was fitted on, latest first. */
static int list_recent(const flx_dynamic_ensemble *ensemble, int now, int *rows)
{
    const int64_t *time = ensemble->series->time;
    int count = 0;
    for (int i = now - 1;
         i >= 0 && count < ensemble->recent && time[now] - time[i] <= ensemble->recent_s;
         i--)
        if (!ensemble->is_fitted_on[i])
            rows[count++] = i;
    return count;
}

/* One model predicts those of the rows that it has not predicted yet. */
static flx_status predict_rows(const flx_time_series *h,
                               flx_dynamic_ensemble_model *model, const int *rows,
                               int count, flx_error *error)
{
    size_t width = (size_t)flx_time_series_width(h);
    FLX_SCOPED int *fresh = NULL;
    FLX_SCOPED double *predictions = NULL;
    int n_fresh = 0;
    if (!FLX_NEW(fresh, count) || !FLX_NEW(predictions, (size_t)count * width))
        return flx_no_memory(error, "%d rows", count);
    for (int i = 0; i < count; i++)
        if (!model->is_predicted[rows[i]])
            fresh[n_fresh++] = rows[i];
    FLX_TRY(
        flx_period_model_predict(&model->model, h, fresh, n_fresh, predictions, error));
    for (int i = 0; i < n_fresh; i++) {
        memcpy(model->predictions + (size_t)fresh[i] * width,
               predictions + (size_t)i * width, width * sizeof *predictions);
        model->is_predicted[fresh[i]] = true;
    }
    return FLX_OK;
}

/* Each model is a piece of work of its own. */
static flx_status predict_all(flx_dynamic_ensemble *ensemble, const int *rows, int count,
                              flx_error *error)
{
    int models = ensemble->n_models, threads = ensemble->backend->threads;
    FLX_SCOPED flx_error *errors = NULL;
    if (!FLX_NEW(errors, models))
        return flx_no_memory(error, "%d models", models);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int j = 0; j < models; j++)
        predict_rows(ensemble->series, &ensemble->models[j], rows, count, &errors[j]);
    for (int j = 0; j < models; j++)
        if (errors[j].status != FLX_OK)
            return flx_fail(error, errors[j].status, "%s", errors[j].message);
    return FLX_OK;
}

/* One point a row, or a row and bucket: the probability should be 1 or 0. */
static void fill_problem(const flx_dynamic_ensemble *ensemble, const int *rows, int count,
                         double *P, double *y)
{
    const flx_time_series *h = ensemble->series;
    size_t width = (size_t)flx_time_series_width(h), k = (size_t)ensemble->n_models;
    for (size_t i = 0; i < (size_t)count * width; i++) {
        size_t row = (size_t)rows[i / width], c = i % width;
        y[i] = h->classes ? h->y[row] == (double)c : h->y[row];
        for (size_t j = 0; j < k; j++)
            P[i * k + j] = ensemble->models[j].predictions[row * width + c];
    }
}

static flx_status solve(flx_dynamic_ensemble *ensemble, int points, const double *P,
                        const double *y, flx_error *error)
{
    const flx_time_series *h = ensemble->series;
    flx_output_weighting_problem problem = {.name = h->target,
                                            .n = points,
                                            .k = ensemble->n_models,
                                            .P = P,
                                            .y = y,
                                            .form = FLX_FORM_MEAN,
                                            .loss = h->classes ? FLX_LOSS_SQUARED
                                                               : FLX_LOSS_ABSOLUTE,
                                            .cached = ensemble->weights,
                                            .n_cached = 1};
    flx_output_weighting_options options = {.evaluations = SEARCH_EVALUATIONS,
                                            .seed = ensemble->seed};
    flx_output_weighting_result result;
    FLX_TRY(flx_output_weighting_solve(ensemble->backend, &problem, 1, &options, &result,
                                       error));
    memcpy(ensemble->weights, result.weights,
           (size_t)ensemble->n_models * sizeof *result.weights);
    flx_output_weighting_result_clear(&result);
    return FLX_OK;
}

static flx_status weigh(flx_dynamic_ensemble *ensemble, const int *rows, int count,
                        flx_error *error)
{
    size_t points = (size_t)count * (size_t)flx_time_series_width(ensemble->series);
    FLX_SCOPED double *P = NULL;
    FLX_SCOPED double *y = NULL;
    if (!FLX_NEW(P, points * (size_t)ensemble->n_models) || !FLX_NEW(y, points))
        return flx_no_memory(error, "%d rows", count);
    FLX_TRY(predict_all(ensemble, rows, count, error));
    fill_problem(ensemble, rows, count, P, y);
    return solve(ensemble, (int)points, P, y, error);
}

flx_status flx_dynamic_ensemble_reweight(flx_dynamic_ensemble *ensemble, int now,
                                         flx_error *error)
{
    if (ensemble->n_models < 2)
        return FLX_OK;
    FLX_SCOPED int *rows = NULL;
    if (!FLX_NEW(rows, ensemble->recent))
        return flx_no_memory(error, "%d rows", ensemble->recent);
    int count = list_recent(ensemble, now, rows);
    return count ? weigh(ensemble, rows, count, error) : FLX_OK;
}

/* The weighted mean of the models' predictions to one row, as a value. */
static double blend(const flx_dynamic_ensemble *ensemble, int row, double *mean)
{
    int width = flx_time_series_width(ensemble->series);
    size_t first = (size_t)row * (size_t)width;
    for (int c = 0; c < width; c++) {
        mean[c] = 0;
        for (int j = 0; j < ensemble->n_models; j++)
            mean[c] +=
                ensemble->weights[j] * ensemble->models[j].predictions[first + (size_t)c];
    }
    return flx_time_series_value(ensemble->series, mean);
}

flx_status flx_dynamic_ensemble_predict(flx_dynamic_ensemble *ensemble, int first,
                                        int last, double *values, flx_error *error)
{
    FLX_SCOPED int *rows = NULL;
    FLX_SCOPED double *mean = NULL;
    int count = last - first;
    if (!FLX_NEW(rows, count) || !FLX_NEW(mean, flx_time_series_width(ensemble->series)))
        return flx_no_memory(error, "%d rows", count);
    for (int i = 0; i < count; i++)
        rows[i] = first + i;
    FLX_TRY(predict_all(ensemble, rows, count, error));
    for (int i = 0; i < count; i++)
        values[i] = blend(ensemble, first + i, mean);
    return FLX_OK;
}
