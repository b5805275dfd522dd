/* SPDX-License-Identifier: MIT
 * Reads the services of a system: first all names, so that calls may point forward, then
 * the stages of every endpoint, then the check that no endpoint leads back to itself. */
#include "experiments/simulator/system_reader.h"

#include <stdlib.h>
#include <string.h>

#define RESPONSE_TEXT(name, text) text,
static const char *const kind_words[] = {FLX_RESPONSE_LIST(RESPONSE_TEXT) NULL};

flx_status flx_system_read_profile(const flx_json_source *source, const json_t *object,
                                   flx_profile *profile, flx_error *error)
{
    int kind = 0;
    FLX_TRY(flx_json_get_word(source, object, "kind", true, kind_words, &kind, error));
    profile->kind = (flx_response_kind)kind;
    FLX_TRY(flx_system_get_positive(source, object, "cores", 0.0, 256.0, &profile->cores,
                                    error));
    FLX_TRY(flx_system_get_positive(source, object, "io_ms", -1e-12, 1e4, &profile->io_ms,
                                    error));
    FLX_TRY(flx_system_get_positive(source, object, "working_set_mb", 0.0, 1e6,
                                    &profile->working_set_mb, error));
    if (profile->kind == FLX_MONGODB || profile->kind == FLX_MYSQL ||
        profile->kind == FLX_TIDB)
        return flx_system_get_positive(source, object, "disk_ms", 0.0, 1e4,
                                       &profile->disk_ms, error);
    if (json_object_get(object, "disk_ms"))
        return flx_json_fail(source, flx_json_key_line(source, object, "disk_ms"), error,
                             "'disk_ms' belongs to databases, not to kind '%s'",
                             kind_words[kind]);
    return FLX_OK;
}

static flx_status read_repeat_of(const flx_json_source *source, const json_t *object,
                                 const flx_system *system, flx_system_call *call,
                                 flx_error *error)
{
    const char *text = NULL;
    FLX_TRY(flx_json_get_text(source, object, "repeat_of", false, &text, error));
    if (!text)
        return FLX_OK;
    const char *colon = strrchr(text, ':');
    char service[256];
    if (colon && (size_t)(colon - text) < sizeof service) {
        memcpy(service, text, (size_t)(colon - text));
        service[colon - text] = '\0';
        call->repeat_service = flx_system_find_service(system, service);
    }
    if (call->repeat_service < 0)
        return flx_json_fail(
            source, flx_json_key_line(source, object, "repeat_of"), error,
            "'repeat_of' is '%s', which is not SERVICE:KNOB of a service "
            "of this system",
            text);
    call->repeat_knob = strdup(colon + 1);
    return call->repeat_knob ? FLX_OK : flx_no_memory(error, "the text '%s'", text);
}

static flx_status read_call(const flx_json_source *source, const json_t *object,
                            const flx_system *system, flx_system_call *call,
                            flx_error *error)
{
    static const char *const keys[] = {"to",      "repeat",    "probability",
                                       "miss_of", "repeat_of", NULL};
    *call = (flx_system_call){
        .repeat = 1, .probability = 1.0, .miss_of = -1, .repeat_service = -1};
    FLX_TRY(flx_json_check_keys(source, object, "a call", keys, error));
    const char *to = NULL, *cache = NULL;
    FLX_TRY(flx_json_get_text(source, object, "to", true, &to, error));
    call->endpoint = flx_system_find_endpoint(system, to);
    if (call->endpoint < 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "to"), error,
                             "'%s' is no SERVICE.ENDPOINT of this system", to);
    FLX_TRY(flx_json_get_integer(source, object, "repeat", false, 1, 1000, &call->repeat,
                                 error));
    if (json_object_get(object, "probability"))
        FLX_TRY(flx_system_get_positive(source, object, "probability", 0.0, 1.0,
                                        &call->probability, error));
    FLX_TRY(flx_json_get_text(source, object, "miss_of", false, &cache, error));
    if (cache && (call->miss_of = flx_system_find_service(system, cache)) < 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "miss_of"), error,
                             "'miss_of' names '%s', which is no service of this system",
                             cache);
    return read_repeat_of(source, object, system, call, error);
}

static flx_status read_stage(const flx_json_source *source, const json_t *array,
                             const flx_system *system, flx_stage *stage, flx_error *error)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count == 0)
        return flx_json_fail(source, flx_json_line(source, array), error,
                             "a stage is a list of at least one call");
    if (!FLX_NEW(stage->calls, count))
        return flx_no_memory(error, "%zu calls", count);
    stage->n_calls = (int)count;
    for (size_t i = 0; i < count; i++)
        FLX_TRY(
            read_call(source, json_array_get(array, i), system, &stage->calls[i], error));
    return FLX_OK;
}

static flx_status read_stages(const flx_json_source *source, const json_t *object,
                              const flx_system *system, flx_endpoint *endpoint,
                              flx_error *error)
{
    json_t *stages = NULL;
    FLX_TRY(flx_json_get_array(source, object, "stages", false, &stages, error));
    size_t count = json_array_size(stages);
    if (count == 0)
        return FLX_OK;
    if (!FLX_NEW(endpoint->stages, count))
        return flx_no_memory(error, "%zu stages", count);
    endpoint->n_stages = (int)count;
    for (size_t i = 0; i < count; i++)
        FLX_TRY(read_stage(source, json_array_get(stages, i), system,
                           &endpoint->stages[i], error));
    return FLX_OK;
}

static flx_status read_endpoint(const flx_json_source *source, const json_t *object,
                                flx_endpoint *endpoint, flx_error *error)
{
    static const char *const keys[] = {"name", "mean_ms", "cv", "writes", "stages", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "an endpoint", keys, error));
    FLX_TRY(flx_system_get_text(source, object, "name", &endpoint->name, error));
    FLX_TRY(flx_system_get_positive(source, object, "mean_ms", 0.0, 1e6,
                                    &endpoint->mean_ms, error));
    FLX_TRY(flx_system_get_positive(source, object, "cv", -1e-12, 10.0, &endpoint->cv,
                                    error));
    return flx_json_get_boolean(source, object, "writes", false, &endpoint->is_write,
                                error);
}

/* Names, times and constants of one service; its calls are read later. */
static flx_status read_service(const flx_json_source *source, const json_t *object,
                               flx_system *system, int index, flx_error *error)
{
    static const char *const keys[] = {"name",           "kind",    "cores",     "io_ms",
                                       "working_set_mb", "disk_ms", "endpoints", NULL};
    flx_system_service *service = &system->services[index];
    FLX_TRY(flx_json_check_keys(source, object, "a service", keys, error));
    const char *name = NULL;
    FLX_TRY(flx_json_get_text(source, object, "name", true, &name, error));
    if (flx_system_find_service(system, name) >= 0)
        return flx_json_fail(source, flx_json_line(source, object), error,
                             "service '%s' is given twice", name);
    if (!(service->name = strdup(name)))
        return flx_no_memory(error, "the service '%s'", name);
    system->n_services++;
    FLX_TRY(flx_system_read_profile(source, object, &service->profile, error));
    json_t *endpoints = NULL;
    FLX_TRY(flx_json_get_array(source, object, "endpoints", true, &endpoints, error));
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        flx_endpoint *endpoint = &system->endpoints[system->n_endpoints++];
        endpoint->service = index;
        service->n_endpoints++;
        FLX_TRY(read_endpoint(source, json_array_get(endpoints, i), endpoint, error));
    }
    return FLX_OK;
}

/* Depth-first walk along the calls; state: 0 new, 1 on the path, 2 done. */
static int find_cycle(const flx_system *system, int endpoint, char *state)
{
    if (state[endpoint])
        return state[endpoint] == 1 ? endpoint : -1;
    state[endpoint] = 1;
    const flx_endpoint *from = &system->endpoints[endpoint];
    for (int s = 0; s < from->n_stages; s++)
        for (int c = 0; c < from->stages[s].n_calls; c++) {
            int found = find_cycle(system, from->stages[s].calls[c].endpoint, state);
            if (found >= 0)
                return found;
        }
    state[endpoint] = 2;
    return -1;
}

static flx_status check_cycles(const flx_json_source *source, const flx_system *system,
                               flx_error *error)
{
    FLX_SCOPED char *state = NULL;
    if (!FLX_NEW(state, system->n_endpoints))
        return flx_no_memory(error, "%d endpoints", system->n_endpoints);
    int found = -1;
    for (int e = 0; e < system->n_endpoints && found < 0; e++)
        found = find_cycle(system, e, state);
    if (found < 0)
        return FLX_OK;
    const flx_endpoint *endpoint = &system->endpoints[found];
    return flx_fail(error, FLX_BAD_INPUT, "%s: the calls of '%s.%s' lead back to itself",
                    flx_json_place(source), system->services[endpoint->service].name,
                    endpoint->name);
}

static flx_status read_calls(const flx_json_source *source, const json_t *services,
                             flx_system *system, flx_error *error)
{
    int index = 0;
    for (size_t s = 0; s < json_array_size(services); s++) {
        json_t *endpoints = json_object_get(json_array_get(services, s), "endpoints");
        for (size_t e = 0; e < json_array_size(endpoints); e++)
            FLX_TRY(read_stages(source, json_array_get(endpoints, e), system,
                                &system->endpoints[index++], error));
    }
    return FLX_OK;
}

flx_status flx_system_read_services(const flx_json_source *source, const json_t *root,
                                    flx_system *system, flx_error *error)
{
    json_t *services = NULL;
    FLX_TRY(flx_json_get_array(source, root, "services", true, &services, error));
    size_t count = json_array_size(services), endpoints = 0;
    for (size_t s = 0; s < count; s++)
        endpoints +=
            json_array_size(json_object_get(json_array_get(services, s), "endpoints"));
    if (count == 0 || endpoints == 0)
        return flx_json_fail(source, flx_json_line(source, root), error,
                             "a system has at least one service with an endpoint");
    if (!FLX_NEW(system->services, count) || !FLX_NEW(system->endpoints, endpoints))
        return flx_no_memory(error, "%zu services", count);
    for (size_t s = 0; s < count; s++) {
        system->services[s].first_endpoint = system->n_endpoints;
        FLX_TRY(read_service(source, json_array_get(services, s), system, (int)s, error));
    }
    FLX_TRY(read_calls(source, services, system, error));
    return check_cycles(source, system, error);
}
