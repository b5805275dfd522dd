/* SPDX-License-Identifier: MIT
 * The assignment and its vertices make a small graph of their own, borrowed from the
 * model's: trained like any other, so that missing values, constants and rules are
 * treated as ever. */
#include "host/evaluation/retraining.h"

#include "host/evaluation/fault_localization.h"
#include "host/model.h"
#include "host/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    flx_graph graph;
    flx_model model;
} part;

static flx_status cut_part(const flx_model *model, const flx_dataset *recent, int a,
                           part *p, flx_error *error)
{
    const flx_graph *graph = model->graph;
    flx_vertex *vertices = malloc((size_t)graph->n_vertices * sizeof *vertices);
    flx_dataset *rows = (flx_dataset *)recent; /* training reads them only */
    if (!vertices)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d vertices",
                        graph->n_vertices);
    p->graph = (flx_graph){
        .n_assignments = 1, .assignments = &graph->assignments[a], .vertices = vertices};
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a) {
            vertices[p->graph.n_vertices] = graph->vertices[v];
            vertices[p->graph.n_vertices++].assignment = 0;
        }
    /* Vertices that were taught on predictions are taught on measured inputs here: those
     * below them are not part of it. */
    flx_composition composition =
        model->composition == FLX_SKIP_CONNECTED ? FLX_COMPOSED : model->composition;
    p->model = (flx_model){.composition = composition,
                           .prior = model->prior,
                           .covariance = model->covariance,
                           .paper_mode = model->paper_mode,
                           .wants_log = model->wants_log,
                           .deployment = model->deployment,
                           .graph = &p->graph,
                           .rows = rows};
    return FLX_OK;
}

static void release_part(part *p)
{
    if (p->model.assignments)
        flx_assignment_clear(p->model.assignments);
    for (int i = 0; i < p->model.n_warnings; i++) {
        free(p->model.warnings[i].assignment);
        free(p->model.warnings[i].text);
    }
    free(p->model.assignments);
    free(p->model.warnings);
    free(p->graph.vertices);
}

/* As training has it: fewer rows say nothing of a function. */
enum { FEWEST_ROWS = 5 };

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
    if (rows < FEWEST_ROWS)
        snprintf(out->why_not, sizeof out->why_not,
                 "its output stands in %d of %d recent rows; at least %d are needed",
                 rows, recent->rows, FEWEST_ROWS);
    return FLX_OK;
}

static flx_status train_new(part *p, flx_backend *backend, flx_retraining *out,
                            flx_error *error)
{
    flx_training_report report;
    flx_fit_options options = {0};
    flx_status status = flx_train_model(&p->model, backend, &options, &report, error);
    if (status == FLX_NUMERIC) {
        snprintf(out->why_not, sizeof out->why_not, "%.199s", error->message);
        *error = (flx_error){0};
        return FLX_OK;
    }
    FLX_TRY(status);
    const flx_predictor *trained = flx_model_leading(&p->model, 0);
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
    model->assignments[a] = p->model.assignments[0];
    p->model.assignments[0] = old;
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
    flx_status status = cut_part(model, recent, a, &p, error);
    if (status == FLX_OK)
        status = train_new(&p, backend, out, error);
    out->was_replaced = status == FLX_OK && out->mae_new < out->mae_old;
    if (out->was_replaced)
        replace(model, a, &p);
    release_part(&p);
    return status;
}
