/* SPDX-License-Identifier: MIT */
#include "host/graph/black_box_graph.h"

#include <stdlib.h>
#include <string.h>

#define SINCE_CHANGE "deployment:changed"

/* Instances of a service that the monolith reads: those of the deployment it is for. */
static int count_read(const flx_deployment *deployment, const int *replicas, int s)
{
    return replicas ? replicas[s] : deployment->services[s].replicas;
}

static int count_columns(const flx_deployment *deployment, const int *replicas)
{
    int count = 0;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        count +=
            service->n_knobs + count_read(deployment, replicas, s) * service->n_states;
    }
    return count;
}

/* Appends one input, instance `instance` of `read` that are read (-1: not told apart);
 * false when out of memory. Where one instance was read and now there are more, the first
 * stands for it. */
static bool add_input(flx_graph *graph, flx_column_role kind, const flx_service *service,
                      const char *operation, int instance, const char *name)
{
    int shown = instance < 0 && service->replicas > 1 && kind == FLX_STATE ? 0 : instance;
    if (service->replicas == 1)
        shown = -1;
    flx_graph_assignment *assignment = &graph->assignments[0];
    int at = assignment->n_inputs++;
    flx_source *source = &graph->vertices[0].sources[at];
    assignment->inputs[at].kind = kind;
    assignment->inputs[at].label =
        flx_column_text(service->name, operation, instance, name);
    source->vertex = -1;
    source->share = shown >= 0 && flx_is_rate(name) ? 1.0 / service->replicas : 1.0;
    source->column = flx_column_text(service->name, operation, shown, name);
    if (shown >= 0)
        source->fallback = flx_column_text(service->name, operation, -1, name);
    return assignment->inputs[at].label && source->column &&
           (shown < 0 || source->fallback);
}

static bool add_service(flx_graph *graph, const flx_service *service, int read)
{
    for (int k = 0; k < service->n_knobs; k++)
        if (!add_input(graph, FLX_KNOB, service, "", -1, service->knobs[k].name))
            return false;
    for (int i = 0; i < read; i++)
        for (int k = 0; k < service->n_states; k++)
            if (!add_input(graph, FLX_STATE, service, service->states[k].operation,
                           read > 1 ? i : -1, service->states[k].name))
                return false;
    return true;
}

static bool allocate(flx_graph *graph, int n_inputs)
{
    graph->assignments = calloc(1, sizeof *graph->assignments);
    graph->vertices = calloc(1, sizeof *graph->vertices);
    graph->edges = calloc(1, sizeof *graph->edges);
    graph->level_start = calloc(2, sizeof *graph->level_start);
    graph->spectrum = calloc(1, sizeof *graph->spectrum);
    if (!graph->assignments || !graph->vertices || !graph->edges || !graph->level_start ||
        !graph->spectrum)
        return false;
    graph->n_vertices = graph->n_assignments = graph->n_levels = graph->n_spectrum = 1;
    graph->level_start[1] = 1;
    graph->assignments[0].inputs =
        calloc((size_t)n_inputs + 1, sizeof *graph->assignments[0].inputs);
    graph->vertices[0].sources =
        calloc((size_t)n_inputs + 1, sizeof *graph->vertices[0].sources);
    return graph->assignments[0].inputs && graph->vertices[0].sources;
}

static bool fill(flx_graph *graph, const flx_deployment *deployment, const int *replicas)
{
    flx_graph_assignment *assignment = &graph->assignments[0];
    flx_vertex *vertex = &graph->vertices[0];
    int s = deployment->target_service, o = deployment->target_operation;
    const flx_service *target = &deployment->services[s];
    assignment->service = vertex->service = s;
    assignment->operation = vertex->operation = o;
    vertex->instance = -1;
    assignment->name = flx_column_text(target->name, target->operations[o].name, -1,
                                       deployment->target_metric);
    vertex->name = assignment->name ? strdup(assignment->name) : NULL;
    assignment->metric = strdup(deployment->target_metric);
    vertex->metric = strdup(deployment->target_metric);
    graph->spectrum[0] = strdup(deployment->target_metric);
    bool is_whole =
        vertex->name && assignment->metric && vertex->metric && graph->spectrum[0];
    for (int i = 0; i < deployment->n_services && is_whole; i++)
        is_whole = add_service(graph, &deployment->services[i],
                               count_read(deployment, replicas, i));
    graph->n_inputs = assignment->n_inputs;
    return is_whole;
}

flx_status flx_black_box_graph_build_for(const flx_deployment *deployment,
                                         const int *replicas, flx_graph **out,
                                         flx_error *error)
{
    *out = NULL;
    flx_graph *graph = calloc(1, sizeof *graph);
    if (!graph || !allocate(graph, count_columns(deployment, replicas)) ||
        !fill(graph, deployment, replicas)) {
        flx_graph_destroy(graph);
        return flx_fail(error, FLX_NO_MEMORY,
                        "deployment %s: out of memory for its inputs", deployment->name);
    }
    *out = graph;
    return FLX_OK;
}

flx_status flx_black_box_graph_build(const flx_deployment *deployment, flx_graph **out,
                                     flx_error *error)
{
    return flx_black_box_graph_build_for(deployment, NULL, out, error);
}

flx_status flx_black_box_graph_build_since(const flx_deployment *deployment,
                                           const int *replicas, flx_graph **out,
                                           flx_error *error)
{
    /* `allocate` leaves room for one input more. */
    FLX_TRY(flx_black_box_graph_build_for(deployment, replicas, out, error));
    flx_graph_assignment *assignment = &(*out)->assignments[0];
    int at = assignment->n_inputs++;
    assignment->inputs[at] = (flx_assignment_input){FLX_STATE, strdup(SINCE_CHANGE)};
    (*out)->vertices[0].sources[at] =
        (flx_source){.vertex = -1, .column = strdup(SINCE_CHANGE), .share = 1.0};
    if (assignment->inputs[at].label && (*out)->vertices[0].sources[at].column)
        return FLX_OK;
    flx_graph_destroy(*out);
    *out = NULL;
    return flx_fail(error, FLX_NO_MEMORY, "deployment %s: out of memory for its inputs",
                    deployment->name);
}
