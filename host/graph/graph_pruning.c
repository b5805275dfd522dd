/* SPDX-License-Identifier: MIT
 * First the inputs go, then what the output does not reach; what remains moves together
 * and is numbered anew. */
#include "host/graph/graph_pruning.h"

#include "formats/memory.h"
#include "host/graph/graph_parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_read(const flx_input_subset *subset, const flx_assignment_input *input)
{
    return input->kind != FLX_METRIC || flx_input_subset_has(subset, input->label);
}

/* The sources of one vertex that its assignment still reads. */
static void drop_sources(const flx_graph_assignment *assignment,
                         const flx_input_subset *subset, flx_vertex *vertex)
{
    int kept = 0;
    for (int i = 0; i < assignment->n_inputs; i++) {
        flx_source source = vertex->sources[i];
        vertex->sources[i] = (flx_source){0};
        if (is_read(subset, &assignment->inputs[i])) {
            vertex->sources[kept++] = source;
        } else {
            free(source.column);
            free(source.fallback);
        }
    }
}

static void drop_inputs(flx_graph *graph, int a, const flx_input_subset *subset)
{
    flx_graph_assignment *assignment = &graph->assignments[a];
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            drop_sources(assignment, subset, &graph->vertices[v]);
    int kept = 0;
    for (int i = 0; i < assignment->n_inputs; i++)
        if (is_read(subset, &assignment->inputs[i]))
            assignment->inputs[kept++] = assignment->inputs[i];
        else
            free(assignment->inputs[i].label);
    assignment->n_inputs = kept;
}

static bool has_metric(const flx_graph_assignment *assignment, const char *label)
{
    for (int i = 0; i < assignment->n_inputs; i++)
        if (assignment->inputs[i].kind == FLX_METRIC &&
            strcmp(assignment->inputs[i].label, label) == 0)
            return true;
    return false;
}

static flx_status apply(flx_graph *graph, const flx_input_subsets *subsets,
                        flx_error *error)
{
    for (int s = 0; s < subsets->count; s++) {
        const flx_input_subset *subset = &subsets->list[s];
        int a = flx_graph_find_assignment(graph, subset->assignment);
        if (a < 0 || graph->assignments[a].kind != FLX_INSTANCE_VERTEX)
            return flx_fail(error, FLX_BAD_INPUT,
                            "no assignment \"%s\" of instances is in the graph, so it "
                            "cannot be told what to read",
                            subset->assignment);
        for (int k = 0; k < subset->n_labels; k++)
            if (!has_metric(&graph->assignments[a], subset->labels[k]))
                return flx_fail(error, FLX_BAD_INPUT,
                                "the assignment %s cannot read \"%s\": no service that "
                                "it calls shows that",
                                subset->assignment, subset->labels[k]);
        drop_inputs(graph, a, subset);
    }
    return FLX_OK;
}

/* is_needed (n_vertices), false. Sources stand before their readers. */
static void find_needed(const flx_graph *graph, bool *is_needed)
{
    is_needed[graph->output] = true;
    for (int v = graph->n_vertices - 1; v >= 0; v--) {
        const flx_vertex *vertex = &graph->vertices[v];
        int inputs = graph->assignments[vertex->assignment].n_inputs;
        for (int i = 0; i < inputs && is_needed[v]; i++)
            if (vertex->sources[i].vertex >= 0)
                is_needed[vertex->sources[i].vertex] = true;
    }
}

/* 0 without sources that are vertices, else one above the highest of them. */
static void find_levels(flx_graph *graph)
{
    for (int v = 0; v < graph->n_vertices; v++) {
        flx_vertex *vertex = &graph->vertices[v];
        vertex->level = 0;
        for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++) {
            int from = vertex->sources[i].vertex;
            if (from >= 0 && graph->vertices[from].level >= vertex->level)
                vertex->level = graph->vertices[from].level + 1;
        }
    }
}

/* Needed vertices by level, in their order within one. place (n_vertices): the new index,
 * or -1. Fills level_start and n_levels; returns how many remain. */
static int place_vertices(flx_graph *graph, const bool *is_needed, int *place)
{
    int next = 0, levels = graph->vertices[graph->output].level + 1;
    memset(place, -1, (size_t)graph->n_vertices * sizeof *place);
    for (int level = 0; level < levels; level++) {
        graph->level_start[level] = next;
        for (int v = 0; v < graph->n_vertices; v++)
            if (is_needed[v] && graph->vertices[v].level == level)
                place[v] = next++;
    }
    graph->level_start[levels] = next;
    graph->n_levels = levels;
    return next;
}

/* The same for assignments, in the order of the graph. */
static int place_assignments(const flx_graph *graph, const bool *is_needed, int *place)
{
    int next = 0;
    memset(place, -1, (size_t)graph->n_assignments * sizeof *place);
    for (int v = 0; v < graph->n_vertices; v++)
        if (is_needed[v])
            place[graph->vertices[v].assignment] = 0;
    for (int a = 0; a < graph->n_assignments; a++)
        place[a] = place[a] < 0 ? -1 : next++;
    return next;
}

static void move_vertices(flx_graph *graph, const int *place, const int *assignment_place,
                          flx_vertex *moved)
{
    for (int v = 0; v < graph->n_vertices; v++) {
        flx_vertex *vertex = &graph->vertices[v];
        int inputs = graph->assignments[vertex->assignment].n_inputs;
        if (place[v] < 0) {
            flx_vertex_clear(vertex, inputs);
            continue;
        }
        for (int i = 0; i < inputs; i++)
            if (vertex->sources[i].vertex >= 0)
                vertex->sources[i].vertex = place[vertex->sources[i].vertex];
        vertex->assignment = assignment_place[vertex->assignment];
        moved[place[v]] = *vertex;
    }
}

static void move_assignments(flx_graph *graph, const int *place)
{
    for (int a = 0; a < graph->n_assignments; a++)
        if (place[a] < 0)
            flx_graph_assignment_clear(&graph->assignments[a]);
        else
            graph->assignments[place[a]] = graph->assignments[a];
}

static void list_edges(flx_graph *graph)
{
    graph->n_edges = 0;
    for (int v = 0; v < graph->n_vertices; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++)
            if (vertex->sources[i].vertex >= 0) {
                int *edge = graph->edges[graph->n_edges++];
                edge[0] = vertex->sources[i].vertex;
                edge[1] = v;
            }
    }
}

/* Drops what the output does not need; false, and nothing is changed, when out of
 * memory. */
static bool drop_unneeded(flx_graph *graph)
{
    FLX_SCOPED bool *is_needed = NULL;
    FLX_SCOPED int *place = NULL, *assignment_place = NULL;
    flx_vertex *moved;
    if (!FLX_NEW(is_needed, graph->n_vertices) || !FLX_NEW(place, graph->n_vertices) ||
        !FLX_NEW(assignment_place, graph->n_assignments) ||
        !FLX_NEW(moved, graph->n_vertices))
        return false;
    find_needed(graph, is_needed);
    find_levels(graph);
    int vertices = place_vertices(graph, is_needed, place);
    int assignments = place_assignments(graph, is_needed, assignment_place);
    move_vertices(graph, place, assignment_place, moved);
    move_assignments(graph, assignment_place);
    free(graph->vertices);
    graph->vertices = moved;
    graph->n_vertices = vertices;
    graph->n_assignments = assignments;
    graph->output = vertices - 1;
    list_edges(graph);
    return true;
}

flx_status flx_graph_prune(flx_graph *graph, const flx_input_subsets *subsets,
                           flx_error *error)
{
    FLX_TRY(apply(graph, subsets, error));
    flx_input_subsets *copy = flx_input_subsets_copy(subsets);
    if (!copy || !drop_unneeded(graph) || !flx_graph_count_inputs(graph)) {
        flx_input_subsets_destroy(copy);
        return flx_no_memory(error, "the pruned graph");
    }
    flx_input_subsets_destroy(graph->input_subsets);
    graph->input_subsets = copy;
    return FLX_OK;
}
