/* SPDX-License-Identifier: MIT
 * First the inputs go, then what the output does not reach; what remains moves together
 * and is numbered anew. */
#include "host/graph/graph_pruning.h"

#include <stdlib.h>
#include <string.h>

static void clear_source(flx_source *source)
{
    free(source->column);
    free(source->fallback);
    *source = (flx_source){0};
}

static bool is_read(const flx_input_subset *reading, const flx_assignment_input *input)
{
    return input->kind != FLX_METRIC || flx_input_subset_has(reading, input->label);
}

/* The sources of one vertex that its assignment still reads. */
static void drop_sources(const flx_graph_assignment *assignment,
                         const flx_input_subset *reading, flx_vertex *vertex)
{
    int kept = 0;
    for (int i = 0; i < assignment->n_inputs; i++) {
        flx_source source = vertex->sources[i];
        vertex->sources[i] = (flx_source){0};
        if (is_read(reading, &assignment->inputs[i]))
            vertex->sources[kept++] = source;
        else
            clear_source(&source);
    }
}

static void drop_inputs(flx_graph *graph, int a, const flx_input_subset *reading)
{
    flx_graph_assignment *assignment = &graph->assignments[a];
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            drop_sources(assignment, reading, &graph->vertices[v]);
    int kept = 0, count = assignment->n_inputs;
    for (int i = 0; i < count; i++) {
        flx_assignment_input input = assignment->inputs[i];
        assignment->inputs[i] = (flx_assignment_input){0};
        if (is_read(reading, &input))
            assignment->inputs[kept++] = input;
        else
            free(input.label);
    }
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

static flx_status apply(flx_graph *graph, const flx_input_subsets *readings,
                        flx_error *error)
{
    for (int r = 0; r < readings->count; r++) {
        const flx_input_subset *reading = &readings->list[r];
        int a = flx_graph_find_assignment(graph, reading->assignment);
        if (a < 0 || graph->assignments[a].kind != FLX_INSTANCE_VERTEX)
            return flx_fail(error, FLX_BAD_INPUT,
                            "no assignment \"%s\" of instances is in the graph, so it "
                            "cannot be told what to read",
                            reading->assignment);
        for (int k = 0; k < reading->n_labels; k++)
            if (!has_metric(&graph->assignments[a], reading->labels[k]))
                return flx_fail(error, FLX_BAD_INPUT,
                                "the assignment %s cannot read \"%s\": no service that "
                                "it calls shows that",
                                reading->assignment, reading->labels[k]);
        drop_inputs(graph, a, reading);
    }
    return FLX_OK;
}

/* is_needed (n_vertices). Sources stand before their readers. */
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

static void clear_vertex(flx_vertex *vertex, int inputs)
{
    for (int i = 0; i < inputs; i++)
        clear_source(&vertex->sources[i]);
    free(vertex->sources);
    free(vertex->metric);
    free(vertex->name);
}

static void clear_assignment(flx_graph_assignment *assignment)
{
    for (int i = 0; i < assignment->n_inputs; i++)
        free(assignment->inputs[i].label);
    free(assignment->inputs);
    free(assignment->metric);
    free(assignment->name);
}

/* Needed vertices by level, in their order within one; place (n_vertices): where each
 * goes, -1: it goes away. Fills level_start and n_levels; returns how many remain. */
static int place_vertices(flx_graph *graph, const bool *is_needed, int *place)
{
    int next = 0, levels = graph->vertices[graph->output].level + 1;
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
static int place_assignments(const flx_graph *graph, const int *vertex_place, int *place)
{
    int next = 0;
    for (int v = 0; v < graph->n_vertices; v++)
        if (vertex_place[v] >= 0)
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
            clear_vertex(vertex, inputs);
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
            clear_assignment(&graph->assignments[a]);
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

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Columns of the table that some vertex reads, each once; false when out of memory. */
static bool count_columns(flx_graph *graph)
{
    size_t count = 0, capacity = 1;
    for (int v = 0; v < graph->n_vertices; v++)
        capacity += (size_t)graph->assignments[graph->vertices[v].assignment].n_inputs;
    const char **columns = malloc(capacity * sizeof *columns);
    if (!columns)
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
    free(columns);
    return true;
}

static void renumber(flx_graph *graph, const bool *is_needed, int *vertex_place,
                     int *assignment_place, flx_vertex *moved)
{
    for (int v = 0; v < graph->n_vertices; v++)
        vertex_place[v] = -1;
    for (int a = 0; a < graph->n_assignments; a++)
        assignment_place[a] = -1;
    find_levels(graph);
    int vertices = place_vertices(graph, is_needed, vertex_place);
    int assignments = place_assignments(graph, vertex_place, assignment_place);
    move_vertices(graph, vertex_place, assignment_place, moved);
    move_assignments(graph, assignment_place);
    free(graph->vertices);
    graph->vertices = moved;
    graph->n_vertices = vertices;
    graph->n_assignments = assignments;
    graph->output = vertices - 1;
    list_edges(graph);
}

flx_status flx_graph_prune(flx_graph *graph, const flx_input_subsets *readings,
                           flx_error *error)
{
    FLX_TRY(apply(graph, readings, error));
    size_t vertices = (size_t)graph->n_vertices;
    bool *is_needed = calloc(vertices, sizeof *is_needed);
    int *vertex_place = malloc(vertices * sizeof *vertex_place);
    int *assignment_place =
        malloc((size_t)graph->n_assignments * sizeof *assignment_place);
    flx_vertex *moved = calloc(vertices, sizeof *moved);
    flx_input_subsets *copy = flx_input_subsets_copy(readings);
    bool is_whole = is_needed && vertex_place && assignment_place && moved && copy;
    if (is_whole) {
        find_needed(graph, is_needed);
        renumber(graph, is_needed, vertex_place, assignment_place, moved);
        flx_input_subsets_destroy(graph->readings);
        graph->readings = copy;
        is_whole = count_columns(graph);
    } else {
        free(moved);
        flx_input_subsets_destroy(copy);
    }
    free(is_needed);
    free(vertex_place);
    free(assignment_place);
    return is_whole ? FLX_OK
                    : flx_fail(error, FLX_NO_MEMORY, "no memory to prune a graph");
}
