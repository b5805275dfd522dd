/* SPDX-License-Identifier: MIT
 * The inference graph as a whole (paper 3.2.1), whoever builds it: its memory, and what
 * can be looked up in it. */
#include "host/graph/graph.h"

#include "formats/memory.h"
#include "host/graph/graph_parts.h"

#include <stdlib.h>
#include <string.h>

const char *flx_vertex_kind_text(flx_vertex_kind kind)
{
    return kind == FLX_SERVICE_VERTEX ? "service" : "instance";
}

bool flx_graph_allocate(flx_graph *graph)
{
    return FLX_NEW(graph->vertices, graph->n_vertices) &&
           FLX_NEW(graph->assignments, graph->n_assignments) &&
           FLX_NEW(graph->edges, graph->n_edges) &&
           FLX_NEW(graph->level_start, graph->n_levels + 1) &&
           FLX_NEW(graph->spectrum, graph->n_spectrum);
}

void flx_assignment_inputs_free(flx_assignment_input *inputs, int count)
{
    for (int i = 0; inputs && i < count; i++)
        free(inputs[i].label);
    free(inputs);
}

void flx_sources_free(flx_source *sources, int count)
{
    for (int i = 0; sources && i < count; i++) {
        free(sources[i].column);
        free(sources[i].fallback);
    }
    free(sources);
}

void flx_graph_assignment_clear(flx_graph_assignment *assignment)
{
    flx_assignment_inputs_free(assignment->inputs, assignment->n_inputs);
    free(assignment->metric);
    free(assignment->name);
}

void flx_vertex_clear(flx_vertex *vertex, int n_inputs)
{
    flx_sources_free(vertex->sources, n_inputs);
    free(vertex->metric);
    free(vertex->name);
}

void flx_graph_destroy(flx_graph *graph)
{
    if (!graph)
        return;
    for (int v = 0; graph->vertices && graph->assignments && v < graph->n_vertices; v++)
        flx_vertex_clear(&graph->vertices[v],
                         graph->assignments[graph->vertices[v].assignment].n_inputs);
    for (int a = 0; graph->assignments && a < graph->n_assignments; a++)
        flx_graph_assignment_clear(&graph->assignments[a]);
    for (int k = 0; graph->spectrum && k < graph->n_spectrum; k++)
        free(graph->spectrum[k]);
    free(graph->vertices);
    free(graph->assignments);
    free(graph->edges);
    free(graph->level_start);
    free(graph->spectrum);
    flx_input_subsets_destroy(graph->input_subsets);
    free(graph);
}

flx_graph_scope flx_graph_scope_of(const flx_graph *graph)
{
    return (flx_graph_scope){(const char *const *)graph->spectrum, graph->n_spectrum,
                             graph->input_subsets};
}

int flx_graph_find_assignment(const flx_graph *graph, const char *name)
{
    for (int a = 0; a < graph->n_assignments; a++)
        if (strcmp(graph->assignments[a].name, name) == 0)
            return a;
    return -1;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool flx_graph_count_inputs(flx_graph *graph)
{
    size_t count = 0, capacity = 0;
    FLX_SCOPED const char **columns = NULL;
    for (int v = 0; v < graph->n_vertices; v++)
        capacity += (size_t)graph->assignments[graph->vertices[v].assignment].n_inputs;
    if (!FLX_NEW(columns, capacity))
        return false;
    for (int v = 0; v < graph->n_vertices; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++)
            if (vertex->sources[i].vertex < 0)
                columns[count++] = vertex->sources[i].column;
    }
    qsort(columns, count, sizeof *columns, compare_texts);
    graph->n_inputs = 0;
    for (size_t i = 0; i < count; i++)
        graph->n_inputs += i == 0 || strcmp(columns[i], columns[i - 1]) != 0;
    return true;
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
