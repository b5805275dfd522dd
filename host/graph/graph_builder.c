/* SPDX-License-Identifier: MIT
 * Builds the composed graph level by level: vertices, assignments and edges come in
 * order, and every source finds the vertex that feeds it by arithmetic instead of by
 * name. */
#include "host/graph/graph.h"

#include "formats/memory.h"
#include "host/graph/call_levels.h"
#include "host/graph/graph_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_graph *graph;
    const flx_call_levels *levels;
    bool paper_mode;
    int n_vertices, n_assignments, n_edges; /* built so far */
} builder;

/* Whether an input weighs the instances of an operation in the mean over them: its own
 * rates, or all that a service without operations sees. */
static bool is_weight(const builder *b, const flx_operation *operation,
                      const flx_input *input)
{
    if (b->paper_mode || input->knob >= 0 || !flx_is_rate(input->name))
        return false;
    return !*operation->name || !*input->operation ||
           strcmp(input->operation, operation->name) == 0;
}

static const char *metric_of(const builder *b, const flx_call_node *node, int k)
{
    return b->levels->spectrum[node->metrics[k]];
}

/* Takes `label` over; false where it is NULL, out of memory. */
static bool add_input(flx_graph_assignment *assignment, flx_column_role kind, char *label)
{
    assignment->inputs[assignment->n_inputs++] = (flx_assignment_input){kind, label};
    return label != NULL;
}

/* Knobs before states, whatever their order in the deployment. */
static bool add_own_inputs(const flx_call_node *node, flx_graph_assignment *assignment)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < node->operation->n_inputs; i++) {
            const flx_input *own = &node->operation->inputs[i];
            if ((own->knob < 0) == pass &&
                !add_input(
                    assignment, own->knob < 0 ? FLX_STATE : FLX_KNOB,
                    flx_column_text(node->service->name, own->operation, -1, own->name)))
                return false;
        }
    return true;
}

static bool add_callees(const builder *b, const flx_operation *operation,
                        flx_graph_assignment *assignment)
{
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_callee(b->levels, &operation->calls[c]);
        for (int k = 0; k < callee->n_metrics; k++)
            if (!add_input(assignment, FLX_METRIC,
                           flx_column_text(callee->service->name, callee->operation->name,
                                           -1, metric_of(b, callee, k))))
                return false;
    }
    return true;
}

static int count_callee_metrics(const builder *b, const flx_operation *operation)
{
    int count = 0;
    for (int c = 0; c < operation->n_calls; c++)
        count += flx_call_levels_callee(b->levels, &operation->calls[c])->n_metrics;
    return count;
}

/* A new assignment without inputs but with room for them; NULL when out of memory. */
static flx_graph_assignment *add_assignment(builder *b, const flx_call_node *node,
                                            const char *metric, flx_vertex_kind kind,
                                            int capacity)
{
    flx_graph_assignment *assignment = &b->graph->assignments[b->n_assignments++];
    assignment->kind = kind;
    assignment->service = node->service_index;
    assignment->operation = node->operation_index;
    assignment->name =
        flx_column_text(node->service->name, node->operation->name, -1, metric);
    assignment->metric = strdup(metric);
    bool is_whole =
        assignment->name && assignment->metric && FLX_NEW(assignment->inputs, capacity);
    return is_whole ? assignment : NULL;
}

/* A new vertex of the newest assignment, with room for its sources; NULL when out of
 * memory. */
static flx_vertex *add_vertex(builder *b, const flx_call_node *node, int instance,
                              int level)
{
    int a = b->n_assignments - 1;
    const flx_graph_assignment *assignment = &b->graph->assignments[a];
    flx_vertex *vertex = &b->graph->vertices[b->n_vertices++];
    vertex->kind = assignment->kind;
    vertex->service = node->service_index;
    vertex->operation = node->operation_index;
    vertex->instance = instance;
    vertex->assignment = a;
    vertex->level = level;
    vertex->name = flx_column_text(node->service->name, node->operation->name, instance,
                                   assignment->metric);
    vertex->metric = strdup(assignment->metric);
    bool is_whole =
        vertex->name && vertex->metric && FLX_NEW(vertex->sources, assignment->n_inputs);
    return is_whole ? vertex : NULL;
}

/* A knob or state of the table: an instance's column falls back on the service's. */
static bool read_column(flx_source *source, const flx_service *service,
                        const flx_input *input, int instance)
{
    bool is_shared = instance >= 0 && input->knob < 0 && flx_is_rate(input->name);
    source->vertex = -1;
    source->share = is_shared ? 1.0 / service->replicas : 1.0;
    source->column =
        flx_column_text(service->name, input->operation, instance, input->name);
    if (instance >= 0)
        source->fallback =
            flx_column_text(service->name, input->operation, -1, input->name);
    return source->column && (instance < 0 || source->fallback);
}

/* The output of an earlier vertex: an edge to the newest one. */
static bool read_vertex(builder *b, flx_source *source, int from)
{
    int *edge = b->graph->edges[b->n_edges++];
    edge[0] = from;
    edge[1] = b->n_vertices - 1;
    source->vertex = from;
    source->share = 1.0;
    source->column = strdup(b->graph->vertices[from].name);
    return source->column != NULL;
}

/* In the order of add_own_inputs and add_callees. */
static bool connect_instance(builder *b, const flx_call_node *node, flx_vertex *vertex)
{
    const flx_operation *operation = node->operation;
    flx_source *source = vertex->sources;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < operation->n_inputs; i++) {
            const flx_input *own = &operation->inputs[i];
            if ((own->knob < 0) == pass &&
                !read_column(source++, node->service, own, vertex->instance))
                return false;
        }
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_callee(b->levels, &operation->calls[c]);
        for (int k = 0; k < callee->n_metrics; k++)
            if (!read_vertex(b, source++, callee->first_visible_vertex + k))
                return false;
    }
    return true;
}

static bool build_instances(builder *b, flx_call_node *node)
{
    int replicas = node->service->replicas;
    int capacity = node->operation->n_inputs + count_callee_metrics(b, node->operation);
    node->first_instance_vertex = b->n_vertices;
    if (replicas == 1)
        node->first_visible_vertex = b->n_vertices;
    for (int k = 0; k < node->n_metrics; k++) {
        flx_graph_assignment *assignment =
            add_assignment(b, node, metric_of(b, node, k), FLX_INSTANCE_VERTEX, capacity);
        if (!assignment || !add_own_inputs(node, assignment) ||
            !add_callees(b, node->operation, assignment))
            return false;
        for (int i = 0; i < replicas; i++) {
            flx_vertex *vertex = add_vertex(b, node, replicas > 1 ? i : -1, node->level);
            if (!vertex || !connect_instance(b, node, vertex))
                return false;
        }
    }
    return true;
}

/* One input an instance. */
static bool add_instances(const flx_service *service, const char *operation,
                          const char *name, flx_column_role kind,
                          flx_graph_assignment *assignment)
{
    for (int i = 0; i < service->replicas; i++)
        if (!add_input(assignment, kind,
                       flx_column_text(service->name, operation, i, name)))
            return false;
    return true;
}

/* The assignment of a service-vertex: all instances' metric, then their rates. */
static bool build_service_assignment(builder *b, const flx_call_node *node,
                                     const char *metric)
{
    const flx_service *service = node->service;
    const flx_operation *operation = node->operation;
    int blocks = 1;
    for (int i = 0; i < operation->n_inputs; i++)
        blocks += is_weight(b, operation, &operation->inputs[i]);
    flx_graph_assignment *assignment =
        add_assignment(b, node, metric, FLX_SERVICE_VERTEX, service->replicas * blocks);
    if (!assignment)
        return false;
    char *plain = assignment->name;
    if (asprintf(&assignment->name, "%s over instances", plain) < 0)
        assignment->name = NULL;
    free(plain);
    if (!assignment->name ||
        !add_instances(service, operation->name, metric, FLX_METRIC, assignment))
        return false;
    for (int i = 0; i < operation->n_inputs; i++) {
        const flx_input *own = &operation->inputs[i];
        if (is_weight(b, operation, own) &&
            !add_instances(service, own->operation, own->name, FLX_STATE, assignment))
            return false;
    }
    return true;
}

static bool connect_service(builder *b, const flx_call_node *node, int metric,
                            flx_vertex *vertex)
{
    const flx_operation *operation = node->operation;
    int replicas = node->service->replicas;
    flx_source *source = vertex->sources;
    for (int i = 0; i < replicas; i++)
        if (!read_vertex(b, source++,
                         node->first_instance_vertex + metric * replicas + i))
            return false;
    for (int n = 0; n < operation->n_inputs; n++)
        for (int i = 0; i < replicas && is_weight(b, operation, &operation->inputs[n]);
             i++)
            if (!read_column(source++, node->service, &operation->inputs[n], i))
                return false;
    return true;
}

static bool build_service_vertices(builder *b, flx_call_node *node)
{
    node->first_visible_vertex = b->n_vertices;
    for (int k = 0; k < node->n_metrics; k++) {
        if (!build_service_assignment(b, node, metric_of(b, node, k)))
            return false;
        flx_vertex *vertex = add_vertex(b, node, -1, node->level + 1);
        if (!vertex || !connect_service(b, node, k, vertex))
            return false;
    }
    return true;
}

static bool build_level(builder *b, int level)
{
    b->graph->level_start[level] = b->n_vertices;
    for (int n = 0; n < b->levels->n_nodes; n++) {
        flx_call_node *node = &b->levels->nodes[n];
        bool is_replicated = node->service->replicas > 1;
        if (!node->is_reachable)
            continue;
        if (node->level == level && !build_instances(b, node))
            return false;
        if (is_replicated && node->level + 1 == level && !build_service_vertices(b, node))
            return false;
    }
    return true;
}

static bool build(builder *b)
{
    flx_graph *graph = b->graph;
    const flx_call_levels *levels = b->levels;
    graph->n_vertices = levels->n_vertices;
    graph->n_assignments = levels->n_assignments;
    graph->n_edges = levels->n_edges;
    graph->n_levels = levels->n_levels;
    graph->n_spectrum = levels->n_spectrum;
    graph->output = levels->n_vertices - 1;
    bool is_whole = flx_graph_allocate(graph);
    for (int k = 0; k < levels->n_spectrum && is_whole; k++)
        is_whole = (graph->spectrum[k] = strdup(levels->spectrum[k])) != NULL;
    for (int level = 0; level < graph->n_levels && is_whole; level++)
        is_whole = build_level(b, level);
    if (!is_whole)
        return false;
    graph->level_start[graph->n_levels] = graph->n_vertices;
    return flx_graph_count_inputs(graph);
}

flx_status flx_graph_build(const flx_deployment *deployment, const char *const *spectrum,
                           int n_spectrum, bool paper_mode, flx_graph **out,
                           flx_error *error)
{
    flx_call_levels *levels;
    builder b = {.paper_mode = paper_mode};
    *out = NULL;
    FLX_TRY(flx_call_levels_build(deployment, spectrum, spectrum ? n_spectrum : 0,
                                  &levels, error));
    b.levels = levels;
    bool is_whole = FLX_NEW(b.graph, 1) && build(&b);
    flx_call_levels_destroy(levels);
    if (!is_whole) {
        flx_graph_destroy(b.graph);
        return flx_no_memory(error, "the graph of deployment %s", deployment->name);
    }
    *out = b.graph;
    return FLX_OK;
}
