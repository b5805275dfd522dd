/* SPDX-License-Identifier: MIT */
#include "host/evaluation/evaluation.h"

#include "host/evaluation/modularity.h"
#include "host/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Arrays of one evaluation. */
typedef struct {
    flx_target_predictor *predictor;
    flx_inference *inference; /* of the graph alone; that of the predictor */
    flx_column_binding *binding;
    double *composed, *measured;             /* (n_vertices, rows) */
    double *actual, *target, *lower, *upper; /* (rows) */
} workbench;

static void release(workbench *w)
{
    flx_target_predictor_destroy(w->predictor);
    flx_column_binding_destroy(w->binding);
    free(w->composed);
    free(w->measured);
    free(w->actual);
    free(w->target);
    free(w->lower);
    free(w->upper);
}

static flx_status prepare(const flx_model *model, flx_backend *backend,
                          const flx_dataset *table, workbench *w, flx_error *error)
{
    size_t rows = (size_t)table->rows, vertices = (size_t)model->graph->n_vertices;
    w->composed = malloc(vertices * rows * sizeof(double));
    w->measured = malloc(vertices * rows * sizeof(double));
    w->actual = malloc(rows * sizeof(double));
    w->target = malloc(rows * sizeof(double));
    w->lower = malloc(rows * sizeof(double));
    w->upper = malloc(rows * sizeof(double));
    if (!w->composed || !w->measured || !w->actual || !w->target || !w->lower ||
        !w->upper)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu vertices x %zu rows",
                        vertices, rows);
    FLX_TRY(flx_column_binding_create(model->graph, model->deployment, table, &w->binding,
                                      error));
    FLX_TRY(flx_target_predictor_create(model, backend, table, &w->predictor, error));
    w->inference = flx_target_predictor_graph(w->predictor);
    return FLX_OK;
}

/* Measured output of a vertex; returns how many rows have one. */
static int collect_actual(const workbench *w, const flx_dataset *table, int vertex)
{
    int present = 0;
    for (int i = 0; i < table->rows; i++) {
        w->actual[i] = flx_column_ref_value(w->binding->outputs[vertex], table, i);
        present += !isnan(w->actual[i]);
    }
    return present;
}

static flx_status measure(const flx_model *model, const flx_dataset *table, workbench *w,
                          uint64_t seed, const flx_progress *progress,
                          flx_evaluation *evaluation, flx_error *error)
{
    size_t rows = (size_t)table->rows, output = (size_t)model->graph->output;
    if (collect_actual(w, table, model->graph->output) == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has no value of the target %s in any of its %d rows",
                        flx_dataset_title(table), model->graph->vertices[output].name,
                        table->rows);
    evaluation->n_absent = flx_inference_count_absent(w->inference, &evaluation->n_read);
    FLX_TRY(flx_inference_vertices(w->inference, FLX_FROM_PREDICTIONS, w->composed, NULL,
                                   error));
    flx_progress_report(progress, 1, 4);
    FLX_TRY(flx_inference_vertices(w->inference, FLX_FROM_MEASUREMENTS, w->measured, NULL,
                                   error));
    flx_progress_report(progress, 2, 4);
    FLX_TRY(flx_target_predictor_predict(w->predictor, w->target, error));
    FLX_TRY(flx_target_predictor_intervals(w->predictor, 0.9, FLX_GRAPH_SAMPLES, seed,
                                           w->lower, w->upper, error));
    flx_progress_report(progress, 3, 4);
    flx_error_metrics_measure(w->actual, w->target, w->lower, w->upper, table->rows,
                              &evaluation->graph);
    for (size_t v = 0; v < (size_t)model->graph->n_vertices; v++) {
        collect_actual(w, table, (int)v);
        flx_error_metrics_measure(w->actual, w->composed + v * rows, NULL, NULL,
                                  table->rows, &evaluation->composed[v]);
        flx_error_metrics_measure(w->actual, w->measured + v * rows, NULL, NULL,
                                  table->rows, &evaluation->measured[v]);
    }
    evaluation->graph_measured = evaluation->measured[output];
    return FLX_OK;
}

flx_status flx_evaluate_model(const flx_model *model, flx_backend *backend,
                              const flx_dataset *table, uint64_t seed,
                              const flx_progress *progress, flx_evaluation **out,
                              flx_error *error)
{
    *out = NULL;
    size_t vertices = (size_t)model->graph->n_vertices;
    flx_evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation) {
        evaluation->n_vertices = model->graph->n_vertices;
        evaluation->composed = calloc(vertices, sizeof *evaluation->composed);
        evaluation->measured = calloc(vertices, sizeof *evaluation->measured);
        evaluation->r2_all_inputs = calloc(vertices, sizeof(double));
    }
    workbench w = {0};
    flx_status status = FLX_OK;
    if (!evaluation || !evaluation->composed || !evaluation->measured ||
        !evaluation->r2_all_inputs)
        status =
            flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu vertices", vertices);
    else
        status = prepare(model, backend, table, &w, error);
    if (status == FLX_OK)
        status = measure(model, table, &w, seed, progress, evaluation, error);
    if (status == FLX_OK)
        status = flx_modularity_measure(model, backend, table, evaluation->r2_all_inputs,
                                        error);
    flx_progress_report(progress, 4, 4);
    release(&w);
    if (status == FLX_OK)
        *out = evaluation;
    else
        flx_evaluation_destroy(evaluation);
    return status;
}

void flx_evaluation_destroy(flx_evaluation *evaluation)
{
    if (!evaluation)
        return;
    free(evaluation->composed);
    free(evaluation->measured);
    free(evaluation->r2_all_inputs);
    free(evaluation);
}

flx_status flx_other_rows(const flx_model *model, const flx_dataset *table,
                          flx_dataset **out, flx_error *error)
{
    *out = NULL;
    char digest[65];
    flx_dataset_digest(table, digest);
    if (table->rows != model->source_rows || strcmp(digest, model->source_digest) != 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "--others needs the very table the model was trained on (%d rows, "
            "digest %.12s...), and %s has %d rows and digest %.12s...",
            model->source_rows, model->source_digest, flx_dataset_title(table),
            table->rows, digest);
    int *others = malloc((size_t)table->rows * sizeof *others), count = 0, next = 0;
    if (!others)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", table->rows);
    for (int i = 0; i < table->rows; i++) {
        if (next < model->n_drawn && model->drawn[next] == i)
            next++;
        else
            others[count++] = i;
    }
    flx_status status =
        count ? flx_dataset_select_rows(table, others, count, out, error)
              : flx_fail(error, FLX_BAD_INPUT,
                         "all %d rows of %s were trained on: none is left to "
                         "evaluate (train with --rows N)",
                         table->rows, flx_dataset_title(table));
    free(others);
    return status;
}
