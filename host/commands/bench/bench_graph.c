/* SPDX-License-Identifier: MIT */
#include "host/commands/bench/bench_graph.h"

#include "host/commands/frame.h"
#include "host/model.h"
#include "host/statistics.h"
#include "kernels/formulas/philox.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    flx_model *model;
    flx_dataset *table; /* (queries) */
    flx_inference *inference;
    double *mean, *variance;  /* (queries) */
    double *with, *without;   /* (rounds) seconds with and without variances */
    double with_s, without_s; /* medians */
} graph_bench;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Every cell from a random training row: all columns keep their range, none its company.
 */
static flx_status draw_settings(graph_bench *b, int queries, flx_error *error)
{
    const flx_dataset *rows = b->model->rows;
    FLX_TRY(flx_dataset_create(queries, rows->n_columns, &b->table, error));
    for (int c = 0; c < rows->n_columns; c++)
        FLX_TRY(flx_dataset_name_column(b->table, c, rows->columns[c].name,
                                        rows->columns[c].kind, rows->columns[c].unit,
                                        error));
    size_t width = (size_t)rows->n_columns;
    for (size_t i = 0; i < (size_t)queries; i++)
        for (size_t c = 0; c < width; c++) {
            int row = flx_below(1, 4, (uint32_t)i, 0, (uint32_t)c, rows->rows);
            b->table->values[i * width + c] = rows->values[(size_t)row * width + c];
        }
    return FLX_OK;
}

static flx_status time_once(graph_bench *b, double *variance, double *seconds,
                            flx_error *error)
{
    double started = seconds_now();
    FLX_TRY(flx_inference_target(b->inference, b->mean, variance, error));
    *seconds = seconds_now() - started;
    return FLX_OK;
}

static flx_status measure(graph_bench *b, const char *path, int queries, int rounds,
                          flx_backend *backend, flx_error *error)
{
    FLX_TRY(flx_model_read(path, &b->model, error));
    FLX_TRY(draw_settings(b, queries, error));
    size_t count = (size_t)queries, repeats = (size_t)rounds;
    b->mean = malloc(count * sizeof(double));
    b->variance = malloc(count * sizeof(double));
    b->with = malloc(repeats * sizeof(double));
    b->without = malloc(repeats * sizeof(double));
    if (!b->mean || !b->variance || !b->with || !b->without)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d queries", queries);
    FLX_TRY(flx_inference_create(b->model, backend, &b->inference, error));
    FLX_TRY(flx_inference_bind(b->inference, b->table, error));
    for (int r = 0; r < rounds; r++) {
        FLX_TRY(time_once(b, NULL, &b->without[r], error));
        FLX_TRY(time_once(b, b->variance, &b->with[r], error));
    }
    FLX_TRY(flx_quantile(b->without, rounds, 0.5, &b->without_s, error));
    return flx_quantile(b->with, rounds, 0.5, &b->with_s, error);
}

static flx_status answer(const graph_bench *b, int queries, const flx_backend *backend,
                         bool as_json, flx_error *error)
{
    const flx_graph *graph = b->model->graph;
    if (as_json)
        return flx_print_json(json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f}",
                                        "backend", backend->name, "threads",
                                        backend->threads, "vertices", graph->n_vertices,
                                        "edges", graph->n_edges, "rows",
                                        b->model->rows->rows, "queries", queries,
                                        "mean_s", b->without_s, "mean_and_variance_s",
                                        b->with_s, "settings_per_s", queries / b->with_s),
                              error);
    printf(
        "%d settings through %d vertices and %d edges, trained on %d rows, on %s (%s)\n"
        "  means                        %.3f s\n"
        "  means and linearized variances  %.3f s  (%.4g settings a second)\n",
        queries, graph->n_vertices, graph->n_edges, b->model->rows->rows, backend->name,
        backend->description, b->without_s, b->with_s, queries / b->with_s);
    return FLX_OK;
}

flx_status flx_bench_graph(const char *model, int queries, int rounds,
                           struct flx_backend *backend, bool as_json, flx_error *error)
{
    graph_bench b = {0};
    flx_status status = measure(&b, model, queries, rounds, backend, error);
    if (status == FLX_OK)
        status = answer(&b, queries, backend, as_json, error);
    flx_inference_destroy(b.inference);
    flx_dataset_destroy(b.table);
    flx_model_destroy(b.model);
    free(b.mean);
    free(b.variance);
    free(b.with);
    free(b.without);
    return status;
}
