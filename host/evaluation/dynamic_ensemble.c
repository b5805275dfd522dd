/* SPDX-License-Identifier: MIT */
#include "host/evaluation/dynamic_ensemble.h"

#include "host/optimization.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEEP_STREAM = 0x4b454550, /* "KEEP" */
    KEPT_GROUPS = 10,         /* one group in so many is kept back */
    SEARCH_EVALUATIONS = 200  /* the exact polish does the rest */
};

flx_status flx_dynamic_ensemble_create(const flx_time_series *history,
                                       flx_backend *backend, int64_t recent_s, int recent,
                                       uint64_t seed, flx_dynamic_ensemble **out,
                                       flx_error *error)
{
    *out = NULL;
    flx_dynamic_ensemble *temporal = calloc(1, sizeof *temporal);
    if (temporal)
        temporal->is_taught = calloc((size_t)history->n + 1, sizeof(bool));
    if (!temporal || !temporal->is_taught) {
        free(temporal);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", history->n);
    }
    temporal->history = history;
    temporal->backend = backend;
    temporal->recent_s = recent_s;
    temporal->recent = recent;
    temporal->seed = seed;
    *out = temporal;
    return FLX_OK;
}

static void drop_model(flx_dynamic_ensemble_model *model)
{
    flx_period_model_clear(&model->learner);
    free(model->answers);
    free(model->is_answered);
}

void flx_dynamic_ensemble_destroy(flx_dynamic_ensemble *temporal)
{
    if (!temporal)
        return;
    for (int j = 0; j < temporal->n_models; j++)
        drop_model(&temporal->models[j]);
    free(temporal->models);
    free(temporal->weights);
    free(temporal->is_taught);
    free(temporal);
}

static bool is_kept_back(const flx_dynamic_ensemble *temporal, int64_t group)
{
    uint64_t bits = (uint64_t)group;
    return flx_below(temporal->seed, KEEP_STREAM, (uint32_t)bits, (uint32_t)(bits >> 32),
                     0, KEPT_GROUPS) == 0;
}

int flx_dynamic_ensemble_choose(const flx_dynamic_ensemble *temporal, int first, int last,
                                int *rows)
{
    int count = 0;
    for (int i = first; i < last; i++)
        if (!is_kept_back(temporal, temporal->history->group[i]))
            rows[count++] = i;
    if (count > 0)
        return count;
    for (int i = first; i < last; i++)
        rows[count++] = i;
    return count;
}

static flx_status add_model(flx_dynamic_ensemble *temporal,
                            flx_dynamic_ensemble_model *model, flx_error *error)
{
    size_t k = (size_t)temporal->n_models + 1, n = (size_t)temporal->history->n;
    size_t width = (size_t)flx_time_series_width(temporal->history);
    flx_dynamic_ensemble_model *models = realloc(temporal->models, k * sizeof *models);
    if (models)
        temporal->models = models;
    double *weights = realloc(temporal->weights, k * sizeof *weights);
    if (weights)
        temporal->weights = weights;
    model->answers = malloc(n * width * sizeof *model->answers);
    model->is_answered = calloc(n, sizeof *model->is_answered);
    if (!models || !weights || !model->answers || !model->is_answered)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models of %zu rows",
                        k, n);
    models[k - 1] = *model;
    weights[k - 1] = k == 1;
    temporal->n_models++;
    return FLX_OK;
}

flx_status flx_dynamic_ensemble_take(flx_dynamic_ensemble *temporal,
                                     flx_period_model *model, const int *rows, int count,
                                     flx_error *error)
{
    flx_dynamic_ensemble_model hosted = {.learner = *model};
    *model = (flx_period_model){0};
    flx_status status = add_model(temporal, &hosted, error);
    if (status != FLX_OK)
        drop_model(&hosted);
    for (int i = 0; i < count; i++)
        temporal->is_taught[rows[i]] = true;
    return status;
}

/* The recent rows before row `now` that no model was taught, latest first. */
static int list_recent(const flx_dynamic_ensemble *temporal, int now, int *rows)
{
    const int64_t *time = temporal->history->time;
    int count = 0;
    for (int i = now - 1;
         i >= 0 && count < temporal->recent && time[now] - time[i] <= temporal->recent_s;
         i--)
        if (!temporal->is_taught[i])
            rows[count++] = i;
    return count;
}

/* One model's answers to those of the rows that it has not answered yet. */
static flx_status answer_rows(const flx_time_series *h, flx_dynamic_ensemble_model *model,
                              const int *rows, int count, flx_error *error)
{
    size_t width = (size_t)flx_time_series_width(h);
    int *fresh = malloc(((size_t)count + 1) * sizeof *fresh), asked = 0;
    double *answers = malloc(((size_t)count * width + 1) * sizeof *answers);
    flx_status status = FLX_OK;
    if (!fresh || !answers)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", count);
    for (int i = 0; i < count && status == FLX_OK; i++)
        if (!model->is_answered[rows[i]])
            fresh[asked++] = rows[i];
    if (status == FLX_OK)
        status =
            flx_period_model_predict(&model->learner, h, fresh, asked, answers, error);
    for (int i = 0; i < asked && status == FLX_OK; i++) {
        memcpy(model->answers + (size_t)fresh[i] * width, answers + (size_t)i * width,
               width * sizeof *answers);
        model->is_answered[fresh[i]] = true;
    }
    free(fresh);
    free(answers);
    return status;
}

/* Each model is a piece of work of its own. */
static flx_status answer_all(flx_dynamic_ensemble *temporal, const int *rows, int count,
                             flx_error *error)
{
    int models = temporal->n_models, threads = temporal->backend->threads;
    flx_error *errors = calloc((size_t)models + 1, sizeof *errors);
    if (!errors)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d models", models);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int j = 0; j < models; j++)
        answer_rows(temporal->history, &temporal->models[j], rows, count, &errors[j]);
    flx_status status = FLX_OK;
    for (int j = 0; j < models && status == FLX_OK; j++)
        if (errors[j].status != FLX_OK)
            status = flx_fail(error, errors[j].status, "%s", errors[j].message);
    free(errors);
    return status;
}

/* One point a row, or a row and bucket: the probability should be 1 or 0. */
static void state_problem(const flx_dynamic_ensemble *temporal, const int *rows,
                          int count, double *P, double *y)
{
    const flx_time_series *h = temporal->history;
    size_t width = (size_t)flx_time_series_width(h), k = (size_t)temporal->n_models;
    for (size_t i = 0; i < (size_t)count * width; i++) {
        size_t row = (size_t)rows[i / width], c = i % width;
        y[i] = h->classes ? h->y[row] == (double)c : h->y[row];
        for (size_t j = 0; j < k; j++)
            P[i * k + j] = temporal->models[j].answers[row * width + c];
    }
}

static flx_status solve(flx_dynamic_ensemble *temporal, int points, const double *P,
                        const double *y, flx_error *error)
{
    const flx_time_series *h = temporal->history;
    flx_output_weighting_problem problem = {.name = h->target,
                                            .n = points,
                                            .k = temporal->n_models,
                                            .P = P,
                                            .y = y,
                                            .form = FLX_FORM_MEAN,
                                            .loss = h->classes ? FLX_LOSS_SQUARED
                                                               : FLX_LOSS_ABSOLUTE,
                                            .cached = temporal->weights,
                                            .n_cached = 1};
    flx_output_weighting_options options = {.evaluations = SEARCH_EVALUATIONS,
                                            .seed = temporal->seed};
    flx_output_weighting_result result;
    FLX_TRY(flx_output_weighting_solve(temporal->backend, &problem, 1, &options, &result,
                                       error));
    memcpy(temporal->weights, result.weights,
           (size_t)temporal->n_models * sizeof *result.weights);
    flx_output_weighting_result_clear(&result);
    return FLX_OK;
}

static flx_status weigh(flx_dynamic_ensemble *temporal, const int *rows, int count,
                        flx_error *error)
{
    size_t points = (size_t)count * (size_t)flx_time_series_width(temporal->history);
    double *P = malloc(points * (size_t)temporal->n_models * sizeof *P);
    double *y = malloc(points * sizeof *y);
    flx_status status = FLX_OK;
    if (!P || !y)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", count);
    if (status == FLX_OK)
        status = answer_all(temporal, rows, count, error);
    if (status == FLX_OK) {
        state_problem(temporal, rows, count, P, y);
        status = solve(temporal, (int)points, P, y, error);
    }
    free(P);
    free(y);
    return status;
}

flx_status flx_dynamic_ensemble_reweight(flx_dynamic_ensemble *temporal, int now,
                                         flx_error *error)
{
    if (temporal->n_models < 2)
        return FLX_OK;
    int *rows = malloc(((size_t)temporal->recent + 1) * sizeof *rows);
    if (!rows)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows",
                        temporal->recent);
    int count = list_recent(temporal, now, rows);
    flx_status status = count ? weigh(temporal, rows, count, error) : FLX_OK;
    free(rows);
    return status;
}

/* The weighted mean of the models' answers to one row, as a value. */
static double blend(const flx_dynamic_ensemble *temporal, int row, double *mean)
{
    int width = flx_time_series_width(temporal->history);
    size_t first = (size_t)row * (size_t)width;
    for (int c = 0; c < width; c++) {
        mean[c] = 0;
        for (int j = 0; j < temporal->n_models; j++)
            mean[c] +=
                temporal->weights[j] * temporal->models[j].answers[first + (size_t)c];
    }
    return flx_time_series_value(temporal->history, mean);
}

flx_status flx_dynamic_ensemble_predict(flx_dynamic_ensemble *temporal, int first,
                                        int last, double *values, flx_error *error)
{
    size_t width = (size_t)flx_time_series_width(temporal->history);
    int count = last - first, *rows = malloc(((size_t)count + 1) * sizeof *rows);
    double *mean = malloc(width * sizeof *mean);
    flx_status status = FLX_OK;
    if (!rows || !mean)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", count);
    for (int i = 0; i < count && status == FLX_OK; i++)
        rows[i] = first + i;
    if (status == FLX_OK)
        status = answer_all(temporal, rows, count, error);
    for (int i = 0; i < count && status == FLX_OK; i++)
        values[i] = blend(temporal, first + i, mean);
    free(mean);
    free(rows);
    return status;
}
