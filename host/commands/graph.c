/* SPDX-License-Identifier: MIT
 * fluxion graph: the inference graph of a deployment or of a model, as a table by level,
 * a picture for `dot`, or JSON. In the table the replicas of an assignment share one
 * line. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "formats/memory.h"
#include "host/graph.h"
#include "host/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const flx_option options[] = {
    OPT_TEXT(
        "metrics", "METRICS",
        "metrics the vertices predict, e.g. p50,p85,p90,p95 (default: the target's); "
        "a model has its own",
        .alias = "spectrum"),
    OPT_FLAG("dot", "a picture: fluxion graph ... --dot | dot -Tsvg"),
    {0}};

/* What is shown, and what owns it: a model, or a deployment and its graph. */
typedef struct {
    flx_model *model;
    flx_deployment *deployment;
    flx_graph *graph;
} subject;

static void release(subject *s)
{
    if (s->model) {
        flx_model_destroy(s->model);
        return;
    }
    flx_graph_destroy(s->graph);
    flx_deployment_destroy(s->deployment);
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static flx_status load_model(const flx_arguments *arguments, const char *path, subject *s,
                             flx_error *error)
{
    if (flx_is_set(arguments, "metrics"))
        return flx_fail(error, FLX_BAD_INPUT,
                        "--%s %s: the model %s was trained with metrics of its own; give "
                        "its deployment.json to see others",
                        flx_name_given(arguments, "metrics"),
                        flx_text(arguments, "metrics", NULL), path);
    FLX_TRY(flx_model_read(path, &s->model, error));
    s->deployment = s->model->deployment;
    s->graph = s->model->graph;
    return FLX_OK;
}

static flx_status load_deployment(const flx_arguments *arguments, const char *path,
                                  subject *s, flx_error *error)
{
    FLX_CLEARED(flx_metric_list_clear) flx_metric_list metrics = {0};
    FLX_TRY(flx_metric_list_parse(flx_text(arguments, "metrics", NULL), &metrics, error));
    if (metrics.is_selected)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--%s select: which metrics are read is learned from data; "
                        "train a model with it and give that",
                        flx_name_given(arguments, "metrics"));
    FLX_TRY(flx_deployment_read(path, &s->deployment, error));
    return flx_graph_build(s->deployment, (const char *const *)metrics.names, metrics.n,
                           false, &s->graph, error);
}

/* "redis.get" */
static json_t *name_operation(const subject *s, int service, int operation)
{
    const flx_service *owner = &s->deployment->services[service];
    const char *name = owner->operations[operation].name;
    return json_sprintf("%s%s%s", owner->name, *name ? "." : "", name);
}

static json_t *list_left_out(const subject *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->deployment->n_services; i++)
        for (int o = 0; o < s->deployment->services[i].n_operations; o++)
            if (flx_graph_leaves_out(s->graph, s->deployment, i, o))
                json_array_append_new(list, name_operation(s, i, o));
    return list;
}

static json_t *list_vertices(const flx_graph *graph)
{
    json_t *list = json_array();
    for (int v = 0; v < graph->n_vertices; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        const flx_graph_assignment *assignment = &graph->assignments[vertex->assignment];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", vertex->name,
                                        "kind", flx_vertex_kind_text(vertex->kind),
                                        "assignment", assignment->name, "level",
                                        vertex->level, "inputs", assignment->n_inputs));
    }
    return list;
}

static json_t *describe(const subject *s)
{
    const flx_graph *graph = s->graph;
    json_t *edges = json_array(), *metrics = json_array();
    for (int e = 0; e < graph->n_edges; e++)
        json_array_append_new(edges, json_pack("[s, s]",
                                               graph->vertices[graph->edges[e][0]].name,
                                               graph->vertices[graph->edges[e][1]].name));
    for (int k = 0; k < graph->n_spectrum; k++)
        json_array_append_new(metrics, json_string(graph->spectrum[k]));
    return json_pack("{s:o, s:o, s:i, s:i, s:i, s:o, s:s, s:o}", "vertices",
                     list_vertices(graph), "edges", edges, "assignments",
                     graph->n_assignments, "inputs", graph->n_inputs, "levels",
                     graph->n_levels, "spectrum", metrics, "output",
                     graph->vertices[graph->output].name, "left_out", list_left_out(s));
}

static flx_status print_dot(const subject *s, flx_error *error)
{
    char *text = flx_graph_to_dot(s->graph, s->deployment);
    if (!text)
        return flx_no_memory(error, "a picture of deployment %s", s->deployment->name);
    fputs(text, stdout);
    free(text);
    return FLX_OK;
}

/* Whose outputs a vertex reads: operations, each once. */
static json_t *list_feeders(const subject *s, const flx_vertex *vertex)
{
    const flx_graph *graph = s->graph;
    const flx_vertex *last = NULL;
    if (vertex->kind == FLX_SERVICE_VERTEX)
        return json_sprintf("its %d instances",
                            s->deployment->services[vertex->service].replicas);
    json_t *list = json_array();
    for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++) {
        int source = vertex->sources[i].vertex;
        const flx_vertex *feeder = source >= 0 ? &graph->vertices[source] : NULL;
        if (!feeder || (last && last->service == feeder->service &&
                        last->operation == feeder->operation))
            continue;
        json_array_append_new(list,
                              name_operation(s, feeder->service, feeder->operation));
        last = feeder;
    }
    return list;
}

/* One line for the vertices [first, end), which share an assignment. */
static json_t *describe_line(const subject *s, int first, int end)
{
    const flx_vertex *vertex = &s->graph->vertices[first];
    bool is_replicated = end - first > 1;
    return json_pack(
        "{s:i, s:o, s:o, s:s, s:s, s:i, s:o}", "level", vertex->level, "operation",
        name_operation(s, vertex->service, vertex->operation), "instances",
        is_replicated ? json_sprintf("/0..%d", end - first - 1) : json_string(""),
        "metric", vertex->metric, "kind", flx_vertex_kind_text(vertex->kind), "inputs",
        s->graph->assignments[vertex->assignment].n_inputs, "fed_by",
        list_feeders(s, vertex));
}

static void print_text(const subject *s)
{
    static const flx_table_column columns[] = {
        {"level", "{level}"},   {"vertex", "{operation}{?instances}:{metric}"},
        {"kind", "{kind}"},     {"inputs", "{inputs}"},
        {"fed by", "{fed_by}"}, {0}};
    const flx_graph *graph = s->graph;
    json_auto_t *lines = json_array(), *report = describe(s);
    for (int first = 0, end; first < graph->n_vertices; first = end) {
        end = first + 1;
        while (end < graph->n_vertices &&
               graph->vertices[end].assignment == graph->vertices[first].assignment)
            end++;
        json_array_append_new(lines, describe_line(s, first, end));
    }
    flx_print_table(lines, columns);
    printf("\n%d vertices, %d edges", graph->n_vertices, graph->n_edges);
    flx_print_line(report,
                   ", {assignments} assignments, {levels} levels, {inputs} inputs; "
                   "output {output}");
    flx_print_line_if(report, "left_out",
                      "not in the graph, as the target does not call it: {left_out}");
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    bool wants_dot = flx_is_set(arguments, "dot");
    FLX_CLEARED(release) subject s = {NULL, NULL, NULL};
    if (wants_dot && flx_wants_json(arguments))
        return flx_fail(error, FLX_BAD_INPUT, "--dot and --json exclude each other");
    FLX_TRY(
        (is_directory(path) ? load_model : load_deployment)(arguments, path, &s, error));
    if (flx_wants_json(arguments))
        return flx_print_json(describe(&s), error);
    if (wants_dot)
        return print_dot(&s, error);
    print_text(&s);
    return FLX_OK;
}

const flx_command flx_graph_command = {
    .name = "graph",
    .summary = "show the inference graph of a deployment or a model",
    .usage = "MODEL/ | DEP.json [--metrics METRICS] [--dot | --json]",
    .details =
        "A vertex predicts one metric of one instance of an operation. A replicated "
        "service has one more vertex for each metric, which its callers see. The "
        "vertices "
        "of a level need only those of lower levels.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
