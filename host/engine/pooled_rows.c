/* SPDX-License-Identifier: MIT */
#include "host/engine/pooled_rows.h"

#include "formats/memory.h"
#include "host/graph.h"

#include <math.h>
#include <stdlib.h>

/* The deployment with the replicas that the ensemble was trained at; texts are shared. */
static bool copy_deployment(flx_pooled_rows *r)
{
    size_t services = (size_t)r->model->deployment->n_services;
    r->deployment_before = *r->model->deployment;
    r->deployment_before.services =
        malloc(services * sizeof *r->deployment_before.services);
    for (size_t s = 0; s < services && r->deployment_before.services; s++) {
        r->deployment_before.services[s] = r->model->deployment->services[s];
        r->deployment_before.services[s].replicas = r->model->ensemble->replicas[s];
    }
    return r->deployment_before.services != NULL;
}

static flx_status name_columns(flx_pooled_rows *r, flx_error *error)
{
    const flx_graph_assignment *assignment = &r->graph_after->assignments[0];
    const flx_vertex *vertex = &r->graph_after->vertices[0];
    for (int i = 0; i < assignment->n_inputs; i++)
        FLX_TRY(flx_dataset_name_column(r->stacked, i, vertex->sources[i].column,
                                        assignment->inputs[i].kind, "", error));
    return flx_dataset_name_column(r->stacked, assignment->n_inputs, vertex->name,
                                   FLX_METRIC, flx_model_unit(r->model), error);
}

/* Appends the rows of one table that have a target. `changed`: the last input's value. */
static flx_status append_rows(flx_pooled_rows *r, const flx_graph *graph,
                              const flx_deployment *deployment, const flx_dataset *table,
                              double changed, flx_error *error)
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
        cells[width - 2] = changed;
        cells[width - 1] = y;
    }
    flx_column_binding_destroy(binding);
    return FLX_OK;
}

static flx_status append_both(flx_pooled_rows *r, flx_error *error)
{
    const flx_model *model = r->model;
    int inputs = r->graph_after->assignments[0].n_inputs;
    FLX_TRY(flx_dataset_create(model->rows->rows + r->fresh->rows, inputs + 1,
                               &r->stacked, error));
    FLX_TRY(name_columns(r, error));
    if (r->fresh->group && !FLX_NEW(r->stacked->group, r->stacked->rows))
        return flx_no_memory(error, "the groups of %d rows", r->stacked->rows);
    r->stacked->rows = 0;
    FLX_TRY(
        append_rows(r, r->graph_before, &r->deployment_before, model->rows, 0, error));
    int old = r->stacked->rows;
    FLX_TRY(append_rows(r, r->graph_after, model->deployment, r->fresh, 1, error));
    r->n_fresh = r->stacked->rows - old;
    return FLX_OK;
}

flx_status flx_pooled_rows_open(const flx_model *model, const flx_dataset *fresh,
                                flx_pooled_rows *r, flx_error *error)
{
    const int *replicas = model->ensemble->replicas;
    *r = (flx_pooled_rows){.model = model, .fresh = fresh};
    if (!copy_deployment(r))
        return flx_no_memory(error, "a deployment");
    FLX_TRY(flx_black_box_graph_build_for(&r->deployment_before, replicas, true,
                                          &r->graph_before, error));
    FLX_TRY(flx_black_box_graph_build_for(model->deployment, replicas, true,
                                          &r->graph_after, error));
    return append_both(r, error);
}

void flx_pooled_rows_close(flx_pooled_rows *r)
{
    flx_graph_destroy(r->graph_before);
    flx_graph_destroy(r->graph_after);
    flx_dataset_destroy(r->stacked);
    free(r->deployment_before.services);
    *r = (flx_pooled_rows){0};
}
