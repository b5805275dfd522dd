/* SPDX-License-Identifier: MIT
 * What every operation sees: all knobs of its service and its own states, or what its
 * "inputs" list. */
#include "formats/deployment/deployment_parts.h"

#include "formats/memory.h"

#include <limits.h>
#include <string.h>

/* A service that does not tell operations apart owns all its states. */
static bool is_own_state(const flx_operation *operation, const flx_input *state)
{
    return operation->name[0] == '\0' || strcmp(operation->name, state->operation) == 0;
}

static flx_status add_input(flx_operation *operation, int knob, const char *of,
                            const char *name, flx_error *error)
{
    flx_input *input = &operation->inputs[operation->n_inputs++];
    input->knob = knob;
    FLX_TRY(flx_copy_text(of, &input->operation, error));
    return flx_copy_text(name, &input->name, error);
}

static flx_status add_own_inputs(const flx_service *service, flx_operation *operation,
                                 flx_error *error)
{
    for (int k = 0; k < service->n_knobs; k++)
        FLX_TRY(add_input(operation, k, "", service->knobs[k].name, error));
    for (int i = 0; i < service->n_states; i++) {
        const flx_input *state = &service->states[i];
        if (is_own_state(operation, state))
            FLX_TRY(add_input(operation, -1, state->operation, state->name, error));
    }
    return FLX_OK;
}

/* "insert:rps" is that operation's state, "rps" the operation's own. */
static const flx_input *resolve_state(const flx_service *service,
                                      const flx_operation *operation, const char *text)
{
    const char *colon = strrchr(text, ':'), *name = colon ? colon + 1 : text;
    const char *owner = colon ? text : operation->name;
    size_t length = colon ? (size_t)(colon - text) : strlen(owner);
    for (int i = 0; i < service->n_states; i++) {
        const flx_input *state = &service->states[i];
        if (strlen(state->operation) == length &&
            strncmp(state->operation, owner, length) == 0 &&
            strcmp(state->name, name) == 0)
            return state;
    }
    return NULL;
}

static bool is_same_input(const flx_input *one, const flx_input *other)
{
    return one->knob == other->knob &&
           (one->knob >= 0 || (strcmp(one->operation, other->operation) == 0 &&
                               strcmp(one->name, other->name) == 0));
}

static flx_status add_listed(const flx_json_source *source, int line,
                             const flx_service *service, flx_operation *operation,
                             const char *text, flx_error *error)
{
    int knob = flx_service_find_knob(service, text);
    const flx_input *state = knob < 0 ? resolve_state(service, operation, text) : NULL;
    if (knob < 0 && !state)
        return flx_json_fail(source, line, error,
                             "operation %s of service %s: the input \"%s\" is neither a "
                             "knob nor a state of the service",
                             operation->name, service->name, text);
    flx_input wanted = state ? *state : (flx_input){.knob = knob};
    for (int i = 0; i < operation->n_inputs; i++)
        if (is_same_input(&operation->inputs[i], &wanted))
            return flx_json_fail(
                source, line, error,
                "operation %s of service %s: the input \"%s\" stands twice",
                operation->name, service->name, text);
    return add_input(operation, knob, state ? state->operation : "",
                     state ? state->name : text, error);
}

static flx_status read_inputs(const flx_json_source *source, const json_t *entry,
                              const flx_service *service, flx_operation *operation,
                              flx_error *error)
{
    flx_json_list list;
    size_t own = (size_t)service->n_knobs + (size_t)service->n_states;
    FLX_TRY(flx_json_open_list(source, entry, "inputs", 0, INT_MAX, &list, error));
    /* at most one more than there are is looked at: it is unknown or stands twice */
    if (!FLX_NEW(operation->inputs, own + 1))
        return flx_no_memory(error, "the inputs of %s", service->name);
    if (!list.list)
        return add_own_inputs(service, operation, error);
    while (flx_json_next(&list)) {
        const char *text;
        FLX_TRY(flx_json_list_text(&list, "an input", &text, error));
        FLX_TRY(add_listed(source, flx_json_list_line(&list), service, operation, text,
                           error));
    }
    return FLX_OK;
}

flx_status flx_inputs_read(const flx_json_source *source, const json_t *services,
                           flx_deployment *deployment, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++) {
        flx_service *service = &deployment->services[s];
        const json_t *object = json_array_get(services, (size_t)s);
        const json_t *list = json_object_get(object, "operations");
        for (int o = 0; o < service->n_operations; o++)
            FLX_TRY(read_inputs(source, json_array_get(list, (size_t)o), service,
                                &service->operations[o], error));
    }
    return FLX_OK;
}

bool flx_has_default_inputs(const flx_service *service, const flx_operation *operation)
{
    int at = 0;
    for (int k = 0; k < service->n_knobs; k++, at++)
        if (at >= operation->n_inputs || operation->inputs[at].knob != k)
            return false;
    for (int i = 0; i < service->n_states; i++) {
        const flx_input *state = &service->states[i];
        if (!is_own_state(operation, state))
            continue;
        if (at >= operation->n_inputs || !is_same_input(&operation->inputs[at], state))
            return false;
        at++;
    }
    return at == operation->n_inputs;
}

json_t *flx_state_describe(const flx_input *state)
{
    if (state->operation[0] == '\0')
        return json_string(state->name);
    return json_sprintf("%s:%s", state->operation, state->name);
}

json_t *flx_inputs_describe(const flx_operation *operation)
{
    json_t *list = json_array();
    for (int i = 0; i < operation->n_inputs; i++)
        flx_json_append(&list, flx_state_describe(&operation->inputs[i]));
    return list;
}
