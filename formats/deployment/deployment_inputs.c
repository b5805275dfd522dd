/* SPDX-License-Identifier: MIT
 * What every operation sees: all knobs of its service and its own states, or what its
 * "inputs" list. */
#include "formats/deployment/deployment_parse.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

/* A service that does not tell operations apart owns all its states. */
bool flx_is_own_state(const flx_operation *operation, const flx_input *state)
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
        if (flx_is_own_state(operation, state))
            FLX_TRY(add_input(operation, -1, state->operation, state->name, error));
    }
    return FLX_OK;
}

static const flx_input *find_state(const flx_service *service, const char *operation,
                                   size_t length, const char *name)
{
    for (int i = 0; i < service->n_states; i++) {
        const flx_input *state = &service->states[i];
        if (strlen(state->operation) == length &&
            strncmp(state->operation, operation, length) == 0 &&
            strcmp(state->name, name) == 0)
            return state;
    }
    return NULL;
}

/* "insert:rps" is that operation's state, "rps" the operation's own. */
static const flx_input *resolve_state(const flx_service *service,
                                      const flx_operation *operation, const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon)
        return find_state(service, text, (size_t)(colon - text), colon + 1);
    return find_state(service, operation->name, strlen(operation->name), text);
}

static bool has_input(const flx_operation *operation, int knob, const flx_input *state)
{
    for (int i = 0; i < operation->n_inputs; i++) {
        const flx_input *have = &operation->inputs[i];
        if (have->knob != knob)
            continue;
        if (knob >= 0 || (strcmp(have->operation, state->operation) == 0 &&
                          strcmp(have->name, state->name) == 0))
            return true;
    }
    return false;
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
    if (has_input(operation, knob, state))
        return flx_json_fail(source, line, error,
                             "operation %s of service %s: the input \"%s\" stands twice",
                             operation->name, service->name, text);
    return add_input(operation, knob, state ? state->operation : "",
                     state ? state->name : text, error);
}

static flx_status parse_operation_inputs(const flx_json_source *source,
                                         const json_t *entry, const flx_service *service,
                                         flx_operation *operation, flx_error *error)
{
    json_t *list = NULL;
    if (json_is_object(entry))
        FLX_TRY(flx_json_get_array(source, entry, "inputs", false, &list, error));
    size_t size = list ? json_array_size(list) : 0;
    size_t own = (size_t)service->n_knobs + (size_t)service->n_states;
    if (size > own) /* some entry is unknown or stands twice */
        size = own + 1;
    operation->inputs = calloc((size > own ? size : own) + 1, sizeof *operation->inputs);
    if (!operation->inputs)
        return flx_no_memory(error, "%s", flx_json_place(source));
    if (!list)
        return add_own_inputs(service, operation, error);
    for (size_t i = 0; i < size; i++) {
        const char *text;
        FLX_TRY(flx_json_item_text(source, list, i, "an input", &text, error));
        FLX_TRY(add_listed(source, flx_json_item_line(source, list, i), service,
                           operation, text, error));
    }
    return FLX_OK;
}

flx_status flx_parse_inputs(const flx_json_source *source, const json_t *services,
                            flx_deployment *deployment, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++) {
        flx_service *service = &deployment->services[s];
        const json_t *object = json_array_get(services, (size_t)s);
        const json_t *list = json_object_get(object, "operations");
        for (int o = 0; o < service->n_operations; o++)
            FLX_TRY(parse_operation_inputs(source, json_array_get(list, (size_t)o),
                                           service, &service->operations[o], error));
    }
    return FLX_OK;
}
