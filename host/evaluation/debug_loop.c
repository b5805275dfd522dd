/* SPDX-License-Identifier: MIT */
#include "host/evaluation/debug_loop.h"

#include "formats/memory.h"
#include "host/evaluation/fault_localization.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>

enum { ORDER_STREAM = 0x44454247 }; /* "DEBG" */

const char *flx_debug_order_text(flx_debug_order order)
{
    static const char *const texts[] = {"debug", "error", "random"};
    return texts[order];
}

void flx_debug_trace_destroy(flx_debug_trace *trace)
{
    if (trace)
        free(trace->steps);
    free(trace);
}

typedef struct {
    flx_model *model;
    flx_backend *backend;
    const flx_dataset *test;
    const flx_retrainer *retrainer;
    const flx_debug_options *options;
    const flx_progress *progress;
    bool *is_excluded;       /* (n_assignments) */
    flx_test_errors *errors; /* of the model as it stands */
} debugger;

static flx_status measure(debugger *s, flx_error *error)
{
    flx_test_errors_destroy(s->errors);
    s->errors = NULL;
    return flx_vertex_errors_compute(s->model, s->backend, s->test, &s->errors, error);
}

static double graph_mae(const debugger *s)
{
    return s->errors->mae[s->model->graph->output];
}

static bool is_excluded(const debugger *s, int vertex)
{
    return s->is_excluded[s->model->graph->vertices[vertex].assignment];
}

/* By the largest MAE; of equal ones the first. */
static int pick_by_error(const debugger *s)
{
    int picked = -1;
    for (int v = 0; v < s->model->graph->n_vertices; v++)
        if (!is_excluded(s, v) && !isnan(s->errors->mae[v]) &&
            (picked < 0 || s->errors->mae[v] > s->errors->mae[picked]))
            picked = v;
    return picked;
}

/* A random assignment among those left; of its vertices the first. */
static int pick_at_random(const debugger *s, int step)
{
    const flx_graph *graph = s->model->graph;
    int left = graph->n_assignments - step, picked = -1;
    if (left <= 0)
        return -1;
    int skip = flx_below(s->options->seed, ORDER_STREAM, 0, (uint32_t)step, 0, left);
    for (int a = 0; a < graph->n_assignments && picked < 0; a++)
        if (!s->is_excluded[a] && skip-- == 0)
            picked = a;
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == picked)
            return v;
    return -1;
}

static flx_status pick_by_debugging(const debugger *s, int *vertex, flx_error *error)
{
    flx_fault_path *fault = NULL;
    flx_fault_search_rule rule = {s->options->min_correlation, s->is_excluded};
    FLX_TRY(flx_fault_localize(s->model->graph, s->errors, &rule, &fault, error));
    *vertex = fault->vertex;
    flx_fault_path_destroy(fault);
    return FLX_OK;
}

/* -1 where there is none. */
static flx_status pick_vertex(const debugger *s, int step, int *vertex, flx_error *error)
{
    if (s->options->order == FLX_ORDER_DEBUG)
        return pick_by_debugging(s, vertex, error);
    *vertex =
        s->options->order == FLX_ORDER_ERROR ? pick_by_error(s) : pick_at_random(s, step);
    return FLX_OK;
}

static flx_status run_step(debugger *s, int vertex, flx_debug_step *step,
                           flx_error *error)
{
    step->vertex = vertex;
    step->assignment = s->model->graph->vertices[vertex].assignment;
    FLX_TRY(s->retrainer->retrain(s->retrainer->context, s->model, step->assignment,
                                  &step->retraining, error));
    s->is_excluded[step->assignment] = true;
    if (step->retraining.was_replaced)
        FLX_TRY(measure(s, error));
    step->graph_mae = graph_mae(s);
    return FLX_OK;
}

static flx_status run_steps(debugger *s, int budget, flx_debug_trace *trace,
                            flx_error *error)
{
    FLX_TRY(measure(s, error));
    const flx_graph *graph = s->model->graph;
    if (s->errors->counted[graph->output] == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has no value of the target %s in any of its %d rows",
                        flx_dataset_title(s->test), graph->vertices[graph->output].name,
                        s->test->rows);
    trace->graph_mae = graph_mae(s);
    while (trace->n_steps < budget) {
        int vertex;
        FLX_TRY(pick_vertex(s, trace->n_steps, &vertex, error));
        if (vertex < 0)
            break;
        FLX_TRY(run_step(s, vertex, &trace->steps[trace->n_steps], error));
        trace->n_steps++;
        flx_progress_report(s->progress, trace->n_steps, budget);
    }
    return FLX_OK;
}

flx_status flx_debug_graph(flx_model *model, flx_backend *backend,
                           const flx_dataset *test, const flx_retrainer *retrainer,
                           const flx_debug_options *options, const flx_progress *progress,
                           flx_debug_trace **out, flx_error *error)
{
    *out = NULL;
    if (options->budget < 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a budget of %d retrainings: give 1 or more", options->budget);
    int assignments = model->graph->n_assignments;
    int budget = options->budget < assignments ? options->budget : assignments;
    debugger s = {model, backend, test, retrainer, options, progress, NULL, NULL};
    flx_debug_trace *trace = NULL;
    flx_status status = FLX_OK;
    if (!FLX_NEW(s.is_excluded, assignments) || !FLX_NEW(trace, 1) ||
        !FLX_NEW(trace->steps, budget))
        status = flx_no_memory(error, "%d assignments", assignments);
    if (status == FLX_OK)
        status = run_steps(&s, budget, trace, error);
    free(s.is_excluded);
    flx_test_errors_destroy(s.errors);
    if (status == FLX_OK)
        *out = trace;
    else
        flx_debug_trace_destroy(trace);
    return status;
}
