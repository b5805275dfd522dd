/* SPDX-License-Identifier: MIT
 * One service of a deployment file and what it has: metrics, knobs, operations, states.
 */
#include "formats/deployment/deployment_parse.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_REPLICAS = 10000,
    MAX_ENTRIES = 1000, /* of one list of a service */
    MAX_OPERATION = 127
};

/* The list under `key` of a service, of at most MAX_ENTRIES; *size = 0 where absent. */
static flx_status get_list(const flx_json_source *source, const json_t *object,
                           const char *key, json_t **list, size_t *size, flx_error *error)
{
    *list = NULL;
    FLX_TRY(flx_json_get_array(source, object, key, false, list, error));
    *size = *list ? json_array_size(*list) : 0;
    if (*size > MAX_ENTRIES)
        return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                             "\"%s\" holds %zu entries, at most %d are possible", key,
                             *size, MAX_ENTRIES);
    return FLX_OK;
}

static flx_status parse_metrics(const flx_json_source *source, const json_t *object,
                                flx_service *service, flx_error *error)
{
    json_t *list;
    size_t size;
    FLX_TRY(get_list(source, object, "metrics", &list, &size, error));
    service->metrics = calloc(size + 1, sizeof *service->metrics);
    if (!service->metrics)
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < size; i++) {
        const char *text;
        int line = flx_json_item_line(source, list, i);
        FLX_TRY(flx_json_item_text(source, list, i, "a metric", &text, error));
        FLX_TRY(flx_json_check_name(source, line, "a metric", text, false, error));
        if (flx_service_find_metric(service, text) >= 0)
            return flx_json_fail(source, line, error,
                                 "service %s: the metric \"%s\" stands twice",
                                 service->name, text);
        FLX_TRY(flx_copy_text(text, &service->metrics[i], error));
        service->n_metrics++;
    }
    return FLX_OK;
}

static flx_status parse_knobs(const flx_json_source *source, const json_t *object,
                              flx_service *service, flx_error *error)
{
    json_t *list;
    size_t size;
    FLX_TRY(get_list(source, object, "knobs", &list, &size, error));
    service->knobs = calloc(size + 1, sizeof *service->knobs);
    if (!service->knobs)
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(list, i);
        flx_knob *knob = &service->knobs[service->n_knobs++];
        if (!json_is_object(item))
            return flx_json_fail(source, flx_json_item_line(source, list, i), error,
                                 "service %s: a knob must be an object", service->name);
        FLX_TRY(flx_parse_knob(source, item, knob, error));
        int line = flx_json_key_line(source, item, "name");
        if (flx_service_find_knob(service, knob->name) != (int)i)
            return flx_json_fail(source, line, error,
                                 "service %s: the knob \"%s\" stands twice",
                                 service->name, knob->name);
        if (flx_service_find_metric(service, knob->name) >= 0)
            return flx_json_fail(
                source, line, error,
                "service %s: \"%s\" is the name of a knob and of a metric", service->name,
                knob->name);
    }
    return FLX_OK;
}

/* An operation is a name, or an object with a name. */
static flx_status get_operation_name(const flx_json_source *source, const json_t *list,
                                     size_t index, const char **name, flx_error *error)
{
    static const char *const keys[] = {"name", "calls", "inputs", NULL};
    const json_t *item = json_array_get(list, index);
    int line = flx_json_item_line(source, list, index);
    if (json_is_object(item)) {
        FLX_TRY(flx_json_check_keys(source, item, "an operation", keys, error));
        FLX_TRY(flx_json_get_text(source, item, "name", true, name, error));
        line = flx_json_key_line(source, item, "name");
    } else {
        FLX_TRY(flx_json_item_text(source, list, index, "an operation", name, error));
    }
    FLX_TRY(flx_json_check_name(source, line, "an operation", *name, true, error));
    if (strlen(*name) > MAX_OPERATION)
        return flx_json_fail(source, line, error,
                             "an operation has a name of more than %d bytes",
                             MAX_OPERATION);
    return FLX_OK;
}

/* A service that does not tell its operations apart has one, without a name. */
static flx_status parse_operations(const flx_json_source *source, const json_t *object,
                                   flx_service *service, flx_error *error)
{
    json_t *list;
    size_t size;
    FLX_TRY(get_list(source, object, "operations", &list, &size, error));
    service->operations = calloc(size + 1, sizeof *service->operations);
    if (!service->operations)
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < size; i++) {
        const char *name = NULL;
        FLX_TRY(get_operation_name(source, list, i, &name, error));
        if (flx_service_find_operation(service, name) >= 0)
            return flx_json_fail(source, flx_json_item_line(source, list, i), error,
                                 "service %s: the operation \"%s\" stands twice",
                                 service->name, name);
        FLX_TRY(flx_copy_text(name, &service->operations[i].name, error));
        service->n_operations++;
    }
    if (size > 0)
        return FLX_OK;
    service->n_operations = 1;
    return flx_copy_text("", &service->operations[0].name, error);
}

static flx_status add_state(const flx_json_source *source, int line, flx_service *service,
                            const char *operation, const char *name, flx_error *error)
{
    for (int i = 0; i < service->n_states; i++)
        if (strcmp(service->states[i].operation, operation) == 0 &&
            strcmp(service->states[i].name, name) == 0)
            return flx_json_fail(source, line, error,
                                 "service %s: the state \"%s%s%s\" stands twice",
                                 service->name, operation, operation[0] ? ":" : "", name);
    bool is_knob = flx_service_find_knob(service, name) >= 0;
    if (is_knob || flx_service_find_metric(service, name) >= 0)
        return flx_json_fail(source, line, error,
                             "service %s: \"%s\" is the name of a state and of a %s",
                             service->name, name, is_knob ? "knob" : "metric");
    flx_input *state = &service->states[service->n_states++];
    state->knob = -1;
    FLX_TRY(flx_copy_text(operation, &state->operation, error));
    return flx_copy_text(name, &state->name, error);
}

/* "rps" is one state of every operation, "read:rps" one of that operation alone. */
static flx_status parse_state(const flx_json_source *source, int line,
                              flx_service *service, const char *text, flx_error *error)
{
    const char *colon = strrchr(text, ':'), *name = colon ? colon + 1 : text;
    FLX_TRY(flx_json_check_name(source, line, "a state", name, false, error));
    FLX_TRY(flx_json_check_name(source, line, "a state", text, true, error));
    char operation[MAX_OPERATION + 1] = "";
    if (!colon) {
        for (int i = 0; i < service->n_operations; i++)
            FLX_TRY(add_state(source, line, service, service->operations[i].name, name,
                              error));
        return FLX_OK;
    }
    size_t length = (size_t)(colon - text);
    if (length == 0 || length > MAX_OPERATION)
        return flx_json_fail(
            source, line, error,
            "service %s: the state \"%s\" must be NAME or OPERATION:NAME", service->name,
            text);
    memcpy(operation, text, length);
    return add_state(source, line, service, operation, name, error);
}

static flx_status parse_states(const flx_json_source *source, const json_t *object,
                               flx_service *service, flx_error *error)
{
    json_t *list;
    size_t size;
    FLX_TRY(get_list(source, object, "states", &list, &size, error));
    size_t most = size * (size_t)service->n_operations + 1;
    service->states = calloc(most, sizeof *service->states);
    if (!service->states)
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < size; i++) {
        const char *text;
        int line = flx_json_item_line(source, list, i);
        FLX_TRY(flx_json_item_text(source, list, i, "a state", &text, error));
        FLX_TRY(parse_state(source, line, service, text, error));
    }
    return FLX_OK;
}

flx_status flx_parse_service(const flx_json_source *source, const json_t *object,
                             flx_service *service, flx_error *error)
{
    static const char *const keys[] = {"name",   "operations", "replicas", "knobs",
                                       "states", "metrics",    "calls",    NULL};
    const char *name = NULL;
    FLX_TRY(flx_json_check_keys(source, object, "a service", keys, error));
    FLX_TRY(flx_json_get_text(source, object, "name", true, &name, error));
    FLX_TRY(flx_json_check_name(source, flx_json_key_line(source, object, "name"),
                                "a service", name, true, error));
    FLX_TRY(flx_copy_text(name, &service->name, error));
    service->replicas = 1;
    FLX_TRY(flx_json_get_integer(source, object, "replicas", false, 1, MAX_REPLICAS,
                                 &service->replicas, error));
    FLX_TRY(parse_metrics(source, object, service, error));
    FLX_TRY(parse_knobs(source, object, service, error));
    FLX_TRY(parse_operations(source, object, service, error));
    return parse_states(source, object, service, error);
}
