/* SPDX-License-Identifier: MIT */
#include "host/commands/bench/bench_graph.h"

#include "formats/memory.h"
#include "host/commands/frame.h"
#include "host/model.h"
#include "host/statistics.h"
#include "kernels/formulas/philox.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What is timed: the prediction that `predict` makes, by the whole ensemble where the
 * model has one, and the composed graph by itself. */
enum { AS_PREDICT, GRAPH_MEANS, GRAPH_VARIANCES, MEASURED };

typedef struct {
    flx_model *model;
    flx_dataset *table; /* (queries) */
    flx_target_predictor *predictor;
    double *mean, *variance;   /* (queries) */
    double *seconds[MEASURED]; /* (rounds) */
    double median_s[MEASURED];
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

static flx_status time_once(graph_bench *b, int what, double *seconds, flx_error *error)
{
    double started = seconds_now();
    if (what == AS_PREDICT)
        FLX_TRY(flx_target_predictor_target(b->predictor, b->mean, error));
    else
        FLX_TRY(flx_inference_target(flx_target_predictor_graph(b->predictor), b->mean,
                                     what == GRAPH_VARIANCES ? b->variance : NULL,
                                     error));
    *seconds = seconds_now() - started;
    return FLX_OK;
}

static flx_status measure(graph_bench *b, const char *path, int queries, int rounds,
                          flx_backend *backend, flx_error *error)
{
    FLX_TRY(flx_model_read(path, &b->model, error));
    FLX_TRY(draw_settings(b, queries, error));
    if (!FLX_NEW(b->mean, queries) || !FLX_NEW(b->variance, queries))
        return flx_no_memory(error, "%d queries", queries);
    for (int what = 0; what < MEASURED; what++)
        if (!FLX_NEW(b->seconds[what], rounds))
            return flx_no_memory(error, "%d rounds", rounds);
    FLX_TRY(flx_target_predictor_create(b->model, backend, &b->predictor, error));
    FLX_TRY(flx_target_predictor_bind(b->predictor, b->table, error));
    for (int r = 0; r < rounds; r++)
        for (int what = 0; what < MEASURED; what++)
            FLX_TRY(time_once(b, what, &b->seconds[what][r], error));
    for (int what = 0; what < MEASURED; what++)
        FLX_TRY(flx_quantile(b->seconds[what], rounds, 0.5, &b->median_s[what], error));
    return FLX_OK;
}

static json_t *list_members(const flx_ensemble *ensemble)
{
    json_t *names = json_array();
    for (int k = 0; ensemble && k < ensemble->n_members; k++)
        json_array_append_new(names, json_string(ensemble->members[k].name));
    return names;
}

static flx_status print_json(const graph_bench *b, int queries,
                             const flx_backend *backend, flx_error *error)
{
    const flx_graph *graph = b->model->graph;
    return flx_print_json(
        json_pack(
            "{s:s, s:i, s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f}",
            "backend", backend->name, "threads", backend->threads, "target",
            graph->vertices[graph->output].name, "predictor",
            b->model->ensemble ? "ensemble" : flx_composition_text(b->model->composition),
            "members", list_members(b->model->ensemble), "vertices", graph->n_vertices,
            "edges", graph->n_edges, "rows", b->model->rows->rows, "queries", queries,
            "mean_s", b->median_s[AS_PREDICT], "settings_per_s",
            queries / b->median_s[AS_PREDICT], "graph_mean_s", b->median_s[GRAPH_MEANS],
            "graph_mean_and_variance_s", b->median_s[GRAPH_VARIANCES]),
        error);
}

static void print_lines(const graph_bench *b, int queries, const flx_backend *backend)
{
    static const char *const titles[] = {"measured", "seconds", "settings/s"};
    const flx_graph *graph = b->model->graph;
    char whole[80];
    if (b->model->ensemble)
        snprintf(whole, sizeof whole, "prediction by the ensemble of %d models",
                 b->model->ensemble->n_members);
    else
        snprintf(whole, sizeof whole, "prediction");
    const char *const names[] = {whole, "the graph alone: means",
                                 "the graph alone: means and linearized variances"};
    printf("%d settings, target %s, %d vertices and %d edges, trained on %d rows, on %s "
           "(%s)\n",
           queries, graph->vertices[graph->output].name, graph->n_vertices,
           graph->n_edges, b->model->rows->rows, backend->name, backend->description);
    flx_table *table = flx_table_create(3, titles, "lrr");
    for (int what = 0; what < MEASURED && table; what++) {
        char seconds[32], rate[32];
        snprintf(seconds, sizeof seconds, "%.3f", b->median_s[what]);
        snprintf(rate, sizeof rate, "%.4g", queries / b->median_s[what]);
        flx_table_row(table, (const char *[]){names[what], seconds, rate});
    }
    flx_table_print(table);
    flx_table_destroy(table);
}

flx_status flx_bench_graph(const char *model, int queries, int rounds,
                           struct flx_backend *backend, bool as_json, flx_error *error)
{
    graph_bench b = {0};
    flx_status status = measure(&b, model, queries, rounds, backend, error);
    if (status == FLX_OK && as_json)
        status = print_json(&b, queries, backend, error);
    else if (status == FLX_OK)
        print_lines(&b, queries, backend);
    flx_target_predictor_destroy(b.predictor);
    flx_dataset_destroy(b.table);
    flx_model_destroy(b.model);
    free(b.mean);
    free(b.variance);
    for (int what = 0; what < MEASURED; what++)
        free(b.seconds[what]);
    return status;
}
