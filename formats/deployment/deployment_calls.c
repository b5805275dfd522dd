/* SPDX-License-Identifier: MIT
 * Who calls whom. Names are resolved against all declared services, the longest first, as
 * they may hold '.'; then a depth-first search over (service, operation) looks for a
 * cycle. */
#include "formats/deployment/deployment_parse.h"

#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CALLS = 100000 };

/* The list "calls" that holds for an operation: its own, else that of its service. *owner
 * is the object it stands in; NULL is returned where there is none. */
static json_t *find_calls(const json_t *services, int service, int operation,
                          const json_t **owner)
{
    const json_t *object = json_array_get(services, (size_t)service);
    const json_t *list = json_object_get(object, "operations");
    const json_t *entry = json_array_get(list, (size_t)operation);
    *owner = json_object_get(entry, "calls") ? entry : object;
    return json_object_get(*owner, "calls");
}

/* "redis.get": the longest declared service that fits, and its operation (-1: all). */
static bool resolve(const flx_deployment *deployment, const char *text, flx_call *call)
{
    int longest = -1;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        int length = (int)strlen(service->name), operation = -1;
        if (length <= longest || strncmp(service->name, text, (size_t)length) != 0)
            continue;
        if (text[length] == '.')
            operation = flx_service_find_operation(service, text + length + 1);
        if (text[length] != '\0' && (operation < 0 || text[length + 1] == '\0'))
            continue;
        *call = (flx_call){s, operation};
        longest = length;
    }
    return longest >= 0;
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
                            flx_operation *operation, flx_error *error)
{
    const flx_service *callee = &deployment->services[found.service];
    int first = found.operation >= 0 ? found.operation : 0;
    int end = found.operation >= 0 ? first + 1 : callee->n_operations;
    size_t most = (size_t)operation->n_calls + (size_t)(end - first);
    flx_call *larger = realloc(operation->calls, most * sizeof *larger);
    if (!larger)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for the calls of %s",
                        operation->name);
    operation->calls = larger;
    for (int o = first; o < end; o++) {
        flx_call call = {found.service, o};
        if (!has_call(operation, call))
            operation->calls[operation->n_calls++] = call;
    }
    return FLX_OK;
}

static flx_status parse_operation_calls(const flx_json_source *source,
                                        const json_t *services, int s, int o,
                                        flx_deployment *deployment, flx_error *error)
{
    flx_service *service = &deployment->services[s];
    const json_t *owner;
    json_t *list = find_calls(services, s, o, &owner);
    if (!list)
        return FLX_OK;
    FLX_TRY(flx_json_get_array(source, owner, "calls", true, &list, error));
    if (json_array_size(list) > MAX_CALLS)
        return flx_json_fail(source, flx_json_key_line(source, owner, "calls"), error,
                             "service %s has more than %d calls", service->name,
                             MAX_CALLS);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text;
        flx_call found;
        FLX_TRY(flx_json_item_text(source, list, i, "a call", &text, error));
        if (!resolve(deployment, text, &found))
            return fail_unknown(source, flx_json_item_line(source, list, i), deployment,
                                service->name, text, error);
        FLX_TRY(add_calls(deployment, found, &service->operations[o], error));
    }
    return FLX_OK;
}

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
            const json_t *owner;
            flx_call last = find->path[find->depth - 1];
            describe_cycle(find, again, cycle, sizeof cycle);
            find_calls(services, last.service, last.operation, &owner);
            return flx_json_fail(source, flx_json_key_line(source, owner, "calls"), error,
                                 "the calls make a cycle: %s", cycle);
        }
    return FLX_OK;
}

static flx_status check_cycles(const flx_json_source *source, const json_t *services,
                               const flx_deployment *deployment, flx_error *error)
{
    size_t operations = 0;
    search find = {.deployment = deployment};
    size_t services_count =
        deployment->n_services > 0 ? (size_t)deployment->n_services : 0;
    find.first = calloc(services_count + 1, sizeof *find.first);
    for (int s = 0; find.first && s < deployment->n_services; s++) {
        find.first[s] = (int)operations;
        operations += (size_t)deployment->services[s].n_operations;
    }
    find.state = calloc(operations + 1, sizeof *find.state);
    find.path = calloc(operations + 1, sizeof *find.path);
    find.next = calloc(operations + 1, sizeof *find.next);
    flx_status status;
    if (find.first && find.state && find.path && find.next)
        status = search_all(source, services, &find, error);
    else
        status = flx_no_memory(error, "%s", flx_json_place(source));
    free(find.next);
    free(find.path);
    free(find.state);
    free(find.first);
    return status;
}

flx_status flx_parse_calls(const flx_json_source *source, const json_t *services,
                           flx_deployment *deployment, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++)
        for (int o = 0; o < deployment->services[s].n_operations; o++)
            FLX_TRY(parse_operation_calls(source, services, s, o, deployment, error));
    return check_cycles(source, services, deployment, error);
}
