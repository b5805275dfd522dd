/* SPDX-License-Identifier: MIT
 * What a refit offers and when it is taken: every model's predictions of the new rows,
 * out of sample, the test of a clear gain, and what the assignment hosts afterwards. */
#include "host/engine/refit_case.h"
#include "host/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pseudo_rows = 10; /* on which what is in place is right */
static const double lightest = 0.01;  /* lighter models are left out */
static const double clear_gain = 0.5; /* in standard errors of the gain */

/* The paper fits a service-vertex on rows of its own number of instances alone. */
bool flx_refit_wants_original_rows(const flx_refit_case *one, const flx_model *model)
{
    return !model->paper_mode || one->assignment->kind != FLX_SERVICE_VERTEX;
}

/* In place, then what is offered. The line goes through the model that counts most. */
static bool list_columns(flx_refit_case *one, bool has_fits, const bool *is_fitted_on,
                         bool has_line)
{
    const flx_learning_assignment *hosting = one->hosting;
    double sum = 0;
    int leading = -1;
    one->columns = calloc((size_t)hosting->n_models + 3, sizeof *one->columns);
    if (!one->columns)
        return false;
    for (int k = 0; k < hosting->n_models; k++) {
        if (is_fitted_on[k])
            continue;
        one->columns[one->n_columns++] = (flx_refit_column){
            .origin = FLX_IN_PLACE, .model = k, .before = hosting->models[k].weight};
        sum += hosting->models[k].weight;
        if (leading < 0 || hosting->models[k].weight > hosting->models[leading].weight)
            leading = k;
    }
    for (int c = 0; c < one->n_columns; c++)
        one->columns[c].before =
            sum > 0 ? one->columns[c].before / sum : 1.0 / one->n_columns;
    if (has_line && leading >= 0)
        one->columns[one->n_columns++] =
            (flx_refit_column){.origin = FLX_RECALIBRATED, .model = leading};
    if (has_fits)
        one->columns[one->n_columns++] = (flx_refit_column){.origin = FLX_FITTED};
    return true;
}

/* Predictions of the models in place, then of those of the folds: (models + folds, n). */
static flx_status predict_models(const flx_refit_case *one, bool has_fits,
                                 flx_backend *backend, double *predictions,
                                 flx_error *error)
{
    int hosted = one->hosting->n_models, count = hosted + (has_fits ? one->n_folds : 0);
    const flx_predictor **predictors = calloc((size_t)count + 1, sizeof *predictors);
    if (!predictors)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d models", count);
    for (int k = 0; k < hosted; k++)
        predictors[k] = &one->hosting->models[k].predictor;
    for (int k = hosted; k < count; k++)
        predictors[k] = &one->fits[k - hosted].model.predictor;
    flx_predictor_queries queries = {one->assignment, count, predictors, one->fresh.n,
                                     one->predicted_inputs};
    flx_status status = flx_predict_each(&queries, backend, predictions, error);
    free(predictors);
    return status;
}

/* The line of the rows outside `fold` (-1: of all) through one model's predictions. */
static flx_recalibration draw_line(const flx_refit_case *one, const double *predictions,
                                   int fold, const flx_predictor *model, double *scratch)
{
    int n = one->fresh.n, count = 0;
    double *predicted = scratch, *measured = scratch + n;
    for (int i = 0; i < n; i++)
        if (one->fold[i] != fold) {
            predicted[count] = predictions[i];
            measured[count++] = one->fresh.y[i];
        }
    return flx_recalibration_estimate(model, predicted, measured, count);
}

/* `out` (n): the model's predictions, each recalibrated by the rows of other folds. */
static void recalibrate(flx_refit_case *one, const double *predictions,
                        const flx_predictor *model, double *scratch, double *out)
{
    for (int f = 0; f < one->n_folds; f++) {
        flx_recalibration line = draw_line(one, predictions, f, model, scratch);
        for (int i = 0; i < one->fresh.n; i++)
            if (one->fold[i] == f)
                out[i] = flx_recalibration_apply(&line, predictions[i], model->is_log);
    }
    one->line = draw_line(one, predictions, -1, model, scratch);
}

/* The prediction of column c at point i. */
static double prediction_of(const flx_refit_case *one, const double *predictions,
                            const double *recalibrated, int c, int i)
{
    const flx_refit_column *column = &one->columns[c];
    size_t n = (size_t)one->fresh.n;
    switch (column->origin) {
    case FLX_IN_PLACE:
        return predictions[(size_t)column->model * n + (size_t)i];
    case FLX_RECALIBRATED:
        return recalibrated[i];
    default:
        return predictions[(size_t)(one->hosting->n_models + one->fold[i]) * n +
                           (size_t)i];
    }
}

/* Rows that every model predicts. */
static void gather_blend(flx_refit_case *one, const double *predictions,
                         const double *recalibrated)
{
    size_t k = (size_t)one->n_columns;
    for (int i = 0; i < one->fresh.n; i++) {
        double *row = one->blend + (size_t)one->n_scored * k;
        bool is_whole = true;
        for (size_t c = 0; c < k; c++) {
            row[c] = prediction_of(one, predictions, recalibrated, (int)c, i);
            is_whole = is_whole && isfinite(row[c]);
        }
        if (is_whole)
            one->y[one->n_scored++] = one->fresh.y[i];
    }
    for (size_t c = 0; c < k; c++)
        for (int i = 0; i < one->n_scored; i++)
            one->columns[c].mae +=
                fabs(one->blend[(size_t)i * k + c] - one->y[i]) / one->n_scored;
}

flx_status flx_refit_predict(flx_refit_case *one, bool has_fits, const bool *is_fitted_on,
                             flx_backend *backend, flx_error *error)
{
    size_t n = (size_t)one->fresh.n, models = (size_t)one->hosting->n_models;
    if (!list_columns(one, has_fits, is_fitted_on, has_fits))
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models", models);
    one->blend = malloc((n * (size_t)one->n_columns + 1) * sizeof *one->blend);
    one->y = malloc((n + 1) * sizeof *one->y);
    double *predictions =
        malloc(((models + FLX_REFIT_FOLDS) * n + 3 * n + 1) * sizeof *predictions);
    flx_status status = FLX_OK;
    if (!one->blend || !one->y || !predictions)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", n);
    if (status == FLX_OK)
        status = predict_models(one, has_fits, backend, predictions, error);
    double *recalibrated = predictions + (models + FLX_REFIT_FOLDS) * n;
    for (int c = 0; c < one->n_columns && status == FLX_OK; c++) {
        int k = one->columns[c].model;
        if (one->columns[c].origin == FLX_RECALIBRATED)
            recalibrate(one, predictions + (size_t)k * n,
                        &one->hosting->models[k].predictor, recalibrated + n,
                        recalibrated);
    }
    if (status == FLX_OK)
        gather_blend(one, predictions, recalibrated);
    free(predictions);
    return status;
}

static double blended_error(const flx_refit_case *one, int i, bool is_after)
{
    double mean = 0;
    for (int c = 0; c < one->n_columns; c++)
        mean += one->blend[i * one->n_columns + c] *
                (is_after ? one->columns[c].after : one->columns[c].before);
    return fabs(mean - one->y[i]);
}

/* Mean errors, and whether the gain stands out of its own noise. */
static bool is_clear_gain(const flx_refit_case *one, double *before, double *after)
{
    int n = one->n_scored;
    double gain = 0, square = 0;
    *before = *after = 0;
    for (int i = 0; i < n; i++) {
        double was = blended_error(one, i, false), is = blended_error(one, i, true);
        *before += was / n;
        *after += is / n;
        gain += (was - is) / n;
        square += (was - is) * (was - is) / n;
    }
    double variance = fmax(square - gain * gain, 0) / (n > 1 ? n - 1 : 1);
    return gain > 0 && gain > clear_gain * sqrt(variance);
}

bool flx_refit_settle(flx_refit_case *one, const double *weights, double *mae_before,
                      double *mae_after)
{
    bool has_any = false;
    double trust = one->n_scored / (one->n_scored + pseudo_rows);
    for (int c = 0; c < one->n_columns; c++) {
        flx_refit_column *column = &one->columns[c];
        column->after = weights ? trust * weights[c] + (1 - trust) * column->before
                                : c == one->n_columns - 1;
        has_any = has_any || column->origin == FLX_IN_PLACE;
    }
    bool is_better = is_clear_gain(one, mae_before, mae_after);
    if (!has_any)
        *mae_before = (double)NAN;
    return !has_any || is_better;
}

/* A copy of what a column stands for. */
static flx_status copy_column(const flx_refit_case *one, const flx_refit_column *column,
                              flx_hosted_model *out, flx_error *error)
{
    const flx_hosted_model *fitted = &one->fits[one->n_folds].model;
    *out = (flx_hosted_model){.created = (int64_t)time(NULL),
                              .first_time = one->first_time,
                              .last_time = one->last_time};
    snprintf(out->refitted_on, sizeof out->refitted_on, "%s", one->digest);
    if (column->origin == FLX_FITTED) {
        memcpy(out->fit_key, fitted->fit_key, sizeof out->fit_key);
        return flx_predictor_copy(&fitted->predictor, &out->predictor, error);
    }
    const flx_hosted_model *from = &one->hosting->models[column->model];
    if (column->origin == FLX_IN_PLACE)
        *out = *from;
    FLX_TRY(flx_predictor_copy(&from->predictor, &out->predictor, error));
    if (column->origin == FLX_IN_PLACE)
        return FLX_OK;
    flx_status status = flx_recalibrate(&one->line, &out->predictor, error);
    if (status != FLX_OK)
        flx_predictor_clear(&out->predictor);
    return status;
}

flx_status flx_refit_install(flx_refit_case *one, flx_learning_assignment *out,
                             flx_error *error)
{
    double sum = 0;
    *out = (flx_learning_assignment){0};
    for (int c = 0; c < one->n_columns; c++) {
        flx_refit_column *column = &one->columns[c];
        if (column->after < lightest)
            column->after = 0;
        sum += column->after;
    }
    for (int c = 0; c < one->n_columns; c++) {
        flx_refit_column *column = &one->columns[c];
        flx_hosted_model hosted;
        column->after /= sum;
        if (column->after <= 0)
            continue;
        flx_status status = copy_column(one, column, &hosted, error);
        hosted.weight = column->after;
        if (status == FLX_OK)
            status = flx_assignment_add(out, &hosted, error);
        if (status != FLX_OK) {
            flx_assignment_clear(out);
            return status;
        }
    }
    return FLX_OK;
}
