/* SPDX-License-Identifier: MIT */
#include "host/model/row_batch.h"

#include <stdlib.h>

const flx_learning_assignment *flx_row_batch_hosting(const flx_row_batch *c, int vertex)
{
    const flx_inference *inference = c->inference;
    return &inference->assignments[inference->graph->vertices[vertex].assignment];
}

void flx_row_batch_collect(const flx_row_batch *c, int vertex, int column, double *raw)
{
    const flx_graph *graph = c->inference->graph;
    const flx_vertex *v = &graph->vertices[vertex];
    const flx_column_ref *cells = c->inference->binding->inputs[vertex];
    int n = graph->assignments[v->assignment].n_inputs;
    for (int i = 0; i < n; i++) {
        int from = v->sources[i].vertex;
        if (from >= 0 && c->source == FLX_FROM_PREDICTIONS)
            raw[i] = c->value[(size_t)from * (size_t)c->columns + (size_t)column];
        else
            raw[i] = flx_column_ref_value(cells[i], c->inference->table,
                                          c->first + column / c->samples);
    }
}

int flx_row_batch_points(const flx_row_batch *c, int vertex)
{
    bool is_leaf = c->inference->graph->vertices[vertex].level == 0 ||
                   c->source == FLX_FROM_MEASUREMENTS;
    return is_leaf ? c->rows : c->columns;
}

void flx_row_batch_release(flx_row_batch *c)
{
    free(c->value);
    free(c->variance);
    free(c->X);
    free(c->mean);
    free(c->spread);
    free(c->slopes);
    free(c->slots);
    free(c->queries);
    *c = (flx_row_batch){0};
}

/* Points, inputs and slopes that a vertex asks for. */
static void add_needs(const flx_row_batch *c, int vertex, size_t columns, size_t sum[3])
{
    const flx_learning_assignment *hosting = flx_row_batch_hosting(c, vertex);
    for (int k = 0; k < hosting->n_models; k++) {
        const flx_predictor *p = &hosting->models[k].predictor;
        sum[0] += columns;
        sum[1] += columns * (size_t)p->n_features;
        sum[2] += columns * (size_t)p->n_metrics;
    }
}

flx_status flx_row_batch_create(const flx_inference *inference, int rows, int samples,
                                bool wants_variance, flx_row_batch *c, flx_error *error)
{
    const flx_graph *graph = inference->graph;
    size_t columns = (size_t)rows * (size_t)samples, widest[3] = {1, 1, 1};
    size_t vertices = (size_t)graph->n_vertices;
    *c = (flx_row_batch){.inference = inference,
                         .samples = samples,
                         .threads = inference->backend->threads,
                         .wants_variance = wants_variance || samples > 1};
    for (int level = 0; level < graph->n_levels; level++) {
        size_t sum[3] = {0, 0, 0};
        for (int v = graph->level_start[level]; v < graph->level_start[level + 1]; v++)
            add_needs(c, v, columns, sum);
        for (int k = 0; k < 3; k++)
            widest[k] = sum[k] > widest[k] ? sum[k] : widest[k];
    }
    c->value = malloc(vertices * columns * sizeof(double));
    bool keeps_variance = wants_variance && samples == 1;
    if (keeps_variance)
        c->variance = malloc(vertices * columns * sizeof(double));
    c->mean = malloc(widest[0] * sizeof(double));
    c->spread = calloc(widest[0], sizeof(double));
    c->X = malloc(widest[1] * sizeof(double));
    c->slopes = malloc(widest[2] * sizeof(double));
    c->slots = calloc((size_t)inference->n_slots, sizeof *c->slots);
    c->queries = calloc((size_t)inference->n_slots, sizeof *c->queries);
    if (c->value && (c->variance || !keeps_variance) && c->mean && c->spread && c->X &&
        c->slopes && c->slots && c->queries)
        return FLX_OK;
    flx_row_batch_release(c);
    return flx_fail(error, FLX_NO_MEMORY,
                    "out of memory for %zu predictions of %zu vertices", columns,
                    vertices);
}
