/* SPDX-License-Identifier: MIT
 * Emission of a planned graph, level by level: vertices, assignments and edges come out
 * in order, and every source finds the vertex that feeds it by arithmetic instead of by
 * name. */
#include "host/graph/graph_builder.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_graph *graph;
    const flx_call_levels *groups;
    bool paper_mode;
    int n_vertices, n_assignments, n_edges; /* emitted so far */
} builder;

/* Rates that weigh the instances of one operation: its own, or all that a service without
 * operations sees. */
static bool weighs_instances(const flx_operation *operation, const flx_input *input)
{
    if (input->knob >= 0 || !flx_is_rate(input->name))
        return false;
    return !*operation->name || !*input->operation ||
           strcmp(input->operation, operation->name) == 0;
}

static flx_assignment_input *next_input(flx_graph_assignment *assignment,
                                        flx_column_role kind)
{
    flx_assignment_input *input = &assignment->inputs[assignment->n_inputs++];
    input->kind = kind;
    return input;
}

/* Knobs before states, whatever their order in the deployment. */
static bool label_own_inputs(const flx_service *service, const flx_operation *operation,
                             flx_graph_assignment *assignment)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < operation->n_inputs; i++) {
            const flx_input *own = &operation->inputs[i];
            if ((own->knob < 0) != pass)
                continue;
            flx_assignment_input *input =
                next_input(assignment, own->knob < 0 ? FLX_STATE : FLX_KNOB);
            input->label = flx_column_text(service->name, own->operation, -1, own->name);
            if (!input->label)
                return false;
        }
    return true;
}

static bool label_callees(const flx_call_levels *groups, const flx_operation *operation,
                          flx_graph_assignment *assignment)
{
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_called(groups, &operation->calls[c]);
        for (int k = 0; k < callee->n_metrics; k++) {
            flx_assignment_input *input = next_input(assignment, FLX_METRIC);
            input->label = flx_column_text(flx_call_node_service(groups, callee)->name,
                                           flx_call_node_operation(groups, callee)->name,
                                           -1, groups->spectrum[callee->metrics[k]]);
            if (!input->label)
                return false;
        }
    }
    return true;
}

static int count_callee_metrics(const flx_call_levels *groups,
                                const flx_operation *operation)
{
    int count = 0;
    for (int c = 0; c < operation->n_calls; c++)
        count += flx_call_levels_called(groups, &operation->calls[c])->n_metrics;
    return count;
}

/* A new assignment without inputs but with room for them; NULL when out of memory. */
static flx_graph_assignment *add_assignment(builder *b, const flx_call_node *group,
                                            const char *metric, flx_vertex_kind kind,
                                            int capacity)
{
    flx_graph_assignment *assignment = &b->graph->assignments[b->n_assignments++];
    const char *service = flx_call_node_service(b->groups, group)->name;
    const char *operation = flx_call_node_operation(b->groups, group)->name;
    assignment->kind = kind;
    assignment->service = group->service;
    assignment->operation = group->operation;
    assignment->name = flx_column_text(service, operation, -1, metric);
    assignment->metric = strdup(metric);
    assignment->inputs = calloc((size_t)capacity + 1, sizeof *assignment->inputs);
    bool is_whole = assignment->name && assignment->metric && assignment->inputs;
    return is_whole ? assignment : NULL;
}

/* A new vertex of the newest assignment, with room for its sources; NULL when out of
 * memory. */
static flx_vertex *add_vertex(builder *b, const flx_call_node *group, int instance,
                              int level)
{
    int a = b->n_assignments - 1;
    const flx_graph_assignment *assignment = &b->graph->assignments[a];
    flx_vertex *vertex = &b->graph->vertices[b->n_vertices++];
    vertex->kind = assignment->kind;
    vertex->service = group->service;
    vertex->operation = group->operation;
    vertex->instance = instance;
    vertex->assignment = a;
    vertex->level = level;
    vertex->name = flx_column_text(flx_call_node_service(b->groups, group)->name,
                                   flx_call_node_operation(b->groups, group)->name,
                                   instance, assignment->metric);
    vertex->metric = strdup(assignment->metric);
    vertex->sources = calloc((size_t)assignment->n_inputs + 1, sizeof *vertex->sources);
    return vertex->name && vertex->metric && vertex->sources ? vertex : NULL;
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

/* In the order of label_own_inputs and label_callees. */
static bool connect_instance(builder *b, const flx_call_node *group, flx_vertex *vertex)
{
    const flx_service *service = flx_call_node_service(b->groups, group);
    const flx_operation *operation = flx_call_node_operation(b->groups, group);
    flx_source *source = vertex->sources;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < operation->n_inputs; i++) {
            const flx_input *own = &operation->inputs[i];
            if ((own->knob < 0) == pass &&
                !read_column(source++, service, own, vertex->instance))
                return false;
        }
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_called(b->groups, &operation->calls[c]);
        for (int k = 0; k < callee->n_metrics; k++)
            if (!read_vertex(b, source++, callee->first_shown + k))
                return false;
    }
    return true;
}

static bool emit_instances(builder *b, flx_call_node *group)
{
    const flx_service *service = flx_call_node_service(b->groups, group);
    const flx_operation *operation = flx_call_node_operation(b->groups, group);
    int capacity = operation->n_inputs + count_callee_metrics(b->groups, operation);
    group->first_instance = b->n_vertices;
    if (service->replicas == 1)
        group->first_shown = b->n_vertices;
    for (int k = 0; k < group->n_metrics; k++) {
        flx_graph_assignment *assignment =
            add_assignment(b, group, b->groups->spectrum[group->metrics[k]],
                           FLX_INSTANCE_VERTEX, capacity);
        if (!assignment || !label_own_inputs(service, operation, assignment) ||
            !label_callees(b->groups, operation, assignment))
            return false;
        for (int i = 0; i < service->replicas; i++) {
            int instance = service->replicas > 1 ? i : -1;
            flx_vertex *vertex = add_vertex(b, group, instance, group->level);
            if (!vertex || !connect_instance(b, group, vertex))
                return false;
        }
    }
    return true;
}

static bool label_instances(const flx_service *service, const char *operation,
                            const char *name, flx_column_role kind,
                            flx_graph_assignment *assignment)
{
    for (int i = 0; i < service->replicas; i++) {
        flx_assignment_input *input = next_input(assignment, kind);
        input->label = flx_column_text(service->name, operation, i, name);
        if (!input->label)
            return false;
    }
    return true;
}

static int count_rates(const builder *b, const flx_operation *operation)
{
    int count = 0;
    for (int i = 0; i < operation->n_inputs && !b->paper_mode; i++)
        count += weighs_instances(operation, &operation->inputs[i]);
    return count;
}

/* The assignment of a service-vertex: all instances' metric, then their rates. */
static bool describe_service(builder *b, const flx_call_node *group, const char *metric)
{
    const flx_service *service = flx_call_node_service(b->groups, group);
    const flx_operation *operation = flx_call_node_operation(b->groups, group);
    int capacity = service->replicas * (1 + count_rates(b, operation));
    flx_graph_assignment *assignment =
        add_assignment(b, group, metric, FLX_SERVICE_VERTEX, capacity);
    if (!assignment)
        return false;
    size_t length = strlen(assignment->name);
    char *name = realloc(assignment->name, length + sizeof " over instances");
    if (!name)
        return false;
    assignment->name = name;
    memcpy(name + length, " over instances", sizeof " over instances");
    if (!label_instances(service, operation->name, metric, FLX_METRIC, assignment))
        return false;
    for (int i = 0; i < operation->n_inputs && !b->paper_mode; i++) {
        const flx_input *own = &operation->inputs[i];
        if (weighs_instances(operation, own) &&
            !label_instances(service, own->operation, own->name, FLX_STATE, assignment))
            return false;
    }
    return true;
}

static bool connect_service(builder *b, const flx_call_node *group, int metric,
                            flx_vertex *vertex)
{
    const flx_service *service = flx_call_node_service(b->groups, group);
    const flx_operation *operation = flx_call_node_operation(b->groups, group);
    flx_source *source = vertex->sources;
    int first = group->first_instance + metric * service->replicas;
    for (int i = 0; i < service->replicas; i++)
        if (!read_vertex(b, source++, first + i))
            return false;
    for (int n = 0; n < operation->n_inputs && !b->paper_mode; n++) {
        if (!weighs_instances(operation, &operation->inputs[n]))
            continue;
        for (int i = 0; i < service->replicas; i++)
            if (!read_column(source++, service, &operation->inputs[n], i))
                return false;
    }
    return true;
}

static bool emit_services(builder *b, flx_call_node *group)
{
    group->first_shown = b->n_vertices;
    for (int k = 0; k < group->n_metrics; k++) {
        if (!describe_service(b, group, b->groups->spectrum[group->metrics[k]]))
            return false;
        flx_vertex *vertex = add_vertex(b, group, -1, group->level + 1);
        if (!vertex || !connect_service(b, group, k, vertex))
            return false;
    }
    return true;
}

static bool emit_level(builder *b, int level)
{
    b->graph->level_start[level] = b->n_vertices;
    for (int g = 0; g < b->groups->n_groups; g++) {
        flx_call_node *group = &b->groups->groups[g];
        bool is_replicated = flx_call_node_service(b->groups, group)->replicas > 1;
        if (!group->is_reached)
            continue;
        if (group->level == level && !emit_instances(b, group))
            return false;
        if (is_replicated && group->level + 1 == level && !emit_services(b, group))
            return false;
    }
    return true;
}

bool flx_graph_build_vertices(flx_graph *graph, flx_call_levels *groups, bool paper_mode)
{
    builder b = {.graph = graph, .groups = groups, .paper_mode = paper_mode};
    for (int level = 0; level < graph->n_levels; level++)
        if (!emit_level(&b, level))
            return false;
    graph->level_start[graph->n_levels] = b.n_vertices;
    graph->output = b.n_vertices - 1;
    return true;
}
