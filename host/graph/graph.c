/* SPDX-License-Identifier: MIT
 * The inference graph as a whole (paper 3.2.1): planned by host/graph/call_levels.c,
 * filled by host/graph/graph_builder.c, owned and searched here. */
#include "host/graph/graph.h"

#include "host/graph/call_levels.h"
#include "host/graph/graph_builder.h"

#include <stdlib.h>
#include <string.h>

const char *flx_vertex_kind_text(flx_vertex_kind kind)
{
    return kind == FLX_SERVICE_VERTEX ? "service" : "instance";
}

static flx_status out_of_memory(const flx_deployment *deployment, flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "deployment %s: no memory for its graph",
                    deployment->name);
}

static bool allocate(flx_graph *graph, const flx_call_levels *groups)
{
    graph->n_vertices = groups->n_vertices;
    graph->n_assignments = groups->n_assignments;
    graph->n_edges = groups->n_edges;
    graph->n_levels = groups->n_levels;
    graph->n_spectrum = groups->n_spectrum;
    graph->vertices = calloc((size_t)graph->n_vertices, sizeof *graph->vertices);
    graph->assignments = calloc((size_t)graph->n_assignments, sizeof *graph->assignments);
    graph->edges = calloc((size_t)graph->n_edges + 1, sizeof *graph->edges);
    graph->level_start = calloc((size_t)graph->n_levels + 1, sizeof *graph->level_start);
    graph->spectrum = calloc((size_t)graph->n_spectrum, sizeof *graph->spectrum);
    return graph->vertices && graph->assignments && graph->edges && graph->level_start &&
           graph->spectrum;
}

static bool copy_spectrum(flx_graph *graph, const flx_call_levels *groups)
{
    for (int k = 0; k < graph->n_spectrum; k++) {
        graph->spectrum[k] = strdup(groups->spectrum[k]);
        if (!graph->spectrum[k])
            return false;
    }
    return true;
}

/* Position of a knob or state among those of its service: knobs, then states. */
static int place_of_input(const flx_service *service, const flx_input *input)
{
    if (input->knob >= 0)
        return input->knob;
    for (int s = 0; s < service->n_states; s++)
        if (strcmp(service->states[s].name, input->name) == 0 &&
            strcmp(service->states[s].operation, input->operation) == 0)
            return service->n_knobs + s;
    return service->n_knobs + service->n_states; /* seen but not declared: counted once */
}

/* Knobs and states that some operation of the service in the graph sees, each once. */
static int count_seen(const flx_call_levels *groups, int s, bool *is_seen)
{
    const flx_service *service = &groups->deployment->services[s];
    int count = 0;
    for (int o = 0; o < service->n_operations; o++) {
        const flx_operation *operation = &service->operations[o];
        if (!groups->groups[groups->first_of[s] + o].is_reached)
            continue;
        for (int i = 0; i < operation->n_inputs; i++) {
            int place = place_of_input(service, &operation->inputs[i]);
            count += !is_seen[place];
            is_seen[place] = true;
        }
    }
    return count;
}

static bool count_inputs(flx_graph *graph, const flx_call_levels *groups)
{
    for (int s = 0; s < groups->deployment->n_services; s++) {
        const flx_service *service = &groups->deployment->services[s];
        bool *is_seen = calloc((size_t)(service->n_knobs + service->n_states) + 1, 1);
        if (!is_seen)
            return false;
        graph->n_inputs += service->replicas * count_seen(groups, s, is_seen);
        free(is_seen);
    }
    return true;
}

flx_status flx_graph_build(const flx_deployment *deployment, const char *const *spectrum,
                           int n_spectrum, bool paper_mode, flx_graph **out,
                           flx_error *error)
{
    flx_call_levels *groups;
    *out = NULL;
    FLX_TRY(flx_call_levels_build(deployment, spectrum, spectrum ? n_spectrum : 0,
                                  &groups, error));
    flx_graph *graph = calloc(1, sizeof *graph);
    bool is_whole = graph && allocate(graph, groups) && copy_spectrum(graph, groups) &&
                    flx_graph_build_vertices(graph, groups, paper_mode) &&
                    count_inputs(graph, groups);
    flx_call_levels_destroy(groups);
    if (!is_whole) {
        flx_graph_destroy(graph);
        return out_of_memory(deployment, error);
    }
    *out = graph;
    return FLX_OK;
}

static void release_vertices(flx_graph *graph)
{
    for (int v = 0; graph->vertices && v < graph->n_vertices; v++) {
        flx_vertex *vertex = &graph->vertices[v];
        const flx_graph_assignment *assignment = &graph->assignments[vertex->assignment];
        for (int i = 0; vertex->sources && i < assignment->n_inputs; i++) {
            free(vertex->sources[i].column);
            free(vertex->sources[i].fallback);
        }
        free(vertex->sources);
        free(vertex->metric);
        free(vertex->name);
    }
    free(graph->vertices);
}

static void release_assignments(flx_graph *graph)
{
    for (int a = 0; graph->assignments && a < graph->n_assignments; a++) {
        flx_graph_assignment *assignment = &graph->assignments[a];
        for (int i = 0; assignment->inputs && i < assignment->n_inputs; i++)
            free(assignment->inputs[i].label);
        free(assignment->inputs);
        free(assignment->metric);
        free(assignment->name);
    }
    free(graph->assignments);
}

void flx_graph_destroy(flx_graph *graph)
{
    if (!graph)
        return;
    if (graph->assignments) /* else no vertex was filled */
        release_vertices(graph);
    else
        free(graph->vertices);
    release_assignments(graph);
    free(graph->edges);
    free(graph->level_start);
    for (int k = 0; graph->spectrum && k < graph->n_spectrum; k++)
        free(graph->spectrum[k]);
    free(graph->spectrum);
    flx_input_subsets_destroy(graph->readings);
    free(graph);
}

flx_graph_scope flx_graph_scope_of(const flx_graph *graph)
{
    return (flx_graph_scope){(const char *const *)graph->spectrum, graph->n_spectrum,
                             graph->readings};
}

int flx_graph_find_vertex(const flx_graph *graph, const char *name)
{
    for (int v = 0; v < graph->n_vertices; v++)
        if (strcmp(graph->vertices[v].name, name) == 0)
            return v;
    return -1;
}

int flx_graph_find_assignment(const flx_graph *graph, const char *name)
{
    for (int a = 0; a < graph->n_assignments; a++)
        if (strcmp(graph->assignments[a].name, name) == 0)
            return a;
    return -1;
}

/* A composed vertex reads columns of its own service only. */
static bool is_black_box(const flx_graph *graph, const flx_deployment *deployment)
{
    const flx_vertex *vertex = &graph->vertices[graph->output];
    for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++) {
        const flx_source *source = &vertex->sources[i];
        flx_column_place place;
        if (source->vertex < 0 && flx_column_parse(deployment, source->column, &place) &&
            place.service != vertex->service)
            return true;
    }
    return false;
}

bool flx_graph_leaves_out(const flx_graph *graph, const flx_deployment *deployment,
                          int service, int operation)
{
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].service == service &&
            graph->vertices[v].operation == operation)
            return false;
    return !is_black_box(graph, deployment);
}
