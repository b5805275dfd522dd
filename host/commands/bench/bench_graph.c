/* SPDX-License-Identifier: MIT
 * bench graph: settings that a trained model predicts in a second, as `predict` predicts
 * them, by the whole ensemble where the model has one; and through its composed graph
 * alone, with and without linearized variances. */
#include "formats/clock.h"
#include "formats/memory.h"
#include "host/commands/bench/benches.h"
#include "host/model.h"
#include "host/statistics.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>

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

static void clear(graph_bench *b)
{
    flx_target_predictor_destroy(b->predictor);
    flx_dataset_destroy(b->table);
    flx_model_destroy(b->model);
    free(b->mean);
    free(b->variance);
    for (int what = 0; what < MEASURED; what++)
        free(b->seconds[what]);
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
    double started = flx_clock_seconds();
    if (what == AS_PREDICT)
        FLX_TRY(flx_target_predictor_predict(b->predictor, b->mean, error));
    else
        FLX_TRY(flx_inference_target(flx_target_predictor_graph(b->predictor), b->mean,
                                     what == GRAPH_VARIANCES ? b->variance : NULL,
                                     error));
    *seconds = flx_clock_seconds() - started;
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
    FLX_TRY(
        flx_target_predictor_create(b->model, backend, b->table, &b->predictor, error));
    for (int r = 0; r < rounds; r++)
        for (int what = 0; what < MEASURED; what++)
            FLX_TRY(time_once(b, what, &b->seconds[what][r], error));
    for (int what = 0; what < MEASURED; what++)
        FLX_TRY(flx_quantile(b->seconds[what], rounds, 0.5, &b->median_s[what], error));
    return FLX_OK;
}

static json_t *describe(const graph_bench *b, int queries, const flx_backend *backend)
{
    const flx_graph *graph = b->model->graph;
    const flx_ensemble *ensemble = b->model->ensemble;
    json_t *members = json_array();
    for (int k = 0; ensemble && k < ensemble->n_members; k++)
        json_array_append_new(members, json_string(ensemble->members[k].name));
    return json_pack("{s:s, s:i, s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f}",
                     "backend", backend->name, "threads", backend->threads, "target",
                     graph->vertices[graph->output].name, "predictor",
                     ensemble ? "ensemble" : flx_composition_text(b->model->composition),
                     "members", members, "vertices", graph->n_vertices, "edges",
                     graph->n_edges, "rows", b->model->rows->rows, "queries", queries,
                     "mean_s", b->median_s[AS_PREDICT], "settings_per_s",
                     queries / b->median_s[AS_PREDICT], "graph_mean_s",
                     b->median_s[GRAPH_MEANS], "graph_mean_and_variance_s",
                     b->median_s[GRAPH_VARIANCES]);
}

static void print_text(json_t *report)
{
    flx_print_line(report,
                   "{queries} settings, target {target}, {vertices} vertices and "
                   "{edges} edges, trained on {rows} rows, on {backend} ({device})");
    flx_print_line(report, "  prediction ({predictor})             {mean_s:.3f} s  "
                           "({settings_per_s:.4g} settings a second)");
    flx_print_line_if(report, "members", "    of {members}");
    flx_print_line(report, "  graph alone, means                {graph_mean_s:.3f} s");
    flx_print_line(report, "  graph alone, means and variances  "
                           "{graph_mean_and_variance_s:.3f} s (linearized)");
}

flx_status flx_bench_graph(const flx_arguments *arguments, flx_backend *backend,
                           flx_error *error)
{
    FLX_CLEARED(clear) graph_bench b = {0};
    int queries = (int)flx_integer(arguments, "queries", 100000);
    FLX_TRY(measure(&b, flx_positional(arguments, 1), queries,
                    (int)flx_integer(arguments, "rounds", 3), backend, error));
    return flx_report(arguments, describe(&b, queries, backend),
                      json_pack("{s:s}", "device", backend->description), print_text,
                      error);
}
