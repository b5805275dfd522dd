/* SPDX-License-Identifier: MIT */
#include "host/model/target_predictor.h"

#include "formats/memory.h"
#include "host/model/ensemble.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>

struct flx_target_predictor {
    const flx_model *model;
    const flx_dataset *table;
    int n_members;
    flx_inference **members;        /* (n_members), the graph's own first */
    const flx_predictor *black_box; /* whose inputs say whether a row is far; or NULL */
    flx_column_binding *binding;    /* of the black box */
    int capacity;                   /* rows that there is room for */
    double *predictions;            /* (n_members, rows) */
    double *row, *mean, *spread;    /* (n_members), (rows), (rows) */
};

static flx_status open_members(flx_target_predictor *f, int count, flx_backend *backend,
                               flx_error *error)
{
    if (!FLX_NEW(f->members, count) || !FLX_NEW(f->row, count))
        return flx_no_memory(error, "%d models", count);
    for (; f->n_members < count; f->n_members++)
        FLX_TRY(flx_inference_create(flx_model_member_graph(f->model, f->n_members),
                                     backend, f->table, &f->members[f->n_members],
                                     error));
    int black_box = flx_ensemble_black_box(f->model->ensemble);
    if (black_box < 0)
        return FLX_OK;
    flx_fitted_graph fitted = flx_model_member_graph(f->model, black_box);
    f->black_box = flx_assignment_leading(&fitted.assignments[0]);
    return flx_column_binding_create(fitted.graph, fitted.deployment, f->table,
                                     &f->binding, error);
}

flx_status flx_target_predictor_create(const flx_model *model, flx_backend *backend,
                                       const flx_dataset *table,
                                       flx_target_predictor **out, flx_error *error)
{
    *out = NULL;
    flx_target_predictor *f = NULL;
    if (!FLX_NEW(f, 1))
        return flx_no_memory(error, "a prediction");
    f->model = model;
    f->table = table;
    int count = model->ensemble ? model->ensemble->n_members : 1;
    flx_status status = open_members(f, count, backend, error);
    if (status == FLX_OK)
        *out = f;
    else
        flx_target_predictor_destroy(f);
    return status;
}

void flx_target_predictor_destroy(flx_target_predictor *f)
{
    if (!f)
        return;
    for (int k = 0; k < f->n_members; k++)
        flx_inference_destroy(f->members[k]);
    flx_column_binding_destroy(f->binding);
    free(f->members);
    free(f->predictions);
    free(f->row);
    free(f->mean);
    free(f->spread);
    free(f);
}

flx_inference *flx_target_predictor_graph(flx_target_predictor *f)
{
    return f->members[0];
}

/* Room for the rows that the table has now. */
static flx_status make_room(flx_target_predictor *f, flx_error *error)
{
    int rows = f->table->rows;
    if (rows <= f->capacity)
        return FLX_OK;
    free(f->predictions);
    free(f->mean);
    free(f->spread);
    f->capacity = 0;
    f->predictions = malloc((size_t)f->n_members * (size_t)rows * sizeof(double));
    f->mean = malloc((size_t)rows * sizeof(double));
    f->spread = malloc((size_t)rows * sizeof(double));
    if (!f->predictions || !f->mean || !f->spread)
        return flx_no_memory(error, "%d predictions", rows);
    f->capacity = rows;
    return FLX_OK;
}

/* Whether an input of the row is far outside the training rows. */
static bool is_far(const flx_target_predictor *f, int row)
{
    const flx_predictor *p = f->black_box;
    for (int k = 0; p && k < p->n_features; k++) {
        double low, high;
        if (!flx_ensemble_range(&p->features[k], &low, &high))
            continue;
        double value = flx_column_ref_value(f->binding->inputs[0][p->features[k].input],
                                            f->table, row);
        if (value < low || value > high)
            return true;
    }
    return false;
}

/* mean and spread of all rows of an ensemble. */
static flx_status blend_rows(flx_target_predictor *f, flx_error *error)
{
    size_t rows = (size_t)f->table->rows;
    FLX_TRY(make_room(f, error));
    for (int k = 0; k < f->n_members; k++)
        FLX_TRY(flx_inference_target(f->members[k], f->predictions + (size_t)k * rows,
                                     NULL, error));
    for (size_t r = 0; r < rows; r++) {
        for (int k = 0; k < f->n_members; k++)
            f->row[k] = f->predictions[(size_t)k * rows + r];
        f->mean[r] = flx_ensemble_blend(f->model->ensemble, f->row, is_far(f, (int)r),
                                        &f->spread[r]);
    }
    return FLX_OK;
}

flx_status flx_target_predictor_predict(flx_target_predictor *f, double *mean,
                                        flx_error *error)
{
    if (!f->model->ensemble)
        return flx_inference_target(f->members[0], mean, NULL, error);
    FLX_TRY(blend_rows(f, error));
    for (int r = 0; r < f->table->rows; r++)
        mean[r] = f->mean[r];
    return FLX_OK;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Of the graph: quantiles of draws through it. */
static flx_status sample_intervals(flx_target_predictor *f, double level, int draws,
                                   uint64_t seed, double *lower, double *upper,
                                   flx_error *error)
{
    double tail = 0.5 * (1.0 - level);
    int rows = f->table->rows;
    FLX_SCOPED double *samples = malloc((size_t)rows * (size_t)draws * sizeof *samples);
    if (!samples)
        return flx_no_memory(error, "%d x %d samples", rows, draws);
    FLX_TRY(flx_inference_sample(f->members[0], draws, seed, samples, error));
    for (int i = 0; i < rows; i++) {
        double *row = samples + (size_t)i * (size_t)draws;
        qsort(row, (size_t)draws, sizeof *row, compare_doubles);
        lower[i] = flx_quantile_sorted(row, draws, tail);
        upper[i] = flx_quantile_sorted(row, draws, 1.0 - tail);
    }
    return FLX_OK;
}

flx_status flx_target_predictor_intervals(flx_target_predictor *f, double level,
                                          int draws, uint64_t seed, double *lower,
                                          double *upper, flx_error *error)
{
    const flx_ensemble *ensemble = f->model->ensemble;
    if (!ensemble) {
        /* Rare levels need more draws than usual to have any in their tails. */
        int needed = (int)fmin(ceil(6.0 / (1.0 - level)), 4096);
        return sample_intervals(f, level, needed > draws ? needed : draws, seed, lower,
                                upper, error);
    }
    FLX_TRY(blend_rows(f, error));
    for (int r = 0; r < f->table->rows; r++) {
        double width = flx_ensemble_width(ensemble, f->spread[r], level);
        lower[r] = fmax(f->mean[r] - width, ensemble->low >= 0 ? 0 : -INFINITY);
        upper[r] = f->mean[r] + width;
    }
    return FLX_OK;
}

flx_status flx_predict_target(const flx_model *model, flx_backend *backend,
                              const flx_dataset *table, double *mean, flx_error *error)
{
    flx_target_predictor *predictor = NULL;
    FLX_TRY(flx_target_predictor_create(model, backend, table, &predictor, error));
    flx_status status = flx_target_predictor_predict(predictor, mean, error);
    flx_target_predictor_destroy(predictor);
    return status;
}
