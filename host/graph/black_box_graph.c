/* SPDX-License-Identifier: MIT */
#include "host/graph/black_box_graph.h"

#include "formats/memory.h"
#include "host/graph/graph_parts.h"

#include <stdlib.h>
#include <string.h>

#define SINCE_CHANGE "deployment:changed"

/* Instances of a service that the black box reads: those of the deployment it is for. */
static int count_instances(const flx_deployment *deployment, const int *replicas, int s)
{
    return replicas ? replicas[s] : deployment->services[s].replicas;
}

static int count_columns(const flx_deployment *deployment, const int *replicas)
{
    int count = 0;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        count += service->n_knobs +
                 count_instances(deployment, replicas, s) * service->n_states;
    }
    return count;
}

/* Appends one input, of an instance (-1: they are not told apart); false when out of
 * memory. Where one instance was read and now there are more, the first stands for it. */
static bool add_input(flx_graph *graph, flx_column_role kind, const flx_service *service,
                      const char *operation, int instance, const char *name)
{
    int shown = instance < 0 && kind == FLX_STATE ? 0 : instance;
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

static bool add_service(flx_graph *graph, const flx_service *service, int instances)
{
    for (int k = 0; k < service->n_knobs; k++)
        if (!add_input(graph, FLX_KNOB, service, "", -1, service->knobs[k].name))
            return false;
    for (int i = 0; i < instances; i++)
        for (int k = 0; k < service->n_states; k++)
            if (!add_input(graph, FLX_STATE, service, service->states[k].operation,
                           instances > 1 ? i : -1, service->states[k].name))
                return false;
    return true;
}

/* One vertex and its assignment, with room for so many inputs. */
static bool allocate(flx_graph *graph, int n_inputs)
{
    graph->n_vertices = graph->n_assignments = graph->n_levels = graph->n_spectrum = 1;
    if (!flx_graph_allocate(graph))
        return false;
    graph->level_start[1] = 1;
    return FLX_NEW(graph->assignments[0].inputs, n_inputs) &&
           FLX_NEW(graph->vertices[0].sources, n_inputs);
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
                               count_instances(deployment, replicas, i));
    graph->n_inputs = assignment->n_inputs;
    return is_whole;
}

static bool add_since_change(flx_graph *graph)
{
    int at = graph->assignments[0].n_inputs++;
    flx_assignment_input *input = &graph->assignments[0].inputs[at];
    flx_source *source = &graph->vertices[0].sources[at];
    *input = (flx_assignment_input){FLX_STATE, strdup(SINCE_CHANGE)};
    *source = (flx_source){.vertex = -1, .column = strdup(SINCE_CHANGE), .share = 1.0};
    return input->label && source->column;
}

flx_status flx_black_box_graph_build_for(const flx_deployment *deployment,
                                         const int *replicas, bool has_since_change,
                                         flx_graph **out, flx_error *error)
{
    flx_graph *graph;
    bool is_whole = FLX_NEW(graph, 1) &&
                    allocate(graph, count_columns(deployment, replicas) + 1) &&
                    fill(graph, deployment, replicas) &&
                    (!has_since_change || add_since_change(graph));
    *out = is_whole ? graph : NULL;
    if (is_whole)
        return FLX_OK;
    flx_graph_destroy(graph);
    return flx_no_memory(error, "the inputs of deployment %s", deployment->name);
}

flx_status flx_black_box_graph_build(const flx_deployment *deployment, flx_graph **out,
                                     flx_error *error)
{
    return flx_black_box_graph_build_for(deployment, NULL, false, out, error);
}
