/* SPDX-License-Identifier: MIT */
#include "host/model/row_batch.h"

#include <stdlib.h>

const flx_learning_assignment *flx_row_batch_models(const flx_row_batch *batch,
                                                    int vertex)
{
    const flx_inference *inference = batch->inference;
    return &inference->assignments[inference->graph->vertices[vertex].assignment];
}

void flx_row_batch_collect(const flx_row_batch *batch, int vertex, int column,
                           double *raw)
{
    const flx_graph *graph = batch->inference->graph;
    const flx_vertex *v = &graph->vertices[vertex];
    const flx_column_ref *cells = batch->inference->binding->inputs[vertex];
    int n = graph->assignments[v->assignment].n_inputs;
    for (int i = 0; i < n; i++) {
        int from = v->sources[i].vertex;
        if (from >= 0 && batch->source == FLX_FROM_PREDICTIONS)
            raw[i] = batch->value[(size_t)from * (size_t)batch->columns + (size_t)column];
        else
            raw[i] = flx_column_ref_value(cells[i], batch->inference->table,
                                          batch->first + column / batch->samples);
    }
}

int flx_row_batch_points(const flx_row_batch *batch, int vertex)
{
    bool is_leaf = batch->inference->graph->vertices[vertex].level == 0 ||
                   batch->source == FLX_FROM_MEASUREMENTS;
    return is_leaf ? batch->rows : batch->columns;
}

void flx_row_batch_release(flx_row_batch *batch)
{
    free(batch->value);
    free(batch->variance);
    free(batch->X);
    free(batch->mean);
    free(batch->spread);
    free(batch->slopes);
    free(batch->slots);
    free(batch->queries);
    *batch = (flx_row_batch){0};
}

/* Points, inputs and slopes of the queries of a vertex. */
static void add_needs(const flx_row_batch *batch, int vertex, size_t columns,
                      size_t sum[3])
{
    const flx_learning_assignment *hosted = flx_row_batch_models(batch, vertex);
    for (int k = 0; k < hosted->n_models; k++) {
        const flx_predictor *p = &hosted->models[k].predictor;
        sum[0] += columns;
        sum[1] += columns * (size_t)p->n_features;
        sum[2] += columns * (size_t)p->n_metrics;
    }
}

flx_status flx_row_batch_create(const flx_inference *inference, int rows, int samples,
                                bool wants_variance, flx_row_batch *batch,
                                flx_error *error)
{
    const flx_graph *graph = inference->graph;
    size_t columns = (size_t)rows * (size_t)samples, widest[3] = {1, 1, 1};
    size_t vertices = (size_t)graph->n_vertices;
    *batch = (flx_row_batch){.inference = inference,
                             .samples = samples,
                             .threads = inference->backend->threads,
                             .wants_variance = wants_variance || samples > 1};
    for (int level = 0; level < graph->n_levels; level++) {
        size_t sum[3] = {0, 0, 0};
        for (int v = graph->level_start[level]; v < graph->level_start[level + 1]; v++)
            add_needs(batch, v, columns, sum);
        for (int k = 0; k < 3; k++)
            widest[k] = sum[k] > widest[k] ? sum[k] : widest[k];
    }
    batch->value = malloc(vertices * columns * sizeof(double));
    bool keeps_variance = wants_variance && samples == 1;
    if (keeps_variance)
        batch->variance = malloc(vertices * columns * sizeof(double));
    batch->mean = malloc(widest[0] * sizeof(double));
    batch->spread = calloc(widest[0], sizeof(double));
    batch->X = malloc(widest[1] * sizeof(double));
    batch->slopes = malloc(widest[2] * sizeof(double));
    batch->slots = calloc((size_t)inference->n_slots, sizeof *batch->slots);
    batch->queries = calloc((size_t)inference->n_slots, sizeof *batch->queries);
    if (batch->value && (batch->variance || !keeps_variance) && batch->mean &&
        batch->spread && batch->X && batch->slopes && batch->slots && batch->queries)
        return FLX_OK;
    flx_row_batch_release(batch);
    return flx_fail(error, FLX_NO_MEMORY,
                    "out of memory for %zu predictions of %zu vertices", columns,
                    vertices);
}
