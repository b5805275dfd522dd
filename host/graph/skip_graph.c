/* SPDX-License-Identifier: MIT */
#include "host/graph/skip_graph.h"

#include "formats/memory.h"
#include "host/graph/graph_parts.h"

#include <stdlib.h>
#include <string.h>

/* below (n_vertices, n_vertices): whether column u feeds row v, at any distance. Vertices
 * stand by level, so that those below are complete when v is reached. */
static void find_below(const flx_graph *graph, bool *below)
{
    size_t count = (size_t)graph->n_vertices;
    for (size_t v = 0; v < count; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        int inputs = graph->assignments[vertex->assignment].n_inputs;
        for (int i = 0; i < inputs; i++) {
            int from = vertex->sources[i].vertex;
            if (from < 0)
                continue;
            below[v * count + (size_t)from] = true;
            for (size_t u = 0; u < (size_t)from; u++)
                below[v * count + u] |= below[(size_t)from * count + u];
        }
    }
}

/* What a vertex is to read; all texts are borrowed. */
typedef struct {
    int count, capacity;
    flx_assignment_input *inputs;
    flx_source *sources;
} input_list;

static bool has_column(const input_list *list, const char *column)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->sources[i].column, column) == 0)
            return true;
    return false;
}

static bool add_input(input_list *list, flx_assignment_input input,
                      const flx_source *source)
{
    if (list->count == list->capacity) {
        size_t wanted = (size_t)(list->capacity = 2 * list->capacity + 16);
        void *inputs = realloc(list->inputs, wanted * sizeof *list->inputs);
        list->inputs = inputs ? inputs : list->inputs;
        void *sources = realloc(list->sources, wanted * sizeof *list->sources);
        list->sources = sources ? sources : list->sources;
        if (!inputs || !sources)
            return false;
    }
    list->inputs[list->count] = input;
    list->sources[list->count++] = *source;
    return true;
}

/* Appends the inputs of vertex `u` of one kind; those of another vertex than the reader's
 * go by their columns, each once. */
static bool add_kind(const flx_graph *graph, int u, bool is_own, flx_column_role kind,
                     input_list *list)
{
    const flx_vertex *vertex = &graph->vertices[u];
    const flx_graph_assignment *assignment = &graph->assignments[vertex->assignment];
    for (int i = 0; i < assignment->n_inputs; i++) {
        const flx_source *source = &vertex->sources[i];
        if (assignment->inputs[i].kind != kind ||
            (!is_own && has_column(list, source->column)))
            continue;
        char *label = is_own ? assignment->inputs[i].label : source->column;
        if (!add_input(list, (flx_assignment_input){kind, label}, source))
            return false;
    }
    return true;
}

/* Knobs, then states, then metrics: its own, then those of the vertices below. */
static bool list_inputs(const flx_graph *graph, int v, const bool *below,
                        input_list *list)
{
    static const flx_column_role kinds[] = {FLX_KNOB, FLX_STATE};
    list->count = 0;
    for (int k = 0; k < 2; k++) {
        if (!add_kind(graph, v, true, kinds[k], list))
            return false;
        for (int u = 0; u < v; u++)
            if (below[u] && graph->vertices[u].kind == FLX_INSTANCE_VERTEX &&
                !add_kind(graph, u, false, kinds[k], list))
                return false;
    }
    return add_kind(graph, v, true, FLX_METRIC, list);
}

static bool copy_sources(const input_list *list, flx_source **out)
{
    if (!FLX_NEW(*out, list->count))
        return false;
    for (int i = 0; i < list->count; i++) {
        const flx_source *from = &list->sources[i];
        flx_source *source = &(*out)[i];
        *source = *from;
        source->column = strdup(from->column);
        source->fallback = from->fallback ? strdup(from->fallback) : NULL;
        if (!source->column || (from->fallback && !source->fallback))
            return false;
    }
    return true;
}

static bool copy_inputs(const input_list *list, flx_assignment_input **out)
{
    if (!FLX_NEW(*out, list->count))
        return false;
    for (int i = 0; i < list->count; i++) {
        (*out)[i] =
            (flx_assignment_input){list->inputs[i].kind, strdup(list->inputs[i].label)};
        if (!(*out)[i].label)
            return false;
    }
    return true;
}

/* Sources of every instance-vertex and inputs of its assignment: first the new ones,
 * then, exchanged with the graph's, the old ones. */
typedef struct {
    flx_source **sources;          /* (n_vertices) */
    flx_assignment_input **inputs; /* (n_assignments) */
    int *n_inputs;                 /* (n_assignments) */
} widening;

static bool list_all(const flx_graph *graph, const bool *below, widening *w)
{
    input_list list = {0};
    bool is_whole = true;
    for (int v = 0; v < graph->n_vertices && is_whole; v++) {
        int a = graph->vertices[v].assignment;
        if (graph->vertices[v].kind != FLX_INSTANCE_VERTEX)
            continue;
        is_whole =
            list_inputs(graph, v, below + (size_t)v * (size_t)graph->n_vertices, &list);
        w->n_inputs[a] = list.count;
        is_whole = is_whole && copy_sources(&list, &w->sources[v]) &&
                   (w->inputs[a] || copy_inputs(&list, &w->inputs[a]));
    }
    free(list.inputs);
    free(list.sources);
    return is_whole;
}

static void exchange(flx_graph *graph, widening *w)
{
    for (int v = 0; v < graph->n_vertices; v++) {
        flx_source *old = graph->vertices[v].sources;
        if (!w->sources[v])
            continue;
        graph->vertices[v].sources = w->sources[v];
        w->sources[v] = old;
    }
    for (int a = 0; a < graph->n_assignments; a++) {
        flx_graph_assignment *assignment = &graph->assignments[a];
        flx_assignment_input *old = assignment->inputs;
        int n_old = assignment->n_inputs;
        if (!w->inputs[a])
            continue;
        assignment->inputs = w->inputs[a];
        assignment->n_inputs = w->n_inputs[a];
        w->inputs[a] = old;
        w->n_inputs[a] = n_old;
    }
}

static void clear(const flx_graph *graph, widening *w)
{
    for (int v = 0; v < graph->n_vertices; v++)
        flx_sources_free(w->sources[v], w->n_inputs[graph->vertices[v].assignment]);
    for (int a = 0; a < graph->n_assignments; a++)
        flx_assignment_inputs_free(w->inputs[a], w->n_inputs[a]);
}

static bool widen(flx_graph *graph)
{
    size_t vertices = (size_t)graph->n_vertices;
    FLX_SCOPED bool *below = NULL;
    FLX_SCOPED flx_source **sources = NULL;
    FLX_SCOPED flx_assignment_input **inputs = NULL;
    FLX_SCOPED int *n_inputs = NULL;
    if (!FLX_NEW(below, vertices * vertices) || !FLX_NEW(sources, vertices) ||
        !FLX_NEW(inputs, graph->n_assignments) ||
        !FLX_NEW(n_inputs, graph->n_assignments))
        return false;
    widening w = {sources, inputs, n_inputs};
    find_below(graph, below);
    bool is_whole = list_all(graph, below, &w);
    if (is_whole)
        exchange(graph, &w);
    clear(graph, &w);
    return is_whole;
}

flx_status flx_skip_graph_build(const flx_deployment *deployment,
                                const char *const *spectrum, int n_spectrum,
                                bool paper_mode, flx_graph **out, flx_error *error)
{
    FLX_TRY(flx_graph_build(deployment, spectrum, n_spectrum, paper_mode, out, error));
    if (widen(*out))
        return FLX_OK;
    flx_graph_destroy(*out);
    *out = NULL;
    return flx_no_memory(error, "the graph of deployment %s", deployment->name);
}
