/* SPDX-License-Identifier: MIT
 * The model's graph with the inputs of the monolith at every vertex: trained and
 * predicted like any other. Names and inputs are borrowed; only the arrays that hold them
 * are new.
 */
#include "host/evaluation/modularity.h"

#include "formats/memory.h"
#include "host/graph.h"
#include "host/model.h"
#include "host/statistics.h"
#include "host/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_graph *monolith;
    flx_graph graph;
    flx_learning_assignment *assignments;
} wide_graph;

static void release(wide_graph *wide)
{
    flx_assignments_destroy(wide->assignments, wide->graph.n_assignments);
    free(wide->graph.assignments);
    free(wide->graph.vertices);
    flx_graph_destroy(wide->monolith);
}

static flx_status widen(const flx_model *model, wide_graph *wide, flx_error *error)
{
    FLX_TRY(flx_black_box_graph_build(model->deployment, &wide->monolith, error));
    const flx_graph *graph = model->graph;
    size_t assignments = (size_t)graph->n_assignments,
           vertices = (size_t)graph->n_vertices;
    wide->graph = *graph;
    wide->graph.assignments = malloc(assignments * sizeof *graph->assignments);
    wide->graph.vertices = malloc(vertices * sizeof *graph->vertices);
    if (!wide->graph.assignments || !wide->graph.vertices)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu vertices", vertices);
    memcpy(wide->graph.assignments, graph->assignments,
           assignments * sizeof *graph->assignments);
    memcpy(wide->graph.vertices, graph->vertices, vertices * sizeof *graph->vertices);
    for (size_t a = 0; a < assignments; a++) {
        wide->graph.assignments[a].kind = FLX_INSTANCE_VERTEX; /* without a rule */
        wide->graph.assignments[a].n_inputs = wide->monolith->assignments[0].n_inputs;
        wide->graph.assignments[a].inputs = wide->monolith->assignments[0].inputs;
    }
    for (size_t v = 0; v < vertices; v++)
        wide->graph.vertices[v].sources = wide->monolith->vertices[0].sources;
    return FLX_OK;
}

/* R2 of every vertex from its predictions (n_vertices, rows). */
static flx_status compare(flx_fitted_graph fitted, const flx_dataset *table,
                          const double *predicted, double *r2, flx_error *error)
{
    flx_column_binding *binding = NULL;
    double *actual = malloc((size_t)table->rows * sizeof *actual);
    if (!actual)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", table->rows);
    flx_status status = flx_column_binding_create(fitted.graph, fitted.deployment, table,
                                                  &binding, error);
    for (int v = 0; v < fitted.graph->n_vertices && status == FLX_OK; v++) {
        flx_error_metrics accuracy;
        for (int r = 0; r < table->rows; r++)
            actual[r] = flx_column_ref_value(binding->outputs[v], table, r);
        flx_error_metrics_measure(actual, predicted + (size_t)v * (size_t)table->rows,
                                  NULL, NULL, table->rows, &accuracy);
        r2[v] = accuracy.r2;
    }
    flx_column_binding_destroy(binding);
    free(actual);
    return status;
}

static flx_status measure(const flx_model *model, flx_backend *backend,
                          const flx_dataset *table, wide_graph *wide, double *r2,
                          flx_error *error)
{
    FLX_TRY(widen(model, wide, error));
    flx_training_view view = flx_training_view_of(model);
    view.graph = &wide->graph;
    FLX_TRY(flx_train_graph(&view, backend, &wide->assignments, error));
    size_t cells = (size_t)wide->graph.n_vertices * (size_t)table->rows;
    FLX_SCOPED double *predicted = malloc(cells * sizeof *predicted);
    if (!predicted)
        return flx_no_memory(error, "%zu cells", cells);
    flx_fitted_graph fitted = {model->deployment, &wide->graph, wide->assignments};
    FLX_TRY(flx_predict_vertices(fitted, backend, table, FLX_FROM_MEASUREMENTS, predicted,
                                 error));
    return compare(fitted, table, predicted, r2, error);
}

flx_status flx_modularity_measure(const flx_model *model, flx_backend *backend,
                                  const flx_dataset *table, double *r2, flx_error *error)
{
    for (int v = 0; v < model->graph->n_vertices; v++)
        r2[v] = (double)NAN;
    /* Rows of another deployment say nothing of the inputs of this one. */
    if (!flx_model_rows_are_current(model))
        return FLX_OK;
    wide_graph wide = {0};
    flx_status status = measure(model, backend, table, &wide, r2, error);
    release(&wide);
    return status;
}

bool flx_modularity_fails(double r2_own_inputs, double r2_all_inputs)
{
    return r2_all_inputs > 0.2 && r2_all_inputs > fmax(r2_own_inputs, 0) + 0.2;
}
