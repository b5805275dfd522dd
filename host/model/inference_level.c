/* SPDX-License-Identifier: MIT
 * One level of the graph for one batch of rows: queries laid out and filled,
 * predicted kind by kind, and turned into values. */
#include "host/model/row_batch.h"

#include "host/model/feature_transform.h"
#include "host/regression.h"

#include <stdlib.h>

enum { BLOCK_COLUMNS = 256 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static bool wants_slopes(const flx_row_batch *batch)
{
    return batch->variance && batch->source == FLX_FROM_PREDICTIONS;
}

/* Fills queries first .. last - 1 of one vertex, as far as it has so many, for all of its
 * models. */
static flx_status fill_queries(flx_row_batch *batch, int vertex, int first, int last)
{
    const flx_learning_assignment *hosted = flx_row_batch_models(batch, vertex);
    int points = flx_row_batch_points(batch, vertex);
    int stride = points == batch->columns ? 1 : batch->samples;
    last = smaller(last, points);
    size_t width = (size_t)hosted->models[0].predictor.n_inputs;
    double *raw = malloc((width + 1) * sizeof *raw);
    flx_status status = raw ? FLX_OK : FLX_NO_MEMORY;
    for (int i = first; i < last && status == FLX_OK; i++) {
        flx_row_batch_collect(batch, vertex, i * stride, raw);
        for (int k = 0; k < hosted->n_models; k++) {
            const flx_predictor *p = &hosted->models[k].predictor;
            const flx_batch_slot *s =
                &batch->slots[batch->inference->first_slot[vertex] + k];
            if (flx_regressor_of(p->kind))
                flx_features_apply(
                    p, raw, 1, batch->X + s->x_at + (size_t)i * (size_t)p->n_features);
        }
    }
    free(raw);
    return status;
}

/* Where the next slot of a level goes. */
typedef struct {
    size_t points, x, slopes;
    int queries;
} places;

/* One model of the run of vertices order[first .. last - 1], which share an assignment:
 * their points stand in a row and are one query. */
static void place_model(flx_row_batch *batch, int k, int first, int last, places *next)
{
    const flx_inference *inference = batch->inference;
    const flx_graph *graph = inference->graph;
    int a = graph->vertices[inference->order[first]].assignment, m = 0;
    const flx_predictor *p = &inference->assignments[a].models[k].predictor;
    flx_batch_slot start = {next->points, next->x, next->slopes};
    for (int i = first; i < last; i++) {
        int v = inference->order[i], points = flx_row_batch_points(batch, v);
        batch->slots[inference->first_slot[v] + k] =
            (flx_batch_slot){next->points, next->x, next->slopes};
        next->points += (size_t)points;
        next->x += (size_t)points * (size_t)p->n_features;
        next->slopes += (size_t)points * (size_t)p->n_metrics;
        m += points;
    }
    batch->queries[next->queries++] =
        (flx_query){.member = inference->member[inference->first_hosted[a] + k],
                    .m = m,
                    .queries = batch->X + start.x_at,
                    .mean = batch->mean + start.at,
                    .variance = batch->wants_variance ? batch->spread + start.at : NULL,
                    .n_slopes = wants_slopes(batch) ? p->n_metrics : 0,
                    .slopes = batch->slopes + start.slope_at};
}

/* Queries to the level's models of one kind, and their places in X, mean and slopes. */
static void lay_out_kind(flx_row_batch *batch, int level, flx_predictor_kind kind,
                         places *next)
{
    const flx_inference *inference = batch->inference;
    const flx_graph *graph = inference->graph;
    int end = graph->level_start[level + 1];
    for (int first = graph->level_start[level], last; first < end; first = last) {
        int a = graph->vertices[inference->order[first]].assignment;
        const flx_learning_assignment *hosted = &inference->assignments[a];
        for (last = first + 1;
             last < end && graph->vertices[inference->order[last]].assignment == a;)
            last++;
        for (int k = 0; k < hosted->n_models; k++)
            if (hosted->models[k].predictor.kind == kind)
                place_model(batch, k, first, last, next);
    }
}

static void lay_out_level(flx_row_batch *batch, int level)
{
    places next = {0};
    for (int kind = 0; kind < FLX_PREDICTOR_KINDS; kind++) {
        if (batch->inference->prepared[kind])
            lay_out_kind(batch, level, (flx_predictor_kind)kind, &next);
        batch->first_query[kind + 1] = next.queries;
    }
}

static flx_status predict_level(flx_row_batch *batch, flx_error *error)
{
    for (int kind = 0; kind < FLX_PREDICTOR_KINDS; kind++) {
        int first = batch->first_query[kind],
            count = batch->first_query[kind + 1] - first;
        if (count)
            FLX_TRY(flx_regressor_of((flx_predictor_kind)kind)
                        ->predict(batch->inference->prepared[kind],
                                  batch->queries + first, count, error));
    }
    return FLX_OK;
}

/* Threads share a level's vertices in blocks of columns, so that the last levels, which
 * have one vertex, are shared too. */
static flx_status infer_level(flx_row_batch *batch, int level, flx_error *error)
{
    const flx_inference *inference = batch->inference;
    const flx_graph *graph = inference->graph;
    int start = graph->level_start[level], threads = batch->threads;
    int blocks = (batch->columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
    int count = (graph->level_start[level + 1] - start) * blocks;
    bool has_failed = false;
    lay_out_level(batch, level);
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)                       \
    reduction(||                                                                         \
              : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (fill_queries(batch, v, first, first + BLOCK_COLUMNS) != FLX_OK)
            has_failed = true;
    }
    if (has_failed)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a prediction");
    FLX_TRY(predict_level(batch, error));
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)                       \
    reduction(||                                                                         \
              : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (flx_row_batch_propagate(batch, v, first,
                                    smaller(first + BLOCK_COLUMNS, batch->columns)) !=
            FLX_OK)
            has_failed = true;
    }
    return has_failed ? flx_fail(error, FLX_NO_MEMORY, "out of memory for a prediction")
                      : FLX_OK;
}

flx_status flx_row_batch_infer(flx_row_batch *batch, int first, int rows,
                               flx_error *error)
{
    batch->first = first;
    batch->rows = rows;
    batch->columns = rows * batch->samples;
    for (int level = 0; level < batch->inference->graph->n_levels; level++)
        FLX_TRY(infer_level(batch, level, error));
    return FLX_OK;
}
