/* SPDX-License-Identifier: MIT */
#include "host/evaluation/fault_localization.h"

#include "host/graph.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>

void flx_test_errors_destroy(flx_test_errors *errors)
{
    if (!errors)
        return;
    free(errors->error);
    free(errors->mae);
    free(errors->mae_measured);
    free(errors->counted);
    free(errors);
}

static flx_status create_errors(int n_vertices, int rows, flx_test_errors **out,
                                flx_error *error)
{
    size_t vertices = (size_t)n_vertices;
    flx_test_errors *errors = calloc(1, sizeof *errors);
    *out = NULL;
    if (errors) {
        errors->n_vertices = n_vertices;
        errors->rows = rows;
        errors->error = malloc((vertices * (size_t)rows + 1) * sizeof(double));
        errors->mae = calloc(vertices, sizeof(double));
        errors->mae_measured = calloc(vertices, sizeof(double));
        errors->counted = calloc(vertices, sizeof(int));
    }
    if (!errors || !errors->error || !errors->mae || !errors->mae_measured ||
        !errors->counted) {
        flx_test_errors_destroy(errors);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d vertices x %d rows",
                        n_vertices, rows);
    }
    *out = errors;
    return FLX_OK;
}

/* Turns the predictions in errors->error into errors and fills `mae` with their means. */
static void measure_errors(const flx_column_binding *binding, const flx_dataset *table,
                           flx_test_errors *errors, double *mae)
{
    for (int v = 0; v < errors->n_vertices; v++) {
        double *row = errors->error + (size_t)v * (size_t)errors->rows, sum = 0;
        int counted = 0;
        for (int i = 0; i < errors->rows; i++) {
            row[i] = fabs(row[i] - flx_column_ref_value(binding->outputs[v], table, i));
            if (isnan(row[i]))
                continue;
            sum += row[i];
            counted++;
        }
        mae[v] = counted ? sum / counted : NAN;
        errors->counted[v] = counted;
    }
}

static flx_status predict_and_measure(flx_inference *inference,
                                      const flx_column_binding *binding,
                                      const flx_dataset *table, flx_test_errors *errors,
                                      flx_error *error)
{
    errors->n_absent = flx_inference_count_absent(inference, &errors->n_read);
    FLX_TRY(flx_inference_vertices(inference, FLX_FROM_MEASUREMENTS, errors->error, NULL,
                                   error));
    measure_errors(binding, table, errors, errors->mae_measured);
    FLX_TRY(flx_inference_vertices(inference, FLX_FROM_PREDICTIONS, errors->error, NULL,
                                   error));
    measure_errors(binding, table, errors, errors->mae);
    return FLX_OK;
}

flx_status flx_vertex_errors_compute(const flx_model *model, flx_backend *backend,
                                     const flx_dataset *table, flx_test_errors **out,
                                     flx_error *error)
{
    const flx_graph *graph = model->graph;
    flx_inference *inference = NULL;
    flx_column_binding *binding = NULL;
    flx_test_errors *errors = NULL;
    *out = NULL;
    FLX_TRY(create_errors(graph->n_vertices, table->rows, &errors, error));
    flx_status status =
        flx_column_binding_create(graph, model->deployment, table, &binding, error);
    if (status == FLX_OK)
        status = flx_inference_create(flx_model_graph(model), backend, table, &inference,
                                      error);
    if (status == FLX_OK)
        status = predict_and_measure(inference, binding, table, errors, error);
    flx_inference_destroy(inference);
    flx_column_binding_destroy(binding);
    if (status == FLX_OK)
        *out = errors;
    else
        flx_test_errors_destroy(errors);
    return status;
}

void flx_fault_path_destroy(flx_fault_path *fault)
{
    if (!fault)
        return;
    free(fault->r);
    free(fault->path);
    free(fault);
}

static void correlate(const flx_graph *graph, const flx_test_errors *errors, double *r)
{
    size_t rows = (size_t)errors->rows;
    for (int e = 0; e < graph->n_edges; e++) {
        const double *parent = errors->error + (size_t)graph->edges[e][0] * rows;
        const double *child = errors->error + (size_t)graph->edges[e][1] * rows;
        r[e] = flx_pearson(parent, child, errors->rows);
        if (!isfinite(r[e]))
            r[e] = 0.0; /* says as little as a constant */
    }
}

/* The parent with the largest r above `best` among those not yet visited, or -1. */
static int top_parent(const flx_graph *graph, const double *r, double best,
                      const bool *is_visited, int child)
{
    int top = -1;
    for (int e = 0; e < graph->n_edges; e++) {
        int parent = graph->edges[e][0];
        if (graph->edges[e][1] != child || is_visited[parent])
            continue;
        if (r[e] > best || (r[e] == best && top > parent)) {
            best = r[e];
            top = parent;
        }
    }
    return top;
}

/* Depth-first from the output; the path is the stack. */
static void search(const flx_graph *graph, const flx_fault_search_rule *rule,
                   bool *is_visited, flx_fault_path *d)
{
    const bool *is_excluded = rule->is_excluded;
    d->vertex = -1;
    d->path[0] = graph->output;
    d->n_path = 1;
    is_visited[graph->output] = true;
    while (d->n_path > 0) {
        int current = d->path[d->n_path - 1];
        int parent = top_parent(graph, d->r, rule->min_correlation, is_visited, current);
        if (parent >= 0) {
            is_visited[parent] = true;
            d->path[d->n_path++] = parent;
        } else if (is_excluded && is_excluded[graph->vertices[current].assignment]) {
            d->n_path--;
        } else {
            d->vertex = current;
            return;
        }
    }
}

flx_status flx_fault_localize(const flx_graph *graph, const flx_test_errors *errors,
                              const flx_fault_search_rule *rule, flx_fault_path **out,
                              flx_error *error)
{
    *out = NULL;
    if (errors->counted[graph->output] == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the table has no value of the target %s in any of its %d rows",
                        graph->vertices[graph->output].name, errors->rows);
    size_t vertices = (size_t)graph->n_vertices;
    bool *is_visited = calloc(vertices, sizeof *is_visited);
    flx_fault_path *d = calloc(1, sizeof *d);
    if (d) {
        d->n_edges = graph->n_edges;
        d->r = malloc(((size_t)graph->n_edges + 1) * sizeof(double));
        d->path = malloc(vertices * sizeof(int));
    }
    if (!is_visited || !d || !d->r || !d->path) {
        free(is_visited);
        flx_fault_path_destroy(d);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu vertices", vertices);
    }
    correlate(graph, errors, d->r);
    static const flx_fault_search_rule paper = {0};
    search(graph, rule ? rule : &paper, is_visited, d);
    free(is_visited);
    *out = d;
    return FLX_OK;
}
