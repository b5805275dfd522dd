/* SPDX-License-Identifier: MIT
 * Finds what the target reaches, then levels by depth-first search, callees before
 * callers. Both keep a stack of their own instead of recursing, so that a long chain of
 * calls cannot exhaust the real one. */
#include "host/graph/call_levels.h"

#include "formats/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A larger graph comes from a mistake in the replicas. */
enum { MOST_VERTICES = 1000000, MOST_SOURCES = 20000000 };

flx_call_node *flx_call_levels_callee(const flx_call_levels *levels, const flx_call *call)
{
    return &levels->nodes[levels->first_node[call->service] + call->operation];
}

void flx_call_levels_destroy(flx_call_levels *levels)
{
    if (!levels)
        return;
    for (int n = 0; levels->nodes && n < levels->n_nodes; n++)
        free(levels->nodes[n].metrics);
    free(levels->nodes);
    free(levels->first_node);
    free(levels->spectrum);
    free(levels);
}

static flx_status out_of_memory(const flx_deployment *deployment, flx_error *error)
{
    return flx_no_memory(error, "the graph of deployment %s", deployment->name);
}

/* "redis.get", or "redis" where operations are not told apart. */
static void write_name(const flx_call_node *node, char *text, size_t size)
{
    const char *operation = node->operation->name;
    snprintf(text, size, "%s%s%s", node->service->name, *operation ? "." : "", operation);
}

static flx_status list_nodes(flx_call_levels *levels, flx_error *error)
{
    const flx_deployment *deployment = levels->deployment;
    for (int s = 0; s < deployment->n_services; s++)
        levels->n_nodes += deployment->services[s].n_operations;
    if (!FLX_NEW(levels->first_node, deployment->n_services) ||
        !FLX_NEW(levels->nodes, levels->n_nodes))
        return out_of_memory(deployment, error);
    int n = 0;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        levels->first_node[s] = n;
        for (int o = 0; o < service->n_operations; o++, n++)
            levels->nodes[n] = (flx_call_node){.service = service,
                                               .operation = &service->operations[o],
                                               .service_index = s,
                                               .operation_index = o,
                                               .caller = -1,
                                               .level = -1,
                                               .first_instance_vertex = -1,
                                               .first_visible_vertex = -1};
    }
    levels->target =
        levels->first_node[deployment->target_service] + deployment->target_operation;
    return FLX_OK;
}

static bool is_declared(const flx_deployment *deployment, const char *metric)
{
    for (int s = 0; s < deployment->n_services; s++)
        if (flx_service_find_metric(&deployment->services[s], metric) >= 0)
            return true;
    return false;
}

/* The metrics as given, then the target metric where it is not among them. */
static flx_status list_spectrum(flx_call_levels *levels, const char *const *spectrum,
                                int n_spectrum, flx_error *error)
{
    const flx_deployment *deployment = levels->deployment;
    bool has_target = false;
    if (!FLX_NEW(levels->spectrum, n_spectrum + 1))
        return out_of_memory(deployment, error);
    for (int k = 0; k < n_spectrum; k++) {
        if (!is_declared(deployment, spectrum[k]))
            return flx_fail(error, FLX_BAD_INPUT,
                            "deployment %s: no service declares the metric \"%s\" of the "
                            "spectrum",
                            deployment->name, spectrum[k]);
        for (int j = 0; j < k; j++)
            if (strcmp(spectrum[j], spectrum[k]) == 0)
                return flx_fail(error, FLX_BAD_INPUT,
                                "the metric \"%s\" stands twice in the spectrum",
                                spectrum[k]);
        has_target |= strcmp(spectrum[k], deployment->target_metric) == 0;
        levels->spectrum[k] = spectrum[k];
    }
    levels->n_spectrum = n_spectrum;
    if (!has_target)
        levels->spectrum[levels->n_spectrum++] = deployment->target_metric;
    return FLX_OK;
}

/* Marks what the target calls, directly or through others. */
static flx_status mark_reachable(flx_call_levels *levels, flx_error *error)
{
    FLX_SCOPED int *stack = NULL;
    if (!FLX_NEW(stack, levels->n_nodes))
        return out_of_memory(levels->deployment, error);
    int top = 0;
    stack[top++] = levels->target;
    levels->nodes[levels->target].is_reachable = true;
    while (top > 0) {
        int n = stack[--top];
        const flx_operation *operation = levels->nodes[n].operation;
        for (int c = 0; c < operation->n_calls; c++) {
            flx_call_node *callee = flx_call_levels_callee(levels, &operation->calls[c]);
            if (callee->is_reachable)
                continue;
            callee->is_reachable = true;
            callee->caller = n;
            stack[top++] = (int)(callee - levels->nodes);
        }
    }
    return FLX_OK;
}

static bool shows(const flx_call_levels *levels, const flx_call_node *node,
                  const char *metric)
{
    const flx_deployment *deployment = levels->deployment;
    if (node->service_index == deployment->target_service &&
        strcmp(metric, deployment->target_metric) != 0)
        return false;
    return flx_service_find_metric(node->service, metric) >= 0;
}

static flx_status fail_without_metric(const flx_call_levels *levels,
                                      const flx_call_node *node, flx_error *error)
{
    char name[256], caller[256];
    write_name(node, name, sizeof name);
    if (node->caller < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "deployment %s: the target's service %s does not declare the "
                        "target metric \"%s\"",
                        levels->deployment->name, name,
                        levels->deployment->target_metric);
    write_name(&levels->nodes[node->caller], caller, sizeof caller);
    return flx_fail(
        error, FLX_BAD_INPUT,
        "deployment %s: %s, which %s calls, declares none of the %d metrics of "
        "the spectrum (the first is \"%s\")",
        levels->deployment->name, name, caller, levels->n_spectrum, levels->spectrum[0]);
}

static flx_status choose_metrics(flx_call_levels *levels, flx_error *error)
{
    for (int n = 0; n < levels->n_nodes; n++) {
        flx_call_node *node = &levels->nodes[n];
        if (!node->is_reachable)
            continue;
        if (!FLX_NEW(node->metrics, levels->n_spectrum))
            return out_of_memory(levels->deployment, error);
        for (int k = 0; k < levels->n_spectrum; k++)
            if (shows(levels, node, levels->spectrum[k]))
                node->metrics[node->n_metrics++] = k;
        if (node->n_metrics == 0)
            return fail_without_metric(levels, node, error);
    }
    return FLX_OK;
}

/* The first node without a level that a node calls; -1: none. */
static int next_without_level(const flx_call_levels *levels, int n)
{
    const flx_operation *operation = levels->nodes[n].operation;
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_callee(levels, &operation->calls[c]);
        if (callee->level < 0)
            return (int)(callee - levels->nodes);
    }
    return -1;
}

/* Every node left without a level has a callee without one: a walk along them comes back
 * to a node it has seen, and from there once around is a cycle. */
static flx_status fail_with_cycle(const flx_call_levels *levels, int from,
                                  flx_error *error)
{
    char text[768] = "", name[256];
    size_t length = 0;
    for (int walked = 0; walked < levels->n_nodes; walked++)
        from = next_without_level(levels, from);
    int at = from;
    do {
        write_name(&levels->nodes[at], name, sizeof name);
        if (length < sizeof text)
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s -> ", name);
        at = next_without_level(levels, at);
    } while (at != from);
    write_name(&levels->nodes[from], name, sizeof name);
    return flx_fail(error, FLX_BAD_INPUT, "deployment %s: the calls form a cycle: %s%s",
                    levels->deployment->name, text, name);
}

/* One above the highest vertex that its callees show; -1 while one of them has no level.
 */
static int level_above(const flx_call_levels *levels, const flx_operation *operation)
{
    int level = 0;
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_callee(levels, &operation->calls[c]);
        if (callee->level < 0)
            return -1;
        int above = callee->level + (callee->service->replicas > 1) + 1;
        level = above > level ? above : level;
    }
    return level;
}

/* A node waits on the stack for its callees. More waiting than there are nodes means that
 * one of them waits twice: a cycle. */
static flx_status assign_levels(flx_call_levels *levels, flx_error *error)
{
    FLX_SCOPED int *stack = NULL;
    int top = 0;
    if (!FLX_NEW(stack, levels->n_nodes))
        return out_of_memory(levels->deployment, error);
    stack[top++] = levels->target;
    while (top > 0) {
        int n = stack[top - 1];
        int level = level_above(levels, levels->nodes[n].operation);
        if (level >= 0) {
            levels->nodes[n].level = level;
            top--;
        } else if (top < levels->n_nodes) {
            stack[top++] = next_without_level(levels, n);
        } else {
            return fail_with_cycle(levels, levels->target, error);
        }
    }
    return FLX_OK;
}

static flx_status fail_too_large(const flx_call_levels *levels, const flx_call_node *node,
                                 flx_error *error)
{
    char name[256];
    write_name(node, name, sizeof name);
    return flx_fail(
        error, FLX_BAD_INPUT,
        "deployment %s: the graph grows beyond %d vertices or %d inputs at %s with "
        "%d replicas and %d metrics",
        levels->deployment->name, MOST_VERTICES, MOST_SOURCES, name,
        node->service->replicas, node->n_metrics);
}

static flx_status count_vertices(flx_call_levels *levels, flx_error *error)
{
    int64_t vertices = 0, edges = 0, columns = 0;
    for (int n = 0; n < levels->n_nodes; n++) {
        const flx_call_node *node = &levels->nodes[n];
        const flx_operation *operation = node->operation;
        if (!node->is_reachable)
            continue;
        int64_t instances = (int64_t)node->n_metrics * node->service->replicas;
        int is_replicated = node->service->replicas > 1;
        int64_t sources = is_replicated;
        for (int c = 0; c < operation->n_calls; c++)
            sources += flx_call_levels_callee(levels, &operation->calls[c])->n_metrics;
        vertices += instances + is_replicated * node->n_metrics;
        edges += instances * sources;
        columns += instances * operation->n_inputs;
        if (vertices > MOST_VERTICES || edges + columns > MOST_SOURCES)
            return fail_too_large(levels, node, error);
        levels->n_assignments += node->n_metrics * (1 + is_replicated);
        if (node->level + is_replicated >= levels->n_levels)
            levels->n_levels = node->level + is_replicated + 1;
    }
    levels->n_vertices = (int)vertices;
    levels->n_edges = (int)edges;
    return FLX_OK;
}

static flx_status build(flx_call_levels *levels, const char *const *spectrum,
                        int n_spectrum, flx_error *error)
{
    FLX_TRY(list_nodes(levels, error));
    FLX_TRY(list_spectrum(levels, spectrum, n_spectrum, error));
    FLX_TRY(mark_reachable(levels, error));
    FLX_TRY(choose_metrics(levels, error));
    FLX_TRY(assign_levels(levels, error));
    return count_vertices(levels, error);
}

flx_status flx_call_levels_build(const flx_deployment *deployment,
                                 const char *const *spectrum, int n_spectrum,
                                 flx_call_levels **out, flx_error *error)
{
    *out = NULL;
    flx_call_levels *levels;
    if (!FLX_NEW(levels, 1))
        return out_of_memory(deployment, error);
    levels->deployment = deployment;
    flx_status status = build(levels, spectrum, n_spectrum, error);
    if (status == FLX_OK)
        *out = levels;
    else
        flx_call_levels_destroy(levels);
    return status;
}
