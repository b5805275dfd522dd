/* SPDX-License-Identifier: MIT */
#include "host/evaluation/period_model.h"

#include "formats/clock.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Series are long: fewer trees than for some hundred rows err no more and are fitted
 * in a tenth of the time. */
enum { BOOSTED_TREES = 100, BOOSTED_DEPTH = 6, FOREST_TREES = 50, FOREST_DEPTH = 12 };

/* The chosen rows side by side. */
static double *pack_inputs(const flx_time_series *h, const int *rows, int count)
{
    size_t d = (size_t)h->d;
    double *X = malloc(((size_t)count + 1) * d * sizeof *X);
    for (int i = 0; i < count && X; i++)
        memcpy(X + (size_t)i * d, h->X + (size_t)rows[i] * d, d * sizeof *X);
    return X;
}

/* Numbers are standardized, which trees that shrink towards 0 ask for; a constant is left
 * without a scale. Buckets are taken as they are. */
static void pack_targets(const flx_time_series *h, const int *rows, int count, double *y,
                         flx_period_model *model)
{
    double mean = 0, square = 0;
    model->y_sd = 1;
    for (int i = 0; i < count; i++)
        y[i] = h->is_log ? log(h->y[rows[i]]) : h->y[rows[i]];
    if (h->classes)
        return;
    for (int i = 0; i < count; i++)
        mean += y[i] / count;
    for (int i = 0; i < count; i++)
        square += (y[i] - mean) * (y[i] - mean) / count;
    bool is_constant = !(sqrt(square) > 1e-12 * fabs(mean));
    model->y_mean = mean;
    model->y_sd = is_constant ? 1 : sqrt(square);
    for (int i = 0; i < count; i++)
        y[i] = is_constant ? 0 : (y[i] - mean) / model->y_sd;
}

flx_status flx_period_model_fit(const flx_time_series *h, const int *rows, int count,
                                flx_predictor_kind kind, uint64_t seed,
                                flx_period_model *out, flx_error *error)
{
    double started = flx_thread_seconds();
    bool is_forest = kind == FLX_PREDICTOR_FOREST;
    flx_trees_options options = {.kind = kind,
                                 .classes = h->classes,
                                 .trees = is_forest ? FOREST_TREES : BOOSTED_TREES,
                                 .depth = is_forest ? FOREST_DEPTH : BOOSTED_DEPTH,
                                 .seed = seed};
    FLX_SCOPED unsigned char *bytes = NULL;
    FLX_SCOPED double *X = pack_inputs(h, rows, count);
    FLX_SCOPED double *y = NULL;
    size_t size;
    *out = (flx_period_model){.rows = count};
    if (!X || !FLX_NEW(y, count))
        return flx_no_memory(error, "%d rows", count);
    pack_targets(h, rows, count, y, out);
    FLX_TRY(flx_trees_fit(&options, X, y, count, h->d, &bytes, &size, error));
    FLX_TRY(flx_trees_load(bytes, size, h->d, &out->trees, error));
    out->seconds = flx_thread_seconds() - started;
    return FLX_OK;
}

void flx_period_model_clear(flx_period_model *model)
{
    flx_trees_release(model->trees);
    *model = (flx_period_model){0};
}

flx_status flx_period_model_predict(const flx_period_model *model,
                                    const flx_time_series *h, const int *rows, int count,
                                    double *predictions, flx_error *error)
{
    FLX_SCOPED double *X = pack_inputs(h, rows, count);
    if (!X)
        return flx_no_memory(error, "%d rows", count);
    FLX_TRY(flx_trees_predict(model->trees, X, count, predictions, error));
    for (int i = 0; i < count && !h->classes; i++) {
        double y = model->y_mean + model->y_sd * predictions[i];
        predictions[i] = h->is_log ? exp(y) : y;
    }
    return FLX_OK;
}
