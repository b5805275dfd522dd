/* SPDX-License-Identifier: MIT
 * Who calls whom. Names are resolved against all declared services, the longest first, as
 * they may hold '.'; then a depth-first search over (service, operation) looks for a
 * cycle. Written, all operations of a service are its name alone. */
#include "formats/deployment/deployment_parts.h"

#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CALLS = 100000 };

/* Where the list "calls" stands that holds for an operation: its own, else that of its
 * service. */
static const json_t *owner_of_calls(const json_t *services, int service, int operation)
{
    const json_t *object = json_array_get(services, (size_t)service);
    const json_t *list = json_object_get(object, "operations");
    const json_t *entry = json_array_get(list, (size_t)operation);
    return json_object_get(entry, "calls") ? entry : object;
}

static flx_status fail_unknown(const flx_json_source *source, int line,
                               const flx_deployment *deployment, const char *caller,
                               const char *text, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++) {
        const char *name = deployment->services[s].name;
        size_t length = strlen(name);
        if (strncmp(name, text, length) == 0 && text[length] == '.')
            return flx_json_fail(source, line, error,
                                 "service %s calls \"%s\", but %s has no such operation",
                                 caller, text, name);
    }
    return flx_json_fail(source, line, error,
                         "service %s calls \"%s\", which is not a declared service",
                         caller, text);
}

static bool has_call(const flx_operation *operation, flx_call call)
{
    for (int i = 0; i < operation->n_calls; i++)
        if (operation->calls[i].service == call.service &&
            operation->calls[i].operation == call.operation)
            return true;
    return false;
}

/* One resolved entry: one operation, or all of a service; repeats are dropped. */
static flx_status add_calls(const flx_deployment *deployment, flx_call found,
                            flx_operation *operation, size_t *room, flx_error *error)
{
    const flx_service *callee = &deployment->services[found.service];
    int first = found.operation >= 0 ? found.operation : 0;
    int end = found.operation >= 0 ? first + 1 : callee->n_operations;
    if (!FLX_GROW(operation->calls, *room, operation->n_calls + end - first))
        return flx_no_memory(error, "the calls of %s", operation->name);
    for (int o = first; o < end; o++) {
        flx_call call = {found.service, o};
        if (!has_call(operation, call))
            operation->calls[operation->n_calls++] = call;
    }
    return FLX_OK;
}

static flx_status read_calls(const flx_json_source *source, const json_t *owner,
                             const flx_service *service, flx_operation *operation,
                             const flx_deployment *deployment, flx_error *error)
{
    flx_json_list list;
    size_t room = 0;
    FLX_TRY(flx_json_open_list(source, owner, "calls", 0, MAX_CALLS, &list, error));
    while (flx_json_next(&list)) {
        const char *text;
        flx_call found;
        FLX_TRY(flx_json_list_text(&list, "a call", &text, error));
        if (!flx_deployment_resolve(deployment, text, &found))
            return fail_unknown(source, flx_json_list_line(&list), deployment,
                                service->name, text, error);
        FLX_TRY(add_calls(deployment, found, operation, &room, error));
    }
    return FLX_OK;
}

/* The calls from `first` on are all operations of one service, in order. */
static bool is_call_of_all(const flx_deployment *deployment,
                           const flx_operation *operation, int first)
{
    int callee = operation->calls[first].service;
    int n = deployment->services[callee].n_operations;
    if (operation->n_calls - first < n)
        return false;
    for (int o = 0; o < n; o++)
        if (operation->calls[first + o].service != callee ||
            operation->calls[first + o].operation != o)
            return false;
    return true;
}

json_t *flx_calls_describe(const flx_deployment *deployment,
                           const flx_operation *operation)
{
    json_t *list = json_array();
    for (int i = 0; i < operation->n_calls;) {
        const flx_service *callee = &deployment->services[operation->calls[i].service];
        bool is_of_all = is_call_of_all(deployment, operation, i);
        const char *name = callee->operations[operation->calls[i].operation].name;
        flx_json_append(&list, is_of_all ? json_string(callee->name)
                                         : json_sprintf("%s.%s", callee->name, name));
        i += is_of_all ? callee->n_operations : 1;
    }
    return list;
}

/* --- Cycles --- */

/* A depth-first search without recursion: the path from the start, and how far each
 * operation on it has come in its calls. */
typedef struct {
    const flx_deployment *deployment;
    int *first;  /* (services) number of a service's first operation among all */
    char *state; /* (operations) 0 new, 1 on the path, 2 done */
    flx_call *path;
    int *next; /* (operations) per entry of the path */
    int depth;
} search;

static int number_of(const search *find, flx_call at)
{
    return find->first[at.service] + at.operation;
}

static const flx_operation *operation_of(const search *find, flx_call at)
{
    return &find->deployment->services[at.service].operations[at.operation];
}

static void push(search *find, flx_call at)
{
    find->state[number_of(find, at)] = 1;
    find->path[find->depth] = at;
    find->next[find->depth++] = 0;
}

/* "a -> b.get -> a", from where `again` stands on the path. */
static void describe_cycle(const search *find, flx_call again, char *text, size_t size)
{
    int start = 0;
    while (number_of(find, find->path[start]) != number_of(find, again))
        start++;
    size_t used = 0;
    for (int i = start; i <= find->depth && used < size; i++) {
        flx_call at = i < find->depth ? find->path[i] : again;
        const char *operation = operation_of(find, at)->name;
        int wrote =
            snprintf(text + used, size - used, "%s%s%s%s", i > start ? " -> " : "",
                     find->deployment->services[at.service].name, operation[0] ? "." : "",
                     operation);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

/* True where the calls from `start` come back to the path; *again is where. */
static bool find_cycle(search *find, flx_call start, flx_call *again)
{
    push(find, start);
    while (find->depth > 0) {
        flx_call at = find->path[find->depth - 1];
        const flx_operation *operation = operation_of(find, at);
        if (find->next[find->depth - 1] == operation->n_calls) {
            find->state[number_of(find, at)] = 2;
            find->depth--;
            continue;
        }
        *again = operation->calls[find->next[find->depth - 1]++];
        char state = find->state[number_of(find, *again)];
        if (state == 1)
            return true;
        if (state == 0)
            push(find, *again);
    }
    return false;
}

static flx_status search_all(const flx_json_source *source, const json_t *services,
                             search *find, flx_error *error)
{
    const flx_deployment *deployment = find->deployment;
    for (int s = 0; s < deployment->n_services; s++)
        for (int o = 0; o < deployment->services[s].n_operations; o++) {
            flx_call start = {s, o}, again;
            if (find->state[number_of(find, start)] != 0 ||
                !find_cycle(find, start, &again))
                continue;
            char cycle[512];
            flx_call last = find->path[find->depth - 1];
            const json_t *owner = owner_of_calls(services, last.service, last.operation);
            describe_cycle(find, again, cycle, sizeof cycle);
            return flx_json_fail(source, flx_json_key_line(source, owner, "calls"), error,
                                 "the calls make a cycle: %s", cycle);
        }
    return FLX_OK;
}

static flx_status check_cycles(const flx_json_source *source, const json_t *services,
                               const flx_deployment *deployment, flx_error *error)
{
    int operations = 0;
    FLX_SCOPED int *first = NULL, *next = NULL;
    FLX_SCOPED char *state = NULL;
    FLX_SCOPED flx_call *path = NULL;
    if (!FLX_NEW(first, deployment->n_services))
        return flx_no_memory(error, "%d services", deployment->n_services);
    for (int s = 0; s < deployment->n_services; s++) {
        first[s] = operations;
        operations += deployment->services[s].n_operations;
    }
    if (!FLX_NEW(state, operations) || !FLX_NEW(path, operations) ||
        !FLX_NEW(next, operations))
        return flx_no_memory(error, "the calls of %d operations", operations);
    search find = {deployment, first, state, path, next, 0};
    return search_all(source, services, &find, error);
}

flx_status flx_calls_read(const flx_json_source *source, const json_t *services,
                          flx_deployment *deployment, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++)
        for (int o = 0; o < deployment->services[s].n_operations; o++)
            FLX_TRY(read_calls(
                source, owner_of_calls(services, s, o), &deployment->services[s],
                &deployment->services[s].operations[o], deployment, error));
    return check_cycles(source, services, deployment, error);
}
