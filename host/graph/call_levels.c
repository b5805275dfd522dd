/* SPDX-License-Identifier: MIT
 * Plan of a graph: what the target reaches, then levels by depth-first search, callees
 * before callers. Both keep their own stack instead of recursing, so that a hostile chain
 * of calls cannot exhaust the real one. */
#include "host/graph/call_levels.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond these a graph is a mistake in the replicas rather than a system. */
enum { MOST_VERTICES = 1000000, MOST_SOURCES = 20000000 };

flx_call_node *flx_call_levels_called(const flx_call_levels *groups, const flx_call *call)
{
    return &groups->groups[groups->first_of[call->service] + call->operation];
}

const flx_service *flx_call_node_service(const flx_call_levels *groups,
                                         const flx_call_node *group)
{
    return &groups->deployment->services[group->service];
}

const flx_operation *flx_call_node_operation(const flx_call_levels *groups,
                                             const flx_call_node *group)
{
    return &flx_call_node_service(groups, group)->operations[group->operation];
}

void flx_call_levels_destroy(flx_call_levels *groups)
{
    if (!groups)
        return;
    for (int g = 0; groups->groups && g < groups->n_groups; g++)
        free(groups->groups[g].metrics);
    free(groups->groups);
    free(groups->first_of);
    free(groups->spectrum);
    free(groups);
}

static flx_status out_of_memory(const flx_deployment *deployment, flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "deployment %s: no memory for its graph",
                    deployment->name);
}

/* "redis.get", or "redis" where operations are not told apart. */
static void write_name(const flx_call_levels *groups, const flx_call_node *group,
                       char *text, size_t size)
{
    const flx_service *service = flx_call_node_service(groups, group);
    const char *operation = service->operations[group->operation].name;
    snprintf(text, size, "%s%s%s", service->name, *operation ? "." : "", operation);
}

static flx_status list_groups(flx_call_levels *groups, flx_error *error)
{
    const flx_deployment *deployment = groups->deployment;
    for (int s = 0; s < deployment->n_services; s++)
        groups->n_groups += deployment->services[s].n_operations;
    groups->first_of = calloc((size_t)deployment->n_services, sizeof *groups->first_of);
    groups->groups = calloc((size_t)groups->n_groups, sizeof *groups->groups);
    if (!groups->first_of || !groups->groups)
        return out_of_memory(deployment, error);
    int g = 0;
    for (int s = 0; s < deployment->n_services; s++) {
        groups->first_of[s] = g;
        for (int o = 0; o < deployment->services[s].n_operations; o++, g++)
            groups->groups[g] = (flx_call_node){.service = s,
                                                .operation = o,
                                                .called_by = -1,
                                                .first_instance = -1,
                                                .first_shown = -1};
    }
    groups->target =
        groups->first_of[deployment->target_service] + deployment->target_operation;
    return FLX_OK;
}

static bool is_declared(const flx_deployment *deployment, const char *metric)
{
    for (int s = 0; s < deployment->n_services; s++)
        if (flx_service_find_metric(&deployment->services[s], metric) >= 0)
            return true;
    return false;
}

/* The metrics asked for, in that order, and the target metric where it is not among them.
 */
static flx_status list_spectrum(flx_call_levels *groups, const char *const *spectrum,
                                int n_spectrum, flx_error *error)
{
    const flx_deployment *deployment = groups->deployment;
    bool has_target = false;
    groups->spectrum = calloc((size_t)n_spectrum + 1, sizeof *groups->spectrum);
    if (!groups->spectrum)
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
        groups->spectrum[k] = spectrum[k];
    }
    groups->n_spectrum = n_spectrum;
    if (!has_target)
        groups->spectrum[groups->n_spectrum++] = deployment->target_metric;
    return FLX_OK;
}

/* Marks what the target calls, directly or through others. */
static flx_status reach(flx_call_levels *groups, flx_error *error)
{
    int *stack = malloc((size_t)groups->n_groups * sizeof *stack);
    if (!stack)
        return out_of_memory(groups->deployment, error);
    int top = 0;
    stack[top++] = groups->target;
    groups->groups[groups->target].is_reached = true;
    while (top > 0) {
        int g = stack[--top];
        const flx_operation *operation =
            flx_call_node_operation(groups, &groups->groups[g]);
        for (int c = 0; c < operation->n_calls; c++) {
            flx_call_node *callee = flx_call_levels_called(groups, &operation->calls[c]);
            if (callee->is_reached)
                continue;
            callee->is_reached = true;
            callee->called_by = g;
            stack[top++] = (int)(callee - groups->groups);
        }
    }
    free(stack);
    return FLX_OK;
}

static bool shows(const flx_call_levels *groups, const flx_call_node *group,
                  const char *metric)
{
    const flx_deployment *deployment = groups->deployment;
    if (group->service == deployment->target_service &&
        strcmp(metric, deployment->target_metric) != 0)
        return false;
    return flx_service_find_metric(flx_call_node_service(groups, group), metric) >= 0;
}

static flx_status fail_without_metric(const flx_call_levels *groups,
                                      const flx_call_node *group, flx_error *error)
{
    char name[256], caller[256] = "the target";
    write_name(groups, group, name, sizeof name);
    if (group->called_by < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "deployment %s: the target's service %s does not declare the "
                        "target metric \"%s\"",
                        groups->deployment->name, name,
                        groups->deployment->target_metric);
    write_name(groups, &groups->groups[group->called_by], caller, sizeof caller);
    return flx_fail(
        error, FLX_BAD_INPUT,
        "deployment %s: %s, which %s calls, declares none of the %d metrics of "
        "the spectrum (the first is \"%s\")",
        groups->deployment->name, name, caller, groups->n_spectrum, groups->spectrum[0]);
}

static flx_status choose_metrics(flx_call_levels *groups, flx_error *error)
{
    for (int g = 0; g < groups->n_groups; g++) {
        flx_call_node *group = &groups->groups[g];
        if (!group->is_reached)
            continue;
        group->metrics = calloc((size_t)groups->n_spectrum, sizeof *group->metrics);
        if (!group->metrics)
            return out_of_memory(groups->deployment, error);
        for (int k = 0; k < groups->n_spectrum; k++)
            if (shows(groups, group, groups->spectrum[k]))
                group->metrics[group->n_metrics++] = k;
        if (group->n_metrics == 0)
            return fail_without_metric(groups, group, error);
    }
    return FLX_OK;
}

/* The first call that leads on to a group without a level. */
static int next_unlevelled(const flx_call_levels *groups, int g)
{
    const flx_operation *operation = flx_call_node_operation(groups, &groups->groups[g]);
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_called(groups, &operation->calls[c]);
        if (callee->level < 0)
            return (int)(callee - groups->groups);
    }
    return -1;
}

/* Every group left without a level has a callee without one: walking on must come back to
 * a group seen before, and from there once around is a cycle. */
static flx_status fail_with_cycle(const flx_call_levels *groups, int from,
                                  flx_error *error)
{
    char text[768] = "", name[256];
    size_t length = 0;
    for (int walked = 0; walked < groups->n_groups; walked++)
        from = next_unlevelled(groups, from);
    int at = from;
    do {
        write_name(groups, &groups->groups[at], name, sizeof name);
        if (length < sizeof text)
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s -> ", name);
        at = next_unlevelled(groups, at);
    } while (at != from);
    write_name(groups, &groups->groups[from], name, sizeof name);
    return flx_fail(error, FLX_BAD_INPUT, "deployment %s: the calls form a cycle: %s%s",
                    groups->deployment->name, text, name);
}

/* One above the highest vertex that its callees show; -1 while one of them has no level.
 */
static int level_above(const flx_call_levels *groups, const flx_operation *operation)
{
    int level = 0;
    for (int c = 0; c < operation->n_calls; c++) {
        const flx_call_node *callee =
            flx_call_levels_called(groups, &operation->calls[c]);
        if (callee->level < 0)
            return -1;
        int shown = callee->level + (flx_call_node_service(groups, callee)->replicas > 1);
        level = shown + 1 > level ? shown + 1 : level;
    }
    return level;
}

/* A group waits on the stack for its callees. More waiting than there are groups means
 * that one of them waits twice: a cycle. */
static flx_status assign_levels(flx_call_levels *groups, flx_error *error)
{
    int top = 0, *stack = malloc((size_t)groups->n_groups * sizeof *stack);
    if (!stack)
        return out_of_memory(groups->deployment, error);
    for (int g = 0; g < groups->n_groups; g++)
        groups->groups[g].level = -1;
    stack[top++] = groups->target;
    while (top > 0) {
        int g = stack[top - 1];
        const flx_operation *operation =
            flx_call_node_operation(groups, &groups->groups[g]);
        int level = level_above(groups, operation);
        if (level >= 0) {
            groups->groups[g].level = level;
            top--;
        } else if (top < groups->n_groups) {
            stack[top++] = next_unlevelled(groups, g);
        } else {
            break;
        }
    }
    free(stack);
    return top == 0 ? FLX_OK : fail_with_cycle(groups, groups->target, error);
}

static flx_status fail_too_large(const flx_call_levels *groups,
                                 const flx_call_node *group, flx_error *error)
{
    char name[256];
    write_name(groups, group, name, sizeof name);
    return flx_fail(
        error, FLX_BAD_INPUT,
        "deployment %s: the graph grows beyond %d vertices or %d inputs at %s with "
        "%d replicas and %d metrics",
        groups->deployment->name, MOST_VERTICES, MOST_SOURCES, name,
        flx_call_node_service(groups, group)->replicas, group->n_metrics);
}

/* Metrics that a group's callees show. */
static int64_t count_below(const flx_call_levels *groups, const flx_call_node *group)
{
    const flx_operation *operation = flx_call_node_operation(groups, group);
    int64_t below = 0;
    for (int c = 0; c < operation->n_calls; c++)
        below += flx_call_levels_called(groups, &operation->calls[c])->n_metrics;
    return below;
}

static flx_status count_vertices(flx_call_levels *groups, flx_error *error)
{
    int64_t vertices = 0, edges = 0, columns = 0;
    for (int g = 0; g < groups->n_groups; g++) {
        const flx_call_node *group = &groups->groups[g];
        if (!group->is_reached)
            continue;
        int64_t instances =
            (int64_t)group->n_metrics * flx_call_node_service(groups, group)->replicas;
        int is_replicated = flx_call_node_service(groups, group)->replicas > 1;
        vertices += instances + is_replicated * group->n_metrics;
        if (vertices > MOST_VERTICES)
            return fail_too_large(groups, group, error);
        edges += instances * (count_below(groups, group) + is_replicated);
        columns += instances * flx_call_node_operation(groups, group)->n_inputs;
        if (edges + columns > MOST_SOURCES)
            return fail_too_large(groups, group, error);
        groups->n_assignments += group->n_metrics * (1 + is_replicated);
        if (group->level + is_replicated >= groups->n_levels)
            groups->n_levels = group->level + is_replicated + 1;
    }
    groups->n_vertices = (int)vertices;
    groups->n_edges = (int)edges;
    return FLX_OK;
}

flx_status flx_call_levels_build(const flx_deployment *deployment,
                                 const char *const *spectrum, int n_spectrum,
                                 flx_call_levels **out, flx_error *error)
{
    *out = NULL;
    flx_call_levels *groups = calloc(1, sizeof *groups);
    if (!groups)
        return out_of_memory(deployment, error);
    groups->deployment = deployment;
    flx_status status = list_groups(groups, error);
    if (status == FLX_OK)
        status = list_spectrum(groups, spectrum, n_spectrum, error);
    if (status == FLX_OK)
        status = reach(groups, error);
    if (status == FLX_OK)
        status = choose_metrics(groups, error);
    if (status == FLX_OK)
        status = assign_levels(groups, error);
    if (status == FLX_OK)
        status = count_vertices(groups, error);
    if (status != FLX_OK)
        flx_call_levels_destroy(groups);
    else
        *out = groups;
    return status;
}
