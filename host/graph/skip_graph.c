/* SPDX-License-Identifier: MIT */
#include "host/graph/skip_graph.h"

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

/* What a vertex comes to read. */
typedef struct {
    int count, capacity;
    flx_assignment_input *inputs; /* labels borrowed */
    flx_source *sources;          /* texts borrowed */
} reading;

static bool reads(const reading *r, const char *column)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->sources[i].column, column) == 0)
            return true;
    return false;
}

/* Appends the inputs of vertex `u` of one kind that are not read yet. Those of another
 * vertex than the reader's go by their columns. */
static bool add_kind(const flx_graph *graph, int u, bool is_own, flx_column_role kind,
                     reading *r)
{
    const flx_vertex *vertex = &graph->vertices[u];
    const flx_graph_assignment *assignment = &graph->assignments[vertex->assignment];
    for (int i = 0; i < assignment->n_inputs; i++) {
        const flx_source *source = &vertex->sources[i];
        if (assignment->inputs[i].kind != kind || (!is_own && reads(r, source->column)))
            continue;
        if (r->count == r->capacity) {
            size_t wanted = (size_t)(r->capacity = 2 * r->capacity + 16);
            void *inputs = realloc(r->inputs, wanted * sizeof *r->inputs);
            r->inputs = inputs ? inputs : r->inputs;
            void *sources = realloc(r->sources, wanted * sizeof *r->sources);
            r->sources = sources ? sources : r->sources;
            if (!inputs || !sources)
                return false;
        }
        r->inputs[r->count] = (flx_assignment_input){
            kind, is_own ? assignment->inputs[i].label : source->column};
        r->sources[r->count++] = *source;
    }
    return true;
}

/* Knobs, then states, then metrics: its own, then those of the vertices below. */
static bool read_all(const flx_graph *graph, int v, const bool *below, reading *r)
{
    static const flx_column_role kinds[] = {FLX_KNOB, FLX_STATE};
    r->count = 0;
    for (int k = 0; k < 2; k++) {
        if (!add_kind(graph, v, true, kinds[k], r))
            return false;
        for (int u = 0; u < v; u++)
            if (below[u] && graph->vertices[u].kind == FLX_INSTANCE_VERTEX &&
                !add_kind(graph, u, false, kinds[k], r))
                return false;
    }
    return add_kind(graph, v, true, FLX_METRIC, r);
}

/* Copies of what is read, so that the vertex and its assignment own their texts. */
static bool copy_sources(const reading *r, flx_source **out)
{
    *out = calloc((size_t)r->count + 1, sizeof **out);
    if (!*out)
        return false;
    for (int i = 0; i < r->count; i++) {
        flx_source *source = &(*out)[i];
        *source = r->sources[i];
        source->column = strdup(r->sources[i].column);
        source->fallback = r->sources[i].fallback ? strdup(r->sources[i].fallback) : NULL;
        if (!source->column || (r->sources[i].fallback && !source->fallback))
            return false;
    }
    return true;
}

static bool copy_inputs(const reading *r, flx_assignment_input **out)
{
    *out = calloc((size_t)r->count + 1, sizeof **out);
    if (!*out)
        return false;
    for (int i = 0; i < r->count; i++) {
        (*out)[i] = (flx_assignment_input){r->inputs[i].kind, strdup(r->inputs[i].label)};
        if (!(*out)[i].label)
            return false;
    }
    return true;
}

/* The new sources of every vertex and inputs of every assignment. */
typedef struct {
    flx_source **sources;          /* (n_vertices) */
    flx_assignment_input **inputs; /* (n_assignments) */
    int *widths;                   /* (n_assignments) */
} widening;

static bool widen_all(const flx_graph *graph, const bool *below, widening *w)
{
    reading r = {0};
    bool is_whole = true;
    for (int v = 0; v < graph->n_vertices && is_whole; v++) {
        int a = graph->vertices[v].assignment;
        if (graph->vertices[v].kind != FLX_INSTANCE_VERTEX)
            continue;
        is_whole =
            read_all(graph, v, below + (size_t)v * (size_t)graph->n_vertices, &r) &&
            copy_sources(&r, &w->sources[v]) &&
            (w->inputs[a] || copy_inputs(&r, &w->inputs[a]));
        w->widths[a] = r.count;
    }
    free(r.inputs);
    free(r.sources);
    return is_whole;
}

static void free_sources(flx_source *sources, int count)
{
    for (int i = 0; i < count && sources; i++) {
        free(sources[i].column);
        free(sources[i].fallback);
    }
    free(sources);
}

static void free_inputs(flx_assignment_input *inputs, int count)
{
    for (int i = 0; i < count && inputs; i++)
        free(inputs[i].label);
    free(inputs);
}

/* Puts the new in the place of the old, which it frees; without `is_whole` the new goes.
 */
static void exchange(flx_graph *graph, widening *w, bool is_whole)
{
    for (int v = 0; v < graph->n_vertices && w->sources; v++) {
        int a = graph->vertices[v].assignment;
        if (!w->sources[v])
            continue;
        free_sources(is_whole ? graph->vertices[v].sources : w->sources[v],
                     is_whole ? graph->assignments[a].n_inputs : w->widths[a]);
        if (is_whole)
            graph->vertices[v].sources = w->sources[v];
    }
    for (int a = 0; a < graph->n_assignments && w->inputs; a++) {
        flx_graph_assignment *assignment = &graph->assignments[a];
        if (!w->inputs[a])
            continue;
        free_inputs(is_whole ? assignment->inputs : w->inputs[a],
                    is_whole ? assignment->n_inputs : w->widths[a]);
        if (is_whole) {
            assignment->inputs = w->inputs[a];
            assignment->n_inputs = w->widths[a];
        }
    }
}

static bool widen(flx_graph *graph)
{
    size_t vertices = (size_t)graph->n_vertices;
    size_t assignments = (size_t)graph->n_assignments;
    bool *below = calloc(vertices * vertices, sizeof *below);
    widening w = {calloc(vertices, sizeof *w.sources),
                  calloc(assignments, sizeof *w.inputs),
                  calloc(assignments, sizeof *w.widths)};
    bool is_whole = below && w.sources && w.inputs && w.widths;
    if (is_whole) {
        find_below(graph, below);
        is_whole = widen_all(graph, below, &w);
    }
    if (w.widths)
        exchange(graph, &w, is_whole);
    free(below);
    free(w.sources);
    free(w.inputs);
    free(w.widths);
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
    return flx_fail(error, FLX_NO_MEMORY, "deployment %s: out of memory for its graph",
                    deployment->name);
}
