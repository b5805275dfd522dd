/* SPDX-License-Identifier: MIT */
#include "host/engine/original_rows.h"

#include "host/engine/model_transfer.h"

#include <math.h>
#include <stdlib.h>

struct flx_original_rows {
    const flx_model *model;
    flx_deployment deployment; /* as then: services are copied, what they hold borrowed */
    flx_graph *graph;          /* as then */
    flx_training_view then;
    flx_column_binding *binding;
};

/* A service of which the rows do not speak stands with one instance; it is left out when
 * wanted. */
static bool copy_deployment(flx_original_rows *kept)
{
    const flx_model *model = kept->model;
    size_t count = (size_t)model->deployment->n_services;
    kept->deployment = *model->deployment;
    kept->deployment.services = malloc((count + 1) * sizeof *kept->deployment.services);
    if (!kept->deployment.services)
        return false;
    for (size_t s = 0; s < count; s++) {
        kept->deployment.services[s] = model->deployment->services[s];
        if (model->row_replicas)
            kept->deployment.services[s].replicas =
                model->row_replicas[s] > 0 ? model->row_replicas[s] : 1;
    }
    return true;
}

flx_status flx_original_rows_open(const flx_model *model, flx_original_rows **out,
                                  flx_error *error)
{
    *out = NULL;
    if (!model->rows)
        return FLX_OK;
    flx_original_rows *kept = calloc(1, sizeof *kept);
    if (kept)
        kept->model = model;
    if (!kept || !copy_deployment(kept)) {
        free(kept);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for the rows of a model");
    }
    flx_graph_scope scope = flx_graph_scope_of(model->graph);
    flx_status status =
        flx_model_build_graph(&kept->deployment, model->composition, model->paper_mode,
                              &scope, &kept->graph, error);
    if (status == FLX_OK)
        status = flx_column_binding_create(kept->graph, &kept->deployment, model->rows,
                                           &kept->binding, error);
    kept->then = flx_training_view_of(model);
    kept->then.deployment = &kept->deployment;
    kept->then.graph = kept->graph;
    if (status == FLX_OK)
        *out = kept;
    else
        flx_original_rows_close(kept);
    return status;
}

void flx_original_rows_close(flx_original_rows *kept)
{
    if (!kept)
        return;
    flx_column_binding_destroy(kept->binding);
    flx_graph_destroy(kept->graph);
    free(kept->deployment.services);
    free(kept);
}

/* The column that stood for a label of one instance among today's when the service had
 * `then` of them: they take turns. -1 where there is none. */
static int find_before(const flx_original_rows *kept, const char *label, int then)
{
    const flx_deployment *deployment = kept->model->deployment;
    flx_column_place place;
    if (!flx_column_parse(deployment, label, &place) || place.instance < 0)
        return -1;
    char *name =
        flx_column_text(deployment->services[place.service].name, place.operation,
                        then > 1 ? place.instance % then : -1, place.name);
    int column = name ? flx_dataset_find(kept->model->rows, name) : -1;
    free(name);
    return column;
}

static double cell(const flx_dataset *rows, int row, int column)
{
    return column < 0
               ? (double)NAN
               : rows->values[(size_t)row * (size_t)rows->n_columns + (size_t)column];
}

/* What a service-vertex can learn from fewer instances: had there been as many as today,
 * each doing what those did, the service would have shown the same. */
static flx_status resample_replicas(const flx_original_rows *kept,
                                    const flx_graph_assignment *now, int then,
                                    flx_training_set *set, flx_error *error)
{
    const flx_dataset *rows = kept->model->rows;
    const flx_service *service = &kept->model->deployment->services[now->service];
    size_t width = (size_t)now->n_inputs, most = (size_t)rows->rows + 1;
    char *name = flx_column_text(service->name, service->operations[now->operation].name,
                                 -1, now->metric);
    int *columns = malloc((width + 1) * sizeof *columns);
    set->raw = malloc((most * width + 1) * sizeof(double));
    set->y = malloc(most * sizeof(double));
    bool is_whole = name && columns && set->raw && set->y;
    int shown = is_whole ? flx_dataset_find(rows, name) : -1;
    for (size_t i = 0; i < width && is_whole; i++)
        columns[i] = find_before(kept, now->inputs[i].label, then);
    for (int r = 0; r < rows->rows && is_whole; r++) {
        double y = cell(rows, r, shown);
        for (size_t i = 0; i < width; i++)
            set->raw[(size_t)set->n * width + i] = cell(rows, r, columns[i]);
        if (!isnan(y))
            set->y[set->n++] = y;
    }
    free(name);
    free(columns);
    return is_whole ? FLX_OK
                    : flx_fail(error, FLX_NO_MEMORY, "%s: out of memory", now->name);
}

flx_status flx_original_rows_gather(const flx_original_rows *kept, int a,
                                    flx_training_set *set, flx_error *error)
{
    *set = (flx_training_set){0};
    if (!kept)
        return FLX_OK;
    const flx_graph_assignment *now = &kept->model->graph->assignments[a];
    int replicas = kept->deployment.services[now->service].replicas;
    if (kept->model->row_replicas && kept->model->row_replicas[now->service] == 0)
        return FLX_OK;
    int then = flx_graph_find_assignment(kept->graph, now->name);
    if (then >= 0 && flx_labels_agree(now, &kept->graph->assignments[then]))
        return flx_training_set_build(&kept->then, kept->binding, then, set, error);
    return now->kind == FLX_SERVICE_VERTEX
               ? resample_replicas(kept, now, replicas, set, error)
               : FLX_OK;
}
