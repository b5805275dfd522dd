/* SPDX-License-Identifier: MIT
 * A simulated system as a whole: reading it in order (constants, services, requests,
 * sequences), finding things in it, releasing it. */
#include "experiments/simulator/system.h"

#include "experiments/simulator/system_reader.h"

#include <stdlib.h>
#include <string.h>

flx_status flx_system_find_step(const flx_system *system, const char *sequence, int step,
                                const flx_step **out, flx_error *error)
{
    char known[512] = "";
    for (int s = 0; s < system->n_sequences; s++) {
        const flx_sequence *candidate = &system->sequences[s];
        if (strcmp(candidate->name, sequence) == 0) {
            if (step < 1 || step > candidate->n_steps)
                return flx_fail(error, FLX_BAD_INPUT,
                                "system '%s' has steps 1 to %d in sequence '%s', not %d",
                                system->name, candidate->n_steps, sequence, step);
            *out = &candidate->steps[step - 1];
            return FLX_OK;
        }
        strncat(known, s ? ", " : "", sizeof known - strlen(known) - 1);
        strncat(known, candidate->name, sizeof known - strlen(known) - 1);
    }
    return flx_fail(error, FLX_BAD_INPUT, "system '%s' has no sequence '%s', only: %s",
                    system->name, sequence, known);
}

static flx_status read_requests(const flx_json_source *source, const json_t *root,
                                flx_system *system, flx_error *error)
{
    json_t *requests = NULL;
    FLX_TRY(flx_json_get_object(source, root, "requests", true, &requests, error));
    if (!FLX_NEW(system->requests, json_object_size(requests)))
        return flx_no_memory(error, "the requests of a system");
    const char *key;
    json_t *value;
    json_object_foreach(requests, key, value) {
        flx_request *request = &system->requests[system->n_requests++];
        if (!(request->name = strdup(key)))
            return flx_no_memory(error, "the request '%s'", key);
        const char *text = NULL;
        FLX_TRY(flx_json_get_text(source, requests, key, true, &text, error));
        request->endpoint = flx_system_find_endpoint(system, text);
        if (request->endpoint < 0)
            return flx_json_fail(source, flx_json_key_line(source, requests, key), error,
                                 "request '%s' enters at '%s', which is no "
                                 "SERVICE.ENDPOINT of this system",
                                 key, text);
    }
    if (system->n_requests == 0)
        return flx_json_fail(source, flx_json_key_line(source, root, "requests"), error,
                             "a system has at least one request type");
    return FLX_OK;
}

static flx_status read_cpu_limits(const flx_json_source *source, const json_t *root,
                                  flx_system *system, flx_error *error)
{
    json_t *limits = NULL;
    FLX_TRY(flx_json_get_array(source, root, "cpu_limits", false, &limits, error));
    size_t most = sizeof system->cpu_limits / sizeof system->cpu_limits[0];
    if (json_array_size(limits) > most)
        return flx_json_fail(source, flx_json_line(source, limits), error,
                             "'cpu_limits' has %zu values, at most %zu are possible",
                             json_array_size(limits), most);
    for (size_t i = 0; i < json_array_size(limits); i++) {
        double *limit = &system->cpu_limits[i];
        if (!flx_json_to_double(json_array_get(limits, i), limit) || *limit <= 0.0)
            return flx_json_fail(source, flx_json_item_line(source, limits, i), error,
                                 "a CPU limit is a number of millicores above 0");
        system->n_cpu_limits++;
    }
    return FLX_OK;
}

static flx_status read_constants(const flx_json_source *source, const json_t *root,
                                 flx_system *system, flx_error *error)
{
    static const char *const keys[] = {
        "format",   "version",   "name",     "source",     "time_factor",
        "rpc_ms",   "backlog_s", "speed_cv", "cpu_limits", "services",
        "requests", "sequences", NULL};
    FLX_TRY(flx_json_check_format(source, "fluxion-system", 1, error));
    FLX_TRY(flx_json_check_keys(source, root, "a system", keys, error));
    FLX_TRY(flx_system_get_text(source, root, "name", &system->name, error));
    FLX_TRY(flx_system_get_text(source, root, "source", &system->source, error));
    FLX_TRY(flx_system_get_positive(source, root, "time_factor", 0.0, 1000.0,
                                    &system->time_factor, error));
    FLX_TRY(flx_system_get_positive(source, root, "rpc_ms", -1e-12, 1e4, &system->rpc_ms,
                                    error));
    FLX_TRY(flx_system_get_positive(source, root, "backlog_s", 0.0, 100.0,
                                    &system->backlog_s, error));
    FLX_TRY(flx_system_get_positive(source, root, "speed_cv", -1e-12, 1.0,
                                    &system->speed_cv, error));
    return read_cpu_limits(source, root, system, error);
}

static flx_status read_system(const flx_json_source *source, flx_system *system,
                              flx_error *error)
{
    const json_t *root = flx_json_root(source);
    FLX_TRY(read_constants(source, root, system, error));
    FLX_TRY(flx_system_read_services(source, root, system, error));
    FLX_TRY(read_requests(source, root, system, error));
    return flx_system_read_sequences(source, root, system, error);
}

static flx_status create_from(const flx_json_source *source, flx_system **out,
                              flx_error *error)
{
    flx_system *system;
    if (!FLX_NEW(system, 1))
        return flx_no_memory(error, "a system");
    const char *path = flx_json_place(source), *slash = strrchr(path, '/');
    system->folder = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
    flx_status status = system->folder ? read_system(source, system, error)
                                       : flx_no_memory(error, "the path '%s'", path);
    if (status == FLX_OK)
        *out = system;
    else
        flx_system_destroy(system);
    return status;
}

flx_status flx_system_read(const char *path, flx_system **out, flx_error *error)
{
    *out = NULL;
    flx_json_source *source = NULL;
    FLX_TRY(flx_json_source_read(path, &source, error));
    flx_status status = create_from(source, out, error);
    flx_json_source_destroy(source);
    return status;
}

static void release_endpoint(flx_endpoint *endpoint)
{
    for (int s = 0; s < endpoint->n_stages; s++) {
        for (int c = 0; c < endpoint->stages[s].n_calls; c++)
            free(endpoint->stages[s].calls[c].repeat_knob);
        free(endpoint->stages[s].calls);
    }
    free(endpoint->stages);
    free(endpoint->name);
}

static void release_sequence(flx_sequence *sequence)
{
    for (int s = 0; s < sequence->n_steps; s++) {
        flx_step *step = &sequence->steps[s];
        free(step->title);
        free(step->deployment);
        free(step->mix);
        free(step->replicas);
        free(step->profiles);
        free(step->mean_ms);
        free(step->is_counted);
    }
    free(sequence->steps);
    free(sequence->name);
}

void flx_system_destroy(flx_system *system)
{
    if (!system)
        return;
    for (int s = 0; s < system->n_sequences; s++)
        release_sequence(&system->sequences[s]);
    for (int r = 0; r < system->n_requests; r++)
        free(system->requests[r].name);
    for (int e = 0; e < system->n_endpoints; e++)
        release_endpoint(&system->endpoints[e]);
    for (int s = 0; s < system->n_services; s++)
        free(system->services[s].name);
    free(system->sequences);
    free(system->requests);
    free(system->endpoints);
    free(system->services);
    free(system->folder);
    free(system->source);
    free(system->name);
    free(system);
}
