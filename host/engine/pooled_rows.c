/* SPDX-License-Identifier: MIT */
#include "host/engine/pooled_rows.h"

#include "formats/memory.h"
#include "host/graph.h"

#include <math.h>
#include <stdlib.h>

/* The deployment with the replicas that the ensemble was trained at; texts are shared. */
static bool go_back(flx_pooled_rows *r)
{
    size_t services = (size_t)r->model->deployment->n_services;
    r->before = *r->model->deployment;
    r->before.services = malloc(services * sizeof *r->before.services);
    for (size_t s = 0; s < services && r->before.services; s++) {
        r->before.services[s] = r->model->deployment->services[s];
        r->before.services[s].replicas = r->model->ensemble->replicas[s];
    }
    return r->before.services != NULL;
}

static flx_status name_columns(flx_pooled_rows *r, flx_error *error)
{
    const flx_graph_assignment *assignment = &r->now->assignments[0];
    const flx_vertex *vertex = &r->now->vertices[0];
    for (int i = 0; i < assignment->n_inputs; i++)
        FLX_TRY(flx_dataset_name_column(r->stacked, i, vertex->sources[i].column,
                                        assignment->inputs[i].kind, "", error));
    return flx_dataset_name_column(r->stacked, assignment->n_inputs, vertex->name,
                                   FLX_METRIC, flx_model_unit(r->model), error);
}

/* Appends the rows of one table that have a target. `since`: the last input's value. */
static flx_status stack(flx_pooled_rows *r, const flx_graph *graph,
                        const flx_deployment *deployment, const flx_dataset *table,
                        double since, flx_error *error)
{
    flx_column_binding *binding = NULL;
    size_t width = (size_t)r->stacked->n_columns;
    FLX_TRY(flx_column_binding_create(graph, deployment, table, &binding, error));
    for (int row = 0; row < table->rows; row++) {
        double y = flx_column_ref_value(binding->outputs[0], table, row);
        if (isnan(y))
            continue;
        if (r->stacked->group)
            r->stacked->group[r->stacked->rows] = table->group ? table->group[row] : row;
        double *cells = r->stacked->values + (size_t)r->stacked->rows++ * width;
        for (size_t i = 0; i + 2 < width; i++)
            cells[i] = flx_column_ref_value(binding->inputs[0][i], table, row);
        cells[width - 2] = since;
        cells[width - 1] = y;
    }
    flx_column_binding_destroy(binding);
    return FLX_OK;
}

static flx_status stack_all(flx_pooled_rows *r, flx_error *error)
{
    const flx_model *model = r->model;
    int inputs = r->now->assignments[0].n_inputs;
    FLX_TRY(flx_dataset_create(model->rows->rows + r->fresh->rows, inputs + 1,
                               &r->stacked, error));
    FLX_TRY(name_columns(r, error));
    if (r->fresh->group && !FLX_NEW(r->stacked->group, r->stacked->rows))
        return flx_no_memory(error, "the groups of %d rows", r->stacked->rows);
    r->stacked->rows = 0;
    FLX_TRY(stack(r, r->then, &r->before, model->rows, 0, error));
    int old = r->stacked->rows;
    FLX_TRY(stack(r, r->now, model->deployment, r->fresh, 1, error));
    r->n_fresh = r->stacked->rows - old;
    return FLX_OK;
}

flx_status flx_pooled_rows_open(const flx_model *model, const flx_dataset *fresh,
                                flx_pooled_rows *r, flx_error *error)
{
    const int *replicas = model->ensemble->replicas;
    *r = (flx_pooled_rows){.model = model, .fresh = fresh};
    if (!go_back(r))
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a deployment");
    FLX_TRY(flx_black_box_graph_build_for(&r->before, replicas, true, &r->then, error));
    FLX_TRY(
        flx_black_box_graph_build_for(model->deployment, replicas, true, &r->now, error));
    return stack_all(r, error);
}

void flx_pooled_rows_close(flx_pooled_rows *r)
{
    flx_graph_destroy(r->then);
    flx_graph_destroy(r->now);
    flx_dataset_destroy(r->stacked);
    free(r->before.services);
    *r = (flx_pooled_rows){0};
}
