/* SPDX-License-Identifier: MIT
 * The assignment and its vertices make a small graph of their own, borrowed from the
 * model's: trained like any other, so that missing values, constants and rules are
 * treated as ever. */
#include "host/evaluation/retraining.h"

#include "formats/memory.h"
#include "host/evaluation/fault_localization.h"
#include "host/model.h"
#include "host/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    flx_graph graph;
    flx_learning_assignment *assignments; /* (1) */
} part;

static flx_status cut_part(const flx_graph *graph, int a, part *p, flx_error *error)
{
    flx_vertex *vertices = NULL;
    if (!FLX_NEW(vertices, graph->n_vertices))
        return flx_no_memory(error, "%d vertices", graph->n_vertices);
    p->graph = (flx_graph){
        .n_assignments = 1, .assignments = &graph->assignments[a], .vertices = vertices};
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a) {
            vertices[p->graph.n_vertices] = graph->vertices[v];
            vertices[p->graph.n_vertices++].assignment = 0;
        }
    return FLX_OK;
}

static flx_status train_part(part *p, const flx_model *model, const flx_dataset *recent,
                             flx_backend *backend, flx_error *error)
{
    flx_training_view view = flx_training_view_of(model);
    view.graph = &p->graph;
    view.rows = recent;
    /* Vertices that were fitted to predictions are fitted to measured inputs here: those
     * below them are not part of it. */
    if (view.composition == FLX_SKIP_CONNECTED)
        view.composition = FLX_COMPOSED;
    return flx_train_graph(&view, backend, &p->assignments, error);
}

static void release_part(part *p)
{
    flx_assignments_destroy(p->assignments, 1);
    free(p->graph.vertices);
}

/* Error of the model as it stands over all rows and replicas of the assignment. */
static flx_status measure_old(const flx_model *model, flx_backend *backend,
                              const flx_dataset *recent, int a, flx_retraining *out,
                              flx_error *error)
{
    flx_test_errors *errors = NULL;
    double sum = 0;
    int counted = 0, rows = 0;
    FLX_TRY(flx_vertex_errors_compute(model, backend, recent, &errors, error));
    for (int v = 0; v < model->graph->n_vertices; v++)
        if (model->graph->vertices[v].assignment == a && errors->counted[v] > 0) {
            sum += errors->mae_measured[v] * errors->counted[v];
            counted += errors->counted[v];
            rows = errors->counted[v] > rows ? errors->counted[v] : rows;
        }
    flx_test_errors_destroy(errors);
    out->mae_old = counted ? sum / counted : NAN;
    if (rows < FLX_MIN_ROWS)
        snprintf(out->why_not, sizeof out->why_not,
                 "its output stands in %d of %d recent rows; at least %d are needed",
                 rows, recent->rows, FLX_MIN_ROWS);
    return FLX_OK;
}

static flx_status train_new(part *p, const flx_model *model, const flx_dataset *recent,
                            flx_backend *backend, flx_retraining *out, flx_error *error)
{
    flx_status status = train_part(p, model, recent, backend, error);
    if (status == FLX_NUMERIC) {
        snprintf(out->why_not, sizeof out->why_not, "%.199s", error->message);
        *error = (flx_error){0};
        return FLX_OK;
    }
    FLX_TRY(status);
    const flx_predictor *trained = flx_assignment_leading(p->assignments);
    if (trained->kind == FLX_PREDICTOR_CONSTANT)
        snprintf(out->why_not, sizeof out->why_not,
                 "its output or all of its inputs are constant in the recent rows");
    else
        out->mae_new = trained->loo_mae;
    return FLX_OK;
}

/* The new model moves in; what the assignment hosted is released with the part. */
static void replace(flx_model *model, int a, part *p)
{
    flx_learning_assignment old = model->assignments[a];
    model->assignments[a] = p->assignments[0];
    p->assignments[0] = old;
    flx_ensemble_destroy(model->ensemble);
    model->ensemble = NULL;
}

flx_status flx_retrain_assignment(flx_model *model, flx_backend *backend,
                                  const flx_dataset *recent, int a, flx_retraining *out,
                                  flx_error *error)
{
    *out = (flx_retraining){.mae_old = NAN, .mae_new = NAN};
    FLX_TRY(measure_old(model, backend, recent, a, out, error));
    if (*out->why_not)
        return FLX_OK;
    part p = {0};
    flx_status status = cut_part(model->graph, a, &p, error);
    if (status == FLX_OK)
        status = train_new(&p, model, recent, backend, out, error);
    out->was_replaced = status == FLX_OK && out->mae_new < out->mae_old;
    if (out->was_replaced)
        replace(model, a, &p);
    release_part(&p);
    return status;
}
