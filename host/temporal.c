/* SPDX-License-Identifier: MIT */
#include "host/temporal.h"

#include "host/weighting.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEEP_STREAM = 0x4b454550, /* "KEEP" */
    KEPT_GROUPS = 10,         /* one group in so many is kept back */
    SEARCH_EVALUATIONS = 200  /* the exact polish does the rest */
};

flx_status flx_temporal_create(const flx_history *history, flx_backend *backend,
                               int64_t recent_s, int recent, uint64_t seed,
                               flx_temporal **out, flx_error *error)
{
    *out = NULL;
    flx_temporal *temporal = calloc(1, sizeof *temporal);
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

void flx_temporal_destroy(flx_temporal *temporal)
{
    if (!temporal)
        return;
    for (int j = 0; j < temporal->n_models; j++)
        flx_learner_clear(&temporal->models[j]);
    free(temporal->models);
    free(temporal->weights);
    free(temporal->is_taught);
    free(temporal);
}

static bool is_kept_back(const flx_temporal *temporal, int64_t group)
{
    uint64_t bits = (uint64_t)group;
    return flx_below(temporal->seed, KEEP_STREAM, (uint32_t)bits, (uint32_t)(bits >> 32),
                     0, KEPT_GROUPS) == 0;
}

int flx_temporal_choose(const flx_temporal *temporal, int first, int last, int *rows)
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

flx_status flx_temporal_take(flx_temporal *temporal, flx_learner *model, const int *rows,
                             int count, flx_error *error)
{
    size_t k = (size_t)temporal->n_models + 1;
    flx_learner *models = realloc(temporal->models, k * sizeof *models);
    if (models)
        temporal->models = models;
    double *weights = realloc(temporal->weights, k * sizeof *weights);
    if (weights)
        temporal->weights = weights;
    if (!models || !weights) {
        flx_learner_clear(model);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models", k);
    }
    models[k - 1] = *model;
    weights[k - 1] = k == 1;
    *model = (flx_learner){0};
    temporal->n_models++;
    for (int i = 0; i < count; i++)
        temporal->is_taught[rows[i]] = true;
    return FLX_OK;
}

/* The recent rows before row `now` that no model was taught, latest first. */
static int list_recent(const flx_temporal *temporal, int now, int *rows)
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

/* answers (models, count, width): each model a thread's own piece of work. */
static flx_status ask_all(const flx_temporal *temporal, const int *rows, int count,
                          double **answers, flx_error *error)
{
    int models = temporal->n_models, threads = temporal->backend->threads;
    size_t size = (size_t)count * (size_t)flx_history_width(temporal->history);
    flx_error *errors = calloc((size_t)models, sizeof *errors);
    *answers = malloc(((size_t)models * size + 1) * sizeof **answers);
    if (!errors || !*answers) {
        free(errors);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows of %d models",
                        count, models);
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int j = 0; j < models; j++)
        flx_learner_answer(&temporal->models[j], temporal->history, rows, count,
                           *answers + (size_t)j * size, &errors[j]);
    flx_status status = FLX_OK;
    for (int j = 0; j < models && status == FLX_OK; j++)
        if (errors[j].status != FLX_OK)
            status = flx_fail(error, errors[j].status, "%s", errors[j].message);
    free(errors);
    return status;
}

/* One point a row, or a row and bucket: the probability should be 1 or 0. */
static void state_problem(const flx_temporal *temporal, const int *rows, int count,
                          const double *answers, double *P, double *y)
{
    const flx_history *h = temporal->history;
    int width = flx_history_width(h), k = temporal->n_models;
    size_t points = (size_t)count * (size_t)width;
    for (size_t i = 0; i < points; i++) {
        double seen = h->y[rows[i / (size_t)width]];
        y[i] = h->classes ? seen == (double)(i % (size_t)width) : seen;
        for (int j = 0; j < k; j++)
            P[i * (size_t)k + (size_t)j] = answers[(size_t)j * points + i];
    }
}

static flx_status solve(flx_temporal *temporal, int points, const double *P,
                        const double *y, flx_error *error)
{
    const flx_history *h = temporal->history;
    flx_weighting_problem problem = {.name = h->target,
                                     .n = points,
                                     .k = temporal->n_models,
                                     .P = P,
                                     .y = y,
                                     .form = FLX_FORM_MEAN,
                                     .loss = h->classes ? FLX_LOSS_SQUARED
                                                        : FLX_LOSS_ABSOLUTE,
                                     .cached = temporal->weights,
                                     .n_cached = 1};
    flx_weighting_options options = {.evaluations = SEARCH_EVALUATIONS,
                                     .seed = temporal->seed};
    flx_weighting_result result;
    FLX_TRY(
        flx_weighting_solve(temporal->backend, &problem, 1, &options, &result, error));
    memcpy(temporal->weights, result.weights,
           (size_t)temporal->n_models * sizeof *result.weights);
    flx_weighting_result_clear(&result);
    return FLX_OK;
}

static flx_status weigh(flx_temporal *temporal, const int *rows, int count,
                        flx_error *error)
{
    double *answers = NULL;
    size_t points = (size_t)count * (size_t)flx_history_width(temporal->history);
    double *P = malloc(points * (size_t)temporal->n_models * sizeof *P);
    double *y = malloc(points * sizeof *y);
    flx_status status = FLX_OK;
    if (!P || !y)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", count);
    if (status == FLX_OK)
        status = ask_all(temporal, rows, count, &answers, error);
    if (status == FLX_OK) {
        state_problem(temporal, rows, count, answers, P, y);
        status = solve(temporal, (int)points, P, y, error);
    }
    free(answers);
    free(P);
    free(y);
    return status;
}

flx_status flx_temporal_reweight(flx_temporal *temporal, int now, flx_error *error)
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
static double blend(const flx_temporal *temporal, const double *answers, size_t size,
                    size_t row, double *mean)
{
    size_t width = (size_t)flx_history_width(temporal->history);
    for (size_t c = 0; c < width; c++) {
        mean[c] = 0;
        for (int j = 0; j < temporal->n_models; j++)
            mean[c] += temporal->weights[j] * answers[(size_t)j * size + row * width + c];
    }
    return flx_history_value(temporal->history, mean);
}

flx_status flx_temporal_predict(const flx_temporal *temporal, int first, int last,
                                double *values, flx_error *error)
{
    size_t count = (size_t)(last - first), width;
    width = (size_t)flx_history_width(temporal->history);
    double *answers = NULL, *mean = malloc(width * sizeof *mean);
    int *rows = malloc((count + 1) * sizeof *rows);
    flx_status status = FLX_OK;
    if (!rows || !mean)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", count);
    for (size_t i = 0; i < count && status == FLX_OK; i++)
        rows[i] = first + (int)i;
    if (status == FLX_OK)
        status = ask_all(temporal, rows, (int)count, &answers, error);
    for (size_t i = 0; i < count && status == FLX_OK; i++)
        values[i] = blend(temporal, answers, count * width, i, mean);
    free(answers);
    free(mean);
    free(rows);
    return status;
}
