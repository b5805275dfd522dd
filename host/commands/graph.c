/* SPDX-License-Identifier: MIT
 * fluxion graph: the inference graph of a deployment or of a model, as a table by level,
 * a picture for `dot`, or JSON. In the table the replicas of an assignment share one
 * line. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "host/graph.h"
#include "host/model.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const flx_option options[] = {
    {.name = "spectrum",
     .type = FLX_TEXT,
     .argument = "METRICS",
     .help =
         "metrics the vertices predict, e.g. p50,p85,p90,p95 (default: the target's); "
         "a model has its own"},
    {.name = "dot",
     .type = FLX_FLAG,
     .help = "a picture: fluxion graph ... --dot | dot -Tsvg"},
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

static flx_status load_model(const char *path, const char *spectrum, subject *s,
                             flx_error *error)
{
    if (spectrum)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "--spectrum %s: the model %s was trained with its own spectrum; give "
            "its deployment.json to see another",
            spectrum, path);
    FLX_TRY(flx_model_read(path, &s->model, error));
    s->deployment = s->model->deployment;
    s->graph = s->model->graph;
    return FLX_OK;
}

static flx_status load_deployment(const char *path, const char *text, subject *s,
                                  flx_error *error)
{
    flx_metric_list spectrum;
    FLX_TRY(flx_metric_list_parse(text, &spectrum, error));
    if (spectrum.is_selected)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--spectrum select: which metrics are read is learned from data; "
                        "train a model with it and give that");
    flx_status status = flx_deployment_read(path, &s->deployment, error);
    if (status == FLX_OK)
        status = flx_graph_build(s->deployment, (const char *const *)spectrum.names,
                                 spectrum.n, false, &s->graph, error);
    flx_metric_list_clear(&spectrum);
    return status;
}

static json_t *list_left_out(const subject *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->deployment->n_services; i++)
        for (int o = 0; o < s->deployment->services[i].n_operations; o++) {
            const flx_service *service = &s->deployment->services[i];
            const char *operation = service->operations[o].name;
            if (flx_graph_leaves_out(s->graph, s->deployment, i, o))
                json_array_append_new(list,
                                      json_sprintf("%s%s%s", service->name,
                                                   *operation ? "." : "", operation));
        }
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

static flx_status print_document(const subject *s, flx_error *error)
{
    const flx_graph *graph = s->graph;
    json_t *edges = json_array(), *spectrum = json_array();
    for (int e = 0; e < graph->n_edges; e++)
        json_array_append_new(edges, json_pack("[s, s]",
                                               graph->vertices[graph->edges[e][0]].name,
                                               graph->vertices[graph->edges[e][1]].name));
    for (int k = 0; k < graph->n_spectrum; k++)
        json_array_append_new(spectrum, json_string(graph->spectrum[k]));
    return flx_print_json(
        json_pack("{s:o, s:o, s:i, s:i, s:i, s:o, s:s, s:o}", "vertices",
                  list_vertices(graph), "edges", edges, "assignments",
                  graph->n_assignments, "inputs", graph->n_inputs, "levels",
                  graph->n_levels, "spectrum", spectrum, "output",
                  graph->vertices[graph->output].name, "left_out", list_left_out(s)),
        error);
}

static flx_status print_dot(const subject *s, flx_error *error)
{
    char *text = flx_graph_to_dot(s->graph, s->deployment);
    if (!text)
        return flx_fail(error, FLX_NO_MEMORY, "deployment %s: no memory for its picture",
                        s->deployment->name);
    fputs(text, stdout);
    free(text);
    return FLX_OK;
}

/* "redis.get" of a vertex. */
static void put_group(const subject *s, const flx_vertex *vertex, FILE *out)
{
    const flx_service *service = &s->deployment->services[vertex->service];
    const char *operation = service->operations[vertex->operation].name;
    fprintf(out, "%s%s%s", service->name, *operation ? "." : "", operation);
}

/* Whose outputs a vertex reads: operations, each once. */
static void put_feeders(const subject *s, const flx_vertex *vertex, FILE *out)
{
    const flx_graph *graph = s->graph;
    const flx_vertex *last = NULL;
    if (vertex->kind == FLX_SERVICE_VERTEX) {
        fprintf(out, "its %d instances",
                s->deployment->services[vertex->service].replicas);
        return;
    }
    for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++) {
        if (vertex->sources[i].vertex < 0)
            continue;
        const flx_vertex *feeder = &graph->vertices[vertex->sources[i].vertex];
        if (last && last->service == feeder->service &&
            last->operation == feeder->operation)
            continue;
        fputs(last ? ", " : "", out);
        put_group(s, feeder, out);
        last = feeder;
    }
}

/* One line for the vertices [first, end) of one assignment; false when out of memory. */
static bool add_row(const subject *s, int first, int end, flx_table *table)
{
    const flx_vertex *vertex = &s->graph->vertices[first];
    char level[16], inputs[16], *name = NULL, *feeders = NULL;
    size_t size;
    snprintf(level, sizeof level, "%d", vertex->level);
    snprintf(inputs, sizeof inputs, "%d",
             s->graph->assignments[vertex->assignment].n_inputs);
    FILE *out = open_memstream(&name, &size);
    if (out) {
        put_group(s, vertex, out);
        if (end - first > 1)
            fprintf(out, "/0..%d", end - first - 1);
        fprintf(out, ":%s", vertex->metric);
        fclose(out);
    }
    out = open_memstream(&feeders, &size);
    if (out) {
        put_feeders(s, vertex, out);
        fclose(out);
    }
    const char *cells[] = {level, name, flx_vertex_kind_text(vertex->kind), inputs,
                           feeders};
    bool is_whole = name && feeders;
    if (is_whole)
        flx_table_row(table, cells);
    free(name);
    free(feeders);
    return is_whole;
}

static void print_footer(const subject *s)
{
    const flx_graph *graph = s->graph;
    json_t *left_out = list_left_out(s);
    printf("\n%d vertices, %d edges, %d assignments, %d levels, %d inputs; output ",
           graph->n_vertices, graph->n_edges, graph->n_assignments, graph->n_levels,
           graph->n_inputs);
    flx_text_put(graph->vertices[graph->output].name, stdout);
    fputs("\n", stdout);
    for (size_t i = 0; i < json_array_size(left_out); i++) {
        fputs(i ? ", " : "not in the graph, as the target does not call it: ", stdout);
        flx_text_put(json_string_value(json_array_get(left_out, i)), stdout);
    }
    fputs(json_array_size(left_out) ? "\n" : "", stdout);
    json_decref(left_out);
}

static flx_status print_table(const subject *s, flx_error *error)
{
    static const char *const titles[] = {"level", "vertex", "kind", "inputs", "fed by"};
    const flx_graph *graph = s->graph;
    flx_table *table = flx_table_create(5, titles, "rllrl");
    bool is_whole = table != NULL;
    for (int first = 0, end; first < graph->n_vertices && is_whole; first = end) {
        end = first + 1;
        while (end < graph->n_vertices &&
               graph->vertices[end].assignment == graph->vertices[first].assignment)
            end++;
        is_whole = add_row(s, first, end, table);
    }
    if (is_whole) {
        flx_table_print(table);
        print_footer(s);
    }
    flx_table_destroy(table);
    return is_whole ? FLX_OK : flx_fail(error, FLX_NO_MEMORY, "no memory for the table");
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    const char *spectrum = flx_text(arguments, "spectrum", NULL);
    bool wants_dot = flx_is_set(arguments, "dot");
    subject s = {NULL, NULL, NULL};
    if (wants_dot && flx_wants_json(arguments))
        return flx_fail(error, FLX_BAD_INPUT, "--dot and --json exclude each other");
    flx_status status = is_directory(path) ? load_model(path, spectrum, &s, error)
                                           : load_deployment(path, spectrum, &s, error);
    if (status == FLX_OK) {
        if (flx_wants_json(arguments))
            status = print_document(&s, error);
        else
            status = wants_dot ? print_dot(&s, error) : print_table(&s, error);
    }
    release(&s);
    return status;
}

const flx_command flx_graph_command = {
    .name = "graph",
    .summary = "show the inference graph of a deployment or a model",
    .usage = "MODEL/ | DEP.json [--spectrum S] [--dot | --json]",
    .details =
        "A vertex predicts one metric of one instance of an operation; a replicated "
        "service has one more vertex a metric, which its callers see. Vertices of a "
        "level need only those of lower levels.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
