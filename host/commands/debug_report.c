/* SPDX-License-Identifier: MIT */
#include "host/commands/debug_report.h"

#include "host/commands/frame.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static const char *vertex_name(const flx_debug_report *answer, int v)
{
    return answer->model->graph->vertices[v].name;
}

static const char *assignment_name(const flx_debug_report *answer, int v)
{
    const flx_graph *graph = answer->model->graph;
    return graph->assignments[graph->vertices[v].assignment].name;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe_path(const flx_debug_report *answer)
{
    json_t *path = json_array();
    for (int i = 0; i < answer->diagnosis->n_path; i++)
        json_array_append_new(
            path, json_string(vertex_name(answer, answer->diagnosis->path[i])));
    return path;
}

static json_t *describe_correlations(const flx_debug_report *answer)
{
    json_t *list = json_array();
    for (int e = 0; e < answer->diagnosis->n_edges; e++) {
        const int *edge = answer->model->graph->edges[e];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "parent",
                                              vertex_name(answer, edge[0]), "child",
                                              vertex_name(answer, edge[1]), "r",
                                              answer->diagnosis->r[e]));
    }
    return list;
}

static json_t *describe_vertices(const flx_debug_report *answer)
{
    json_t *list = json_array();
    const flx_test_errors *errors = answer->errors;
    for (int v = 0; v < errors->n_vertices; v++) {
        json_t *item = json_pack(
            "{s:s, s:s, s:s, s:i}", "name", vertex_name(answer, v), "kind",
            flx_vertex_kind_text(answer->model->graph->vertices[v].kind), "assignment",
            assignment_name(answer, v), "rows", errors->counted[v]);
        json_object_set_new(item, "mae", number(errors->mae[v]));
        json_object_set_new(item, "mae_given_measured_inputs",
                            number(errors->mae_measured[v]));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *describe_steps(const flx_debug_report *answer)
{
    json_t *list = json_array();
    for (int i = 0; i < answer->course->n_steps; i++) {
        const flx_debug_step *step = &answer->course->steps[i];
        json_t *item =
            json_pack("{s:s, s:s, s:b}", "vertex", vertex_name(answer, step->vertex),
                      "assignment", assignment_name(answer, step->vertex), "replaced",
                      step->retraining.was_replaced);
        json_object_set_new(item, "mae_old", number(step->retraining.mae_old));
        json_object_set_new(item, "mae_new", number(step->retraining.mae_new));
        if (*step->retraining.why_not)
            json_object_set_new(item, "why_not", json_string(step->retraining.why_not));
        json_object_set_new(item, "graph_mae", number(step->graph_mae));
        json_array_append_new(list, item);
    }
    return list;
}

flx_status flx_print_debug_json(const flx_debug_report *answer, flx_error *error)
{
    int found = answer->diagnosis->vertex;
    json_t *document = json_pack("{s:s, s:s}", "vertex", vertex_name(answer, found),
                                 "assignment", assignment_name(answer, found));
    json_object_set_new(document, "unit", json_string(flx_model_unit(answer->model)));
    json_object_set_new(document, "path", describe_path(answer));
    json_object_set_new(document, "correlations", describe_correlations(answer));
    json_object_set_new(document, "vertices", describe_vertices(answer));
    if (answer->course) {
        json_object_set_new(document, "order",
                            json_string(flx_debug_order_text(answer->order)));
        json_object_set_new(document, "graph_mae", number(answer->course->graph_mae));
        json_object_set_new(document, "steps", describe_steps(answer));
    }
    return flx_print_json(document, error);
}

static void format(char *text, size_t size, double value)
{
    if (isfinite(value))
        snprintf(text, size, "%.5g", value);
    else
        snprintf(text, size, "-");
}

/* r of the edge that leads from parent to child. */
static double find_r(const flx_debug_report *answer, int parent, int child)
{
    const flx_graph *graph = answer->model->graph;
    for (int e = 0; e < graph->n_edges; e++)
        if (graph->edges[e][0] == parent && graph->edges[e][1] == child)
            return answer->diagnosis->r[e];
    return NAN;
}

static void print_path(const flx_debug_report *answer)
{
    static const char *const titles[] = {
        "from the output on",      "kind",         "rows",
        "r with the one it feeds", "MAE composed", "MAE measured"};
    const flx_fault_path *diagnosis = answer->diagnosis;
    flx_table *table = flx_table_create(6, titles, "llrrrr");
    for (int i = 0; i < diagnosis->n_path && table; i++) {
        int v = diagnosis->path[i];
        char rows[16], r[32] = "", mae[32], measured[32];
        snprintf(rows, sizeof rows, "%d", answer->errors->counted[v]);
        if (i > 0)
            snprintf(r, sizeof r, "%.3f", find_r(answer, v, diagnosis->path[i - 1]));
        format(mae, sizeof mae, answer->errors->mae[v]);
        format(measured, sizeof measured, answer->errors->mae_measured[v]);
        const flx_vertex *vertex = &answer->model->graph->vertices[v];
        const char *cells[] = {
            vertex->name, flx_vertex_kind_text(vertex->kind), rows, r, mae, measured};
        flx_table_row(table, cells);
    }
    flx_table_print(table);
    flx_table_destroy(table);
}

/* The correlations that end the path, so that it can be judged how clear a case it is. */
static void print_verdict(const flx_debug_report *answer)
{
    const flx_graph *graph = answer->model->graph;
    int found = answer->diagnosis->vertex, parents = 0;
    for (int e = 0; e < graph->n_edges; e++)
        parents += graph->edges[e][1] == found;
    printf("\nAt fault: %s (assignment %s). ", vertex_name(answer, found),
           assignment_name(answer, found));
    if (parents == 0)
        printf("Nothing feeds it.\n");
    else
        printf("The errors of %s feed%s it do not rise with its own.\n",
               parents == 1 ? "the vertex that" : "the vertices that",
               parents == 1 ? "s" : "");
}

static void print_steps(const flx_debug_report *answer)
{
    static const char *const titles[] = {"retrained", "found at",  "MAE old", "MAE new",
                                         "kept",      "graph MAE", "change"};
    double before = answer->course->graph_mae;
    flx_table *table = flx_table_create(7, titles, "llrrlrr");
    for (int i = 0; i < answer->course->n_steps && table; i++) {
        const flx_debug_step *step = &answer->course->steps[i];
        char old[32], new[32], mae[32], change[32];
        format(old, sizeof old, step->retraining.mae_old);
        format(new, sizeof new, step->retraining.mae_new);
        format(mae, sizeof mae, step->graph_mae);
        snprintf(change, sizeof change, "%+.1f %%", 100 * (step->graph_mae / before - 1));
        const char *cells[] = {assignment_name(answer, step->vertex),
                               vertex_name(answer, step->vertex),
                               old,
                               new,
                               step->retraining.was_replaced ? "new" : "old",
                               mae,
                               change};
        flx_table_row(table, cells);
    }
    printf("\nRetrained by %s; \"MAE old\" and \"new\" are out of sample on the recent "
           "rows, given measured inputs.\nGraph MAE before: %.5g %s\n\n",
           answer->order == FLX_ORDER_DEBUG   ? "debugging"
           : answer->order == FLX_ORDER_ERROR ? "the largest error"
                                              : "chance",
           before, flx_model_unit(answer->model));
    flx_table_print(table);
    flx_table_destroy(table);
    for (int i = 0; i < answer->course->n_steps; i++)
        if (*answer->course->steps[i].retraining.why_not)
            printf("note: %s: %s\n",
                   assignment_name(answer, answer->course->steps[i].vertex),
                   answer->course->steps[i].retraining.why_not);
}

void flx_print_debug_tables(const flx_debug_report *answer)
{
    print_path(answer);
    print_verdict(answer);
    if (answer->course)
        print_steps(answer);
}
