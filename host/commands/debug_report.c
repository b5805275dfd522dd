/* SPDX-License-Identifier: MIT */
#include "host/commands/debug_report.h"

#include <math.h>

static const char *vertex_name(const flx_debug_result *result, int v)
{
    return result->model->graph->vertices[v].name;
}

static const char *assignment_name(const flx_debug_result *result, int v)
{
    const flx_graph *graph = result->model->graph;
    return graph->assignments[graph->vertices[v].assignment].name;
}

static json_t *list_path(const flx_debug_result *result)
{
    json_t *path = json_array();
    for (int i = 0; i < result->path->n_path; i++)
        json_array_append_new(path,
                              json_string(vertex_name(result, result->path->path[i])));
    return path;
}

static json_t *list_correlations(const flx_debug_result *result)
{
    json_t *list = json_array();
    for (int e = 0; e < result->path->n_edges; e++) {
        const int *edge = result->model->graph->edges[e];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "parent",
                                              vertex_name(result, edge[0]), "child",
                                              vertex_name(result, edge[1]), "r",
                                              result->path->r[e]));
    }
    return list;
}

static json_t *describe_vertex(const flx_debug_result *result, int v)
{
    const flx_test_errors *errors = result->errors;
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o}", "name", vertex_name(result, v),
                     "kind", flx_vertex_kind_text(result->model->graph->vertices[v].kind),
                     "assignment", assignment_name(result, v), "rows", errors->counted[v],
                     "mae", flx_json_real(errors->mae[v]), "mae_given_measured_inputs",
                     flx_json_real(errors->mae_measured[v]));
}

static json_t *list_vertices(const flx_debug_result *result)
{
    json_t *list = json_array();
    for (int v = 0; v < result->errors->n_vertices; v++)
        json_array_append_new(list, describe_vertex(result, v));
    return list;
}

static json_t *list_steps(const flx_debug_result *result)
{
    json_t *list = json_array();
    for (int i = 0; i < result->trace->n_steps; i++) {
        const flx_debug_step *step = &result->trace->steps[i];
        const flx_retraining *retraining = &step->retraining;
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b, s:o, s:o, s:s*, s:o}", "vertex",
                                        vertex_name(result, step->vertex), "assignment",
                                        assignment_name(result, step->vertex), "replaced",
                                        (int)retraining->was_replaced, "mae_old",
                                        flx_json_real(retraining->mae_old), "mae_new",
                                        flx_json_real(retraining->mae_new), "why_not",
                                        *retraining->why_not ? retraining->why_not : NULL,
                                        "graph_mae", flx_json_real(step->graph_mae)));
    }
    return list;
}

static json_t *describe(const flx_debug_result *result)
{
    int found = result->path->vertex;
    json_t *report = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o}", "vertex", vertex_name(result, found),
        "assignment", assignment_name(result, found), "unit",
        flx_model_unit(result->model), "path", list_path(result), "correlations",
        list_correlations(result), "vertices", list_vertices(result));
    if (result->trace) {
        json_object_set_new(report, "order",
                            json_string(flx_debug_order_text(result->order)));
        json_object_set_new(report, "graph_mae", flx_json_real(result->trace->graph_mae));
        json_object_set_new(report, "steps", list_steps(result));
    }
    return report;
}

/* r of the edge that leads from parent to child. */
static double find_r(const flx_debug_result *result, int parent, int child)
{
    const flx_graph *graph = result->model->graph;
    for (int e = 0; e < graph->n_edges; e++)
        if (graph->edges[e][0] == parent && graph->edges[e][1] == child)
            return result->path->r[e];
    return NAN;
}

/* The vertices of the path as objects, and how many vertices feed the last of them. */
static json_t *describe_for_text(const flx_debug_result *result)
{
    const flx_graph *graph = result->model->graph;
    const int *path = result->path->path;
    json_t *lines = json_array();
    int parents = 0;
    for (int i = 0; i < result->path->n_path; i++) {
        json_t *line = describe_vertex(result, path[i]);
        if (i > 0)
            json_object_set_new(line, "r",
                                flx_json_real(find_r(result, path[i], path[i - 1])));
        json_array_append_new(lines, line);
    }
    for (int e = 0; e < graph->n_edges; e++)
        parents += graph->edges[e][1] == result->path->vertex;
    return json_pack("{s:o, s:i}", "path_vertices", lines, "parents", parents);
}

static void print_path(const json_t *report)
{
    static const flx_table_column columns[] = {
        {"from the output on", "{name}"},
        {"kind", "{kind}"},
        {"rows", "{rows}"},
        {"r with the one it feeds", "{?r:.3f}"},
        {"MAE composed", "{mae:.5g}"},
        {"MAE measured", "{mae_given_measured_inputs:.5g}"},
        {0}};
    json_int_t parents = json_integer_value(json_object_get(report, "parents"));
    flx_print_table(json_object_get(report, "path_vertices"), columns);
    flx_write_filled(report, "\nAt fault: {vertex} (assignment {assignment}). ", stdout);
    puts(parents == 0 ? "Nothing feeds it."
         : parents == 1
             ? "The errors of the vertex that feeds it do not rise with its own."
             : "The errors of the vertices that feed it do not rise with its "
               "own.");
}

static void print_steps(const json_t *report)
{
    static const flx_table_column columns[] = {
        {"retrained", "{assignment}"},    {"found at", "{vertex}"},
        {"MAE old", "{mae_old:.5g}"},     {"MAE new", "{mae_new:.5g}"},
        {"in use", "{replaced:new|old}"}, {"graph MAE", "{graph_mae:.5g}"},
        {"change", "{change:+.1%}"},      {0}};
    json_t *steps = json_object_get(report, "steps"), *step;
    double before = json_number_value(json_object_get(report, "graph_mae"));
    size_t i;
    json_array_foreach(steps, i, step) {
        double mae = json_number_value(json_object_get(step, "graph_mae"));
        json_object_set_new(step, "change", flx_json_real(mae / before - 1));
    }
    flx_print_line(
        report, "\nRetrained by strategy {order}; MAE old and new are out of sample on "
                "the recent rows, given measured inputs.\n"
                "Graph MAE before: {graph_mae:.5g}{ unit}\n");
    flx_print_table(steps, columns);
    json_array_foreach(steps, i, step)
        flx_print_line_if(step, "why_not", "warning: {assignment}: {why_not}");
}

static void print_text(json_t *report)
{
    print_path(report);
    if (json_object_get(report, "steps"))
        print_steps(report);
}

flx_status flx_report_debugging(const flx_arguments *arguments,
                                const flx_debug_result *result, flx_error *error)
{
    return flx_report(arguments, describe(result), describe_for_text(result), print_text,
                      error);
}
