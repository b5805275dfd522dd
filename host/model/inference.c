/* SPDX-License-Identifier: MIT */
#include "host/model/inference.h"

#include "formats/memory.h"
#include "host/model/row_batch.h"
#include "host/regression.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 1024 }; /* times vertices and inputs: what a thread keeps at hand */

static void list_order(const flx_graph *graph, int *order)
{
    for (int v = 0; v < graph->n_vertices; v++)
        order[v] = v;
    for (int level = 0; level < graph->n_levels; level++)
        for (int i = graph->level_start[level] + 1; i < graph->level_start[level + 1];
             i++) {
            int moving = order[i], j = i;
            int a = graph->vertices[moving].assignment;
            for (; j > graph->level_start[level] &&
                   graph->vertices[order[j - 1]].assignment > a;
                 j--)
                order[j] = order[j - 1];
            order[j] = moving;
        }
}

/* Every hosted model of a kind, prepared for queries. `targets` has room for all
 * models. */
static flx_status prepare_kind(flx_inference *inference, flx_predictor_kind kind,
                               flx_query_target *targets, flx_error *error)
{
    const flx_regressor *regressor = flx_regressor_of(kind);
    int count = 0;
    for (int a = 0; a < inference->graph->n_assignments && regressor; a++)
        for (int k = 0; k < inference->assignments[a].n_models; k++) {
            const flx_predictor *p = &inference->assignments[a].models[k].predictor;
            if (p->kind != kind)
                continue;
            inference->member[inference->first_hosted[a] + k] = count;
            targets[count++] =
                (flx_query_target){inference->graph->assignments[a].name, p};
        }
    return count ? regressor->prepare(inference->backend, targets, count,
                                      &inference->prepared[kind], error)
                 : FLX_OK;
}

static flx_status prepare_models(flx_inference *inference, flx_error *error)
{
    FLX_SCOPED flx_query_target *targets = NULL;
    int count = inference->first_hosted[inference->graph->n_assignments];
    if (!FLX_NEW(targets, count))
        return flx_no_memory(error, "%d models", count);
    for (int kind = 0; kind < FLX_PREDICTOR_KINDS; kind++)
        FLX_TRY(prepare_kind(inference, (flx_predictor_kind)kind, targets, error));
    return FLX_OK;
}

/* Numbers hosted models and slots. */
static bool lay_out(flx_inference *inference)
{
    const flx_graph *graph = inference->graph;
    size_t assignments = (size_t)graph->n_assignments,
           vertices = (size_t)graph->n_vertices;
    inference->first_hosted = calloc(assignments + 1, sizeof(int));
    inference->first_slot = calloc(vertices + 1, sizeof(int));
    inference->order = calloc(vertices, sizeof(int));
    if (!inference->first_hosted || !inference->first_slot || !inference->order)
        return false;
    for (size_t a = 0; a < assignments; a++)
        inference->first_hosted[a + 1] =
            inference->first_hosted[a] + inference->assignments[a].n_models;
    for (size_t v = 0; v < vertices; v++)
        inference->first_slot[v + 1] =
            inference->first_slot[v] +
            inference->assignments[graph->vertices[v].assignment].n_models;
    inference->n_slots = inference->first_slot[vertices];
    size_t hosted = (size_t)inference->first_hosted[assignments];
    inference->member = calloc(hosted, sizeof(int));
    return inference->member != NULL;
}

flx_status flx_inference_create(flx_fitted_graph fitted, flx_backend *backend,
                                const flx_dataset *table, flx_inference **out,
                                flx_error *error)
{
    *out = NULL;
    int empty = flx_fitted_graph_find_empty(fitted);
    if (empty >= 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s hosts no model yet: fit it before the graph predicts",
                        fitted.graph->assignments[empty].name);
    flx_inference *inference = NULL;
    if (!FLX_NEW(inference, 1))
        return flx_no_memory(error, "%d vertices", fitted.graph->n_vertices);
    *inference = (flx_inference){.graph = fitted.graph,
                                 .assignments = fitted.assignments,
                                 .backend = backend,
                                 .table = table};
    flx_status status = lay_out(inference) ? prepare_models(inference, error)
                                           : flx_no_memory(error, "%d vertices",
                                                           fitted.graph->n_vertices);
    if (status == FLX_OK)
        status = flx_column_binding_create(fitted.graph, fitted.deployment, table,
                                           &inference->binding, error);
    if (status == FLX_OK) {
        list_order(fitted.graph, inference->order);
        *out = inference;
    } else {
        flx_inference_destroy(inference);
    }
    return status;
}

void flx_inference_destroy(flx_inference *inference)
{
    if (!inference)
        return;
    for (int kind = 0; kind < FLX_PREDICTOR_KINDS; kind++)
        if (inference->prepared[kind])
            flx_regressor_of((flx_predictor_kind)kind)
                ->release(inference->prepared[kind]);
    flx_column_binding_destroy(inference->binding);
    free(inference->first_hosted);
    free(inference->first_slot);
    free(inference->member);
    free(inference->order);
    free(inference);
}

int flx_inference_count_absent(const flx_inference *inference, int *total)
{
    int absent = 0;
    *total = 0;
    for (int v = 0; v < inference->graph->n_vertices; v++) {
        const flx_predictor *p = flx_assignment_leading(
            &inference->assignments[inference->graph->vertices[v].assignment]);
        for (int k = 0; k < p->n_features - p->n_metrics; k++) {
            int input = p->features[k].input;
            if (p->features[k].is_indicator ||
                inference->graph->vertices[v].sources[input].vertex >= 0)
                continue;
            (*total)++;
            absent += inference->binding->inputs[v][input].column < 0;
        }
    }
    return absent;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* One run over all rows of the bound table. */
typedef struct {
    flx_inference *inference;
    flx_metric_source source;
    int samples;
    uint64_t seed;
    int vertex;       /* whose results are kept; -1: all of them */
    double *mean;     /* (kept vertices, rows * samples) */
    double *variance; /* likewise, or NULL */
} job;

/* Copies what the job keeps of a finished batch. */
static void keep_results(const job *j, const flx_row_batch *batch)
{
    int vertices = j->vertex < 0 ? j->inference->graph->n_vertices : 1;
    size_t total = (size_t)j->inference->table->rows * (size_t)j->samples;
    size_t first = (size_t)batch->first * (size_t)j->samples;
    size_t columns = (size_t)batch->columns;
    for (int i = 0; i < vertices; i++) {
        size_t from = (size_t)(j->vertex < 0 ? i : j->vertex) * columns;
        size_t to = (size_t)i * total + first, bytes = columns * sizeof(double);
        memcpy(j->mean + to, batch->value + from, bytes);
        if (j->variance)
            memcpy(j->variance + to, batch->variance + from, bytes);
    }
}

/* Every `step`-th batch of `rows` rows from number `number` on. */
static flx_status run_batches(const job *j, int rows, int number, int step, int threads,
                              flx_error *error)
{
    flx_row_batch batch;
    int total = j->inference->table->rows;
    FLX_TRY(flx_row_batch_create(j->inference, rows, j->samples, j->variance != NULL,
                                 &batch, error));
    batch.source = j->source;
    batch.seed = j->seed;
    batch.threads = threads;
    flx_status status = FLX_OK;
    for (int first = number * rows; first < total && status == FLX_OK;
         first += step * rows) {
        status = flx_row_batch_infer(&batch, first, smaller(total - first, rows), error);
        if (status == FLX_OK)
            keep_results(j, &batch);
    }
    flx_row_batch_release(&batch);
    return status;
}

/* Where the backend takes several queries at once, threads take whole batches through
 * all levels and never wait for each other; else they share the levels of one batch. */
static flx_status run_job(const job *j, int batch_rows, flx_error *error)
{
    int total = j->inference->table->rows, threads = j->inference->backend->threads;
    int streams = smaller(j->inference->backend->predict_streams, threads);
    int share = (total + streams - 1) / streams;
    int rows = smaller(share, batch_rows);
    if (streams <= 1 || total < 2 * streams)
        return run_batches(j, smaller(total, batch_rows), 0, 1, threads, error);
    flx_status status = FLX_OK;
#pragma omp parallel for schedule(static, 1) num_threads(streams)
    for (int s = 0; s < streams; s++) {
        flx_error mine = {0};
        flx_status ended = run_batches(j, rows, s, streams, 1, &mine);
        if (ended != FLX_OK) {
#pragma omp critical(flx_inference_status)
            status = flx_fail(error, ended, "%s", mine.message);
        }
    }
    return status;
}

flx_status flx_inference_vertices(flx_inference *inference, flx_metric_source source,
                                  double *mean, double *variance, flx_error *error)
{
    job j = {inference, source, 1, 0, -1, mean, variance};
    return run_job(&j, BATCH_ROWS, error);
}

flx_status flx_inference_target(flx_inference *inference, double *mean, double *variance,
                                flx_error *error)
{
    job j = {inference, FLX_FROM_PREDICTIONS, 1, 0, inference->graph->output, mean,
             variance};
    return run_job(&j, BATCH_ROWS, error);
}

flx_status flx_inference_sample(flx_inference *inference, int n_samples, uint64_t seed,
                                double *samples, flx_error *error)
{
    if (n_samples < 2)
        return flx_fail(error, FLX_BAD_INPUT, "%d samples: at least 2 are needed",
                        n_samples);
    job j = {inference, FLX_FROM_PREDICTIONS,     n_samples,
             seed,      inference->graph->output, samples,
             NULL};
    int rows = BATCH_ROWS / n_samples;
    return run_job(&j, rows > 0 ? rows : 1, error);
}

flx_status flx_predict_vertices(flx_fitted_graph fitted, flx_backend *backend,
                                const flx_dataset *table, flx_metric_source source,
                                double *mean, flx_error *error)
{
    flx_inference *inference = NULL;
    FLX_TRY(flx_inference_create(fitted, backend, table, &inference, error));
    flx_status status = flx_inference_vertices(inference, source, mean, NULL, error);
    flx_inference_destroy(inference);
    return status;
}

flx_status flx_predict_graph_target(flx_fitted_graph fitted, flx_backend *backend,
                                    const flx_dataset *table, double *mean,
                                    flx_error *error)
{
    flx_inference *inference = NULL;
    FLX_TRY(flx_inference_create(fitted, backend, table, &inference, error));
    flx_status status = flx_inference_target(inference, mean, NULL, error);
    flx_inference_destroy(inference);
    return status;
}
