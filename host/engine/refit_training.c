/* SPDX-License-Identifier: MIT
 * What a refit is fitted on and fits: new rows, as measured and as the graph predicts
 * their inputs, old rows, and one batch of fits for all folds of all assignments. */
#include "formats/memory.h"
#include "host/engine/original_rows.h"
#include "host/engine/refit_batch.h"
#include "host/model.h"

#include <stdlib.h>
#include <string.h>

static flx_status gather_fresh(flx_refit_batch *s, flx_error *error)
{
    flx_training_view view = flx_training_view_of(s->model);
    flx_column_binding *binding = NULL;
    view.rows = s->rows;
    FLX_TRY(flx_column_binding_create(s->model->graph, s->model->deployment, s->rows,
                                      &binding, error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++) {
        flx_refit_case *one = &s->cases[i];
        status =
            flx_training_set_build(&view, binding, s->assignments[i], &one->fresh, error);
        s->reports[i].rows = one->fresh.n;
        if (one->fresh.n == 0 ||
            (one->fresh.n < FLX_MIN_ROWS && one->hosting->n_models > 0))
            flx_refit_batch_skip(
                s, i, "only %d of the rows have its output, 5 are needed", one->fresh.n);
    }
    flx_column_binding_destroy(binding);
    return status;
}

/* Metrics among the inputs become what the graph predicts; values (vertices, rows) or
 * NULL. */
static flx_status fill_predicted(flx_refit_batch *s, flx_refit_case *one,
                                 const double *values, flx_error *error)
{
    size_t width = (size_t)one->assignment->n_inputs, n = (size_t)one->fresh.n;
    one->predicted_inputs = malloc((n * width + 1) * sizeof *one->predicted_inputs);
    if (!one->predicted_inputs)
        return flx_refit_batch_out_of_memory(error);
    memcpy(one->predicted_inputs, one->fresh.raw,
           n * width * sizeof *one->predicted_inputs);
    for (size_t i = 0; i < n && values; i++) {
        const flx_vertex *vertex = &s->model->graph->vertices[one->fresh.vertex[i]];
        for (size_t k = 0; k < width; k++)
            if (vertex->sources[k].vertex >= 0)
                one->predicted_inputs[i * width + k] =
                    values[(size_t)vertex->sources[k].vertex * (size_t)s->rows->rows +
                           (size_t)one->fresh.row[i]];
    }
    return FLX_OK;
}

static flx_status predict_all(flx_refit_batch *s, double **values, flx_error *error)
{
    *values = NULL;
    if (flx_fitted_graph_find_empty(flx_model_graph(s->model)) >= 0)
        return FLX_OK;
    size_t cells = (size_t)s->model->graph->n_vertices * (size_t)s->rows->rows;
    FLX_SCOPED double *mean = malloc((cells + 1) * sizeof *mean);
    if (!mean)
        return flx_refit_batch_out_of_memory(error);
    FLX_TRY(flx_predict_vertices(flx_model_graph(s->model), s->backend, s->rows,
                                 FLX_FROM_PREDICTIONS, mean, error));
    *values = mean;
    mean = NULL;
    return FLX_OK;
}

static flx_status predict_inputs(flx_refit_batch *s, flx_error *error)
{
    double *values = NULL;
    FLX_TRY(predict_all(s, &values, error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++)
        status = fill_predicted(s, &s->cases[i], values, error);
    free(values);
    return status;
}

static flx_status build_training_sets(flx_refit_batch *s, flx_error *error)
{
    flx_original_rows *kept = NULL;
    FLX_TRY(flx_original_rows_open(s->model, &kept, error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++) {
        flx_training_set old = {0};
        if (!flx_refit_batch_is_open(s, i))
            continue;
        status =
            flx_refit_assign_folds(&s->cases[i], s->rows->group, s->options->seed, error);
        if (status == FLX_OK && !s->options->only_weights &&
            flx_refit_wants_original_rows(&s->cases[i], s->model))
            status = flx_original_rows_gather(kept, s->assignments[i], &old, error);
        s->reports[i].retained_rows = old.n;
        if (status == FLX_OK && !s->options->only_weights)
            status = flx_refit_fit_candidates(&s->cases[i], &old, error);
        flx_training_set_clear(&old);
    }
    flx_original_rows_close(kept);
    return status;
}

/* --- What is fitted --- */

static flx_status fit_all(flx_refit_batch *s, flx_error *error)
{
    const flx_training_view view = flx_training_view_of(s->model);
    const flx_fit_options options = {.progress = s->options->progress};
    FLX_SCOPED flx_assignment_fit **fits = NULL;
    flx_training_report report = {0};
    int count = 0;
    if (!FLX_NEW(fits, s->count * (FLX_REFIT_FOLDS + 1)))
        return flx_refit_batch_out_of_memory(error);
    for (int i = 0; i < s->count; i++) {
        flx_refit_case *one = &s->cases[i];
        for (int f = 0; f <= one->n_folds && flx_refit_batch_is_open(s, i); f++) {
            fits[count++] = &one->fits[f];
            FLX_TRY(flx_assignment_fit_submit(&one->fits[f], &view,
                                              &(flx_assignment_fit_options){0}, error));
        }
    }
    return flx_assignment_fits_run(fits, count, s->backend, &options, &report, error);
}

flx_status flx_refit_batch_train(flx_refit_batch *s, flx_error *error)
{
    FLX_TRY(gather_fresh(s, error));
    FLX_TRY(predict_inputs(s, error));
    FLX_TRY(build_training_sets(s, error));
    return s->options->only_weights ? FLX_OK : fit_all(s, error);
}
