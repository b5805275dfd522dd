/* SPDX-License-Identifier: MIT
 * One service of a deployment file and what it has: operations, knobs, states, metrics.
 * Short forms are written where they say the same: "rps" for one state of every
 * operation, calls of the service where all its operations call alike. */
#include "formats/deployment/deployment_parts.h"

#include "formats/memory.h"

#include <string.h>

enum {
    MAX_REPLICAS = 10000,
    MAX_ENTRIES = 1000, /* of one list of a service */
    MAX_OPERATION = 127
};

/* --- Operations --- */

static bool calls_alike(const flx_service *service)
{
    const flx_operation *first = &service->operations[0];
    size_t size = (size_t)first->n_calls * sizeof *first->calls;
    for (int o = 1; o < service->n_operations; o++) {
        const flx_operation *other = &service->operations[o];
        if (other->n_calls != first->n_calls ||
            (size > 0 && memcmp(other->calls, first->calls, size) != 0))
            return false;
    }
    return true;
}

/* The service that an operation is one of. */
static const flx_service *owner_of(const flx_deployment *deployment,
                                   const flx_operation *operation)
{
    const flx_service *service = deployment->services;
    while (operation < service->operations ||
           operation >= service->operations + service->n_operations)
        service++;
    return service;
}

static json_t *describe_own_calls(const flx_json_written *what)
{
    bool is_shared = calls_alike(owner_of(what->context, what->record));
    return is_shared ? json_null() : flx_calls_describe(what->context, what->record);
}

static json_t *describe_own_inputs(const flx_json_written *what)
{
    const flx_service *service = owner_of(what->context, what->record);
    bool is_default = flx_has_default_inputs(service, what->record);
    return is_default ? json_null() : flx_inputs_describe(what->record);
}

static const flx_json_field operation_rows[] = {
    {"name", FLX_JSON_NAME, FLX_JSON_AT(flx_operation, name), .is_required = true},
    {"calls", FLX_JSON_PART, .write = describe_own_calls},
    {"inputs", FLX_JSON_PART, .write = describe_own_inputs},
    {.key = NULL}};
static const flx_json_schema operation_schema = {"an operation", operation_rows, NULL, 0};

/* An operation is a name, or an object with a name. */
static flx_status read_operation(const flx_json_list *list, void *record, void *item,
                                 flx_error *error)
{
    const flx_service *service = record;
    flx_operation *operation = item;
    const char *text;
    int line = flx_json_list_line(list);
    if (json_is_object(list->item)) {
        FLX_TRY(flx_json_read_fields(list->source, list->item, &operation_schema,
                                     operation, error));
        line = flx_json_key_line(list->source, list->item, "name");
    } else {
        FLX_TRY(flx_json_list_name(list, "an operation", true, &text, error));
        FLX_TRY(flx_copy_text(text, &operation->name, error));
    }
    if (strlen(operation->name) > MAX_OPERATION)
        return flx_json_fail(list->source, line, error,
                             "an operation has a name of more than %d bytes",
                             MAX_OPERATION);
    if (flx_service_find_operation(service, operation->name) != (int)list->index)
        return flx_json_fail(list->source, flx_json_list_line(list), error,
                             "service %s: the operation \"%s\" stands twice",
                             service->name, operation->name);
    return FLX_OK;
}

/* An object that has only a name is written as its name. */
static json_t *describe_operation(const flx_json_written *what)
{
    const flx_operation *operation = what->record;
    if (operation->name[0] == '\0')
        return json_null();
    json_t *object = flx_json_describe(&operation_schema, operation, what->context);
    if (json_object_size(object) != 1)
        return object;
    json_decref(object);
    return json_string(operation->name);
}

/* --- States --- */

static flx_status add_state(const flx_json_list *list, flx_service *service,
                            const char *operation, const char *name, flx_error *error)
{
    if (flx_service_find_state(service, operation, name) >= 0)
        return flx_json_fail(list->source, flx_json_list_line(list), error,
                             "service %s: the state \"%s%s%s\" stands twice",
                             service->name, operation, operation[0] ? ":" : "", name);
    flx_input *state = &service->states[service->n_states++];
    state->knob = -1;
    FLX_TRY(flx_copy_text(operation, &state->operation, error));
    return flx_copy_text(name, &state->name, error);
}

/* "rps" is one state of every operation, "read:rps" one of that operation alone. */
static flx_status read_state(const flx_json_list *list, flx_service *service,
                             flx_error *error)
{
    const char *text;
    FLX_TRY(flx_json_list_name(list, "a state", true, &text, error));
    int line = flx_json_list_line(list);
    const char *colon = strrchr(text, ':'), *name = colon ? colon + 1 : text;
    FLX_TRY(flx_json_check_name(list->source, line, "a state", name, false, error));
    for (int i = 0; !colon && i < service->n_operations; i++)
        FLX_TRY(add_state(list, service, service->operations[i].name, name, error));
    if (!colon)
        return FLX_OK;
    char operation[MAX_OPERATION + 1] = "";
    size_t length = (size_t)(colon - text);
    if (length == 0 || length > MAX_OPERATION)
        return flx_json_fail(
            list->source, line, error,
            "service %s: the state \"%s\" must be NAME or OPERATION:NAME", service->name,
            text);
    memcpy(operation, text, length);
    return add_state(list, service, operation, name, error);
}

static flx_status read_states(const flx_json_source *source, const json_t *object,
                              void *record, flx_error *error)
{
    flx_service *service = record;
    flx_json_list list;
    if (service->n_operations == 0) { /* they are not told apart: one without a name */
        service->n_operations = 1;
        FLX_TRY(flx_copy_text("", &service->operations[0].name, error));
    }
    FLX_TRY(flx_json_open_list(source, object, "states", 0, MAX_ENTRIES, &list, error));
    if (!FLX_NEW(service->states, list.size * (size_t)service->n_operations))
        return flx_no_memory(error, "the states of %s", service->name);
    while (flx_json_next(&list))
        FLX_TRY(read_state(&list, service, error));
    return FLX_OK;
}

/* The states from `first` on are one name for every operation, in order. */
static bool is_state_of_all(const flx_service *service, int first)
{
    if (service->n_states - first < service->n_operations)
        return false;
    for (int o = 0; o < service->n_operations; o++) {
        const flx_input *state = &service->states[first + o];
        if (strcmp(state->operation, service->operations[o].name) != 0 ||
            strcmp(state->name, service->states[first].name) != 0)
            return false;
    }
    return true;
}

static json_t *describe_states(const flx_json_written *what)
{
    const flx_service *service = what->record;
    json_t *list = json_array();
    for (int i = 0; i < service->n_states;) {
        const flx_input *state = &service->states[i];
        bool is_of_all = is_state_of_all(service, i);
        flx_json_append(&list,
                        is_of_all ? json_string(state->name) : flx_state_describe(state));
        i += is_of_all ? service->n_operations : 1;
    }
    return list;
}

/* --- Knobs and metrics --- */

static flx_status read_knob(const flx_json_list *list, void *record, void *item,
                            flx_error *error)
{
    const flx_service *service = record;
    flx_knob *knob = item;
    FLX_TRY(flx_knob_finish(list->source, list->item, knob, error));
    if (flx_service_find_knob(service, knob->name) == (int)list->index)
        return FLX_OK;
    return flx_json_fail(
        list->source, flx_json_key_line(list->source, list->item, "name"), error,
        "service %s: the knob \"%s\" stands twice", service->name, knob->name);
}

static json_t *describe_knob(const flx_json_written *what)
{
    return flx_knob_describe(what->record);
}

static flx_status read_metric(const flx_json_list *list, void *record, void *item,
                              flx_error *error)
{
    flx_service *service = record;
    const char *text;
    FLX_TRY(flx_json_list_name(list, "a metric", false, &text, error));
    FLX_TRY(flx_copy_text(text, item, error));
    if (flx_service_find_metric(service, text) == (int)list->index)
        return FLX_OK;
    return flx_json_fail(list->source, flx_json_list_line(list), error,
                         "service %s: the metric \"%s\" stands twice", service->name,
                         text);
}

static json_t *describe_metric(const flx_json_written *what)
{
    return json_string(*(char *const *)what->record);
}

/* --- The service --- */

static json_t *describe_calls(const flx_json_written *what)
{
    const flx_service *service = what->record;
    return calls_alike(service)
               ? flx_calls_describe(what->context, &service->operations[0])
               : json_null();
}

static const flx_json_field rows[] = {
    {"name", FLX_JSON_NAME, FLX_JSON_AT(flx_service, name), .is_required = true},
    {"operations", FLX_JSON_LIST, FLX_JSON_LIST_AT(flx_service, operations, n_operations),
     .max = MAX_ENTRIES, .read_item = read_operation, .write = describe_operation},
    {"replicas", FLX_JSON_INTEGER, FLX_JSON_AT(flx_service, replicas), .min = 1,
     .max = MAX_REPLICAS},
    {"knobs", FLX_JSON_LIST, FLX_JSON_LIST_AT(flx_service, knobs, n_knobs),
     .max = MAX_ENTRIES, .items = &flx_knob_schema, .read_item = read_knob,
     .write = describe_knob},
    {"states", FLX_JSON_PART, .read = read_states, .write = describe_states},
    {"metrics", FLX_JSON_LIST, FLX_JSON_LIST_AT(flx_service, metrics, n_metrics),
     .max = MAX_ENTRIES, .read_item = read_metric, .write = describe_metric},
    {"calls", FLX_JSON_PART, .write = describe_calls},
    {.key = NULL}};
static const flx_service defaults = {.replicas = 1};
const flx_json_schema flx_service_schema = {"a service", rows, &defaults,
                                            sizeof defaults};

/* Knobs, states and metrics have different names. */
flx_status flx_service_finish(const flx_json_source *source, const json_t *object,
                              const flx_service *service, flx_error *error)
{
    for (int k = 0; k < service->n_knobs; k++) {
        const char *name = service->knobs[k].name;
        const json_t *knob = json_array_get(json_object_get(object, "knobs"), (size_t)k);
        if (flx_service_find_metric(service, name) >= 0)
            return flx_json_fail(
                source, flx_json_key_line(source, knob, "name"), error,
                "service %s: \"%s\" is the name of a knob and of a metric", service->name,
                name);
    }
    flx_json_list list;
    FLX_TRY(flx_json_open_list(source, object, "states", 0, MAX_ENTRIES, &list, error));
    while (flx_json_next(&list)) {
        const char *text = json_string_value(list.item), *colon = strrchr(text, ':');
        const char *name = colon ? colon + 1 : text;
        bool is_knob = flx_service_find_knob(service, name) >= 0;
        if (is_knob || flx_service_find_metric(service, name) >= 0)
            return flx_json_fail(source, flx_json_list_line(&list), error,
                                 "service %s: \"%s\" is the name of a state and of a %s",
                                 service->name, name, is_knob ? "knob" : "metric");
    }
    return FLX_OK;
}
