/* SPDX-License-Identifier: MIT
 * Reads the orchestration steps of a system. A step holds everything it changes as whole
 * arrays over services and endpoints, so that nobody who uses it has to know about
 * replacements. */
#include "experiments/simulator/system_reader.h"

#include <math.h>
#include <string.h>

static flx_status find_service(const flx_json_source *source, const json_t *owner,
                               const char *key, const flx_system *system,
                               const char *name, int *out, flx_error *error)
{
    *out = flx_system_find_service(system, name);
    if (*out >= 0)
        return FLX_OK;
    return flx_json_fail(source, flx_json_key_line(source, owner, key), error,
                         "'%s' names '%s', which is no service of this system", key,
                         name);
}

static flx_status read_replicas(const flx_json_source *source, const json_t *object,
                                const flx_system *system, flx_step *step,
                                flx_error *error)
{
    json_t *replicas = NULL;
    FLX_TRY(flx_json_get_object(source, object, "replicas", false, &replicas, error));
    const char *name;
    json_t *value;
    json_object_foreach(replicas, name, value) {
        int service = 0;
        FLX_TRY(find_service(source, object, "replicas", system, name, &service, error));
        FLX_TRY(flx_json_get_integer(source, replicas, name, true, 1, 1000,
                                     &step->replicas[service], error));
    }
    return FLX_OK;
}

static flx_status read_mix(const flx_json_source *source, const json_t *object,
                           const flx_system *system, flx_step *step, flx_error *error)
{
    json_t *mix = NULL;
    FLX_TRY(flx_json_get_object(source, object, "mix", true, &mix, error));
    double sum = 0.0;
    const char *name;
    json_t *value;
    json_object_foreach(mix, name, value) {
        int r = 0;
        while (r < system->n_requests && strcmp(system->requests[r].name, name) != 0)
            r++;
        if (r == system->n_requests)
            return flx_json_fail(source, flx_json_key_line(source, mix, name), error,
                                 "'mix' names '%s', which is no request type", name);
        FLX_TRY(flx_system_get_positive(source, mix, name, -1e-12, 1.0, &step->mix[r],
                                        error));
        sum += step->mix[r];
    }
    if (fabs(sum - 1.0) > 1e-3)
        return flx_json_fail(source, flx_json_line(source, mix), error,
                             "the shares of 'mix' sum to %g instead of 1", sum);
    for (int r = 0; r < system->n_requests; r++)
        step->mix[r] /= sum;
    return FLX_OK;
}

static flx_status read_counted(const flx_json_source *source, const json_t *object,
                               const flx_system *system, flx_step *step, flx_error *error)
{
    json_t *counted = NULL;
    FLX_TRY(
        flx_json_get_array(source, object, "counted_services", false, &counted, error));
    for (int s = 0; s < system->n_services; s++)
        step->is_counted[s] = counted == NULL;
    for (size_t i = 0; i < json_array_size(counted); i++) {
        const char *name = NULL;
        int service = 0;
        FLX_TRY(flx_json_item_text(source, counted, i, "a service", &name, error));
        FLX_TRY(find_service(source, object, "counted_services", system, name, &service,
                             error));
        step->is_counted[service] = true;
    }
    json_t *paper = NULL;
    FLX_TRY(flx_json_get_object(source, object, "paper", false, &paper, error));
    if (!paper)
        return FLX_OK;
    static const char *const keys[] = {"services", "inputs", NULL};
    FLX_TRY(flx_json_check_keys(source, paper, "the paper's count", keys, error));
    FLX_TRY(flx_json_get_integer(source, paper, "services", true, 1, 1000000,
                                 &step->paper_services, error));
    return flx_json_get_integer(source, paper, "inputs", true, 1, 1000000,
                                &step->paper_inputs, error);
}

/* New times of the endpoints of one replaced service. */
static flx_status replace_times(const flx_json_source *source, const json_t *times,
                                const flx_system *system, int index, flx_step *step,
                                flx_error *error)
{
    const flx_system_service *service = &system->services[index];
    for (int e = 0; e < service->n_endpoints; e++) {
        int endpoint = service->first_endpoint + e;
        FLX_TRY(flx_system_get_positive(source, times, system->endpoints[endpoint].name,
                                        0.0, 1e6, &step->mean_ms[endpoint], error));
    }
    return FLX_OK;
}

static flx_status read_replacement(const flx_json_source *source, const json_t *object,
                                   const flx_system *system, flx_step *step,
                                   flx_error *error)
{
    static const char *const keys[] = {"services",       "kind",    "cores",   "io_ms",
                                       "working_set_mb", "disk_ms", "mean_ms", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "a replacement", keys, error));
    flx_profile profile = {0};
    FLX_TRY(flx_system_read_profile(source, object, &profile, error));
    json_t *names = NULL, *times = NULL;
    FLX_TRY(flx_json_get_array(source, object, "services", true, &names, error));
    FLX_TRY(flx_json_get_object(source, object, "mean_ms", true, &times, error));
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = NULL;
        int service = 0;
        FLX_TRY(flx_json_item_text(source, names, i, "a service", &name, error));
        FLX_TRY(find_service(source, object, "services", system, name, &service, error));
        step->profiles[service] = profile;
        FLX_TRY(replace_times(source, times, system, service, step, error));
    }
    return FLX_OK;
}

static flx_status read_replacements(const flx_json_source *source, const json_t *object,
                                    const flx_system *system, flx_step *step,
                                    flx_error *error)
{
    json_t *list = NULL;
    FLX_TRY(flx_json_get_array(source, object, "replace", false, &list, error));
    for (size_t i = 0; i < json_array_size(list); i++)
        FLX_TRY(read_replacement(source, json_array_get(list, i), system, step, error));
    return FLX_OK;
}

/* The system as it stands before anything is scaled or replaced. */
static flx_status start_step(const flx_system *system, flx_step *step, flx_error *error)
{
    if (!FLX_NEW(step->mix, system->n_requests) ||
        !FLX_NEW(step->replicas, system->n_services) ||
        !FLX_NEW(step->profiles, system->n_services) ||
        !FLX_NEW(step->is_counted, system->n_services) ||
        !FLX_NEW(step->mean_ms, system->n_endpoints))
        return flx_no_memory(error, "a step of %d services", system->n_services);
    for (int s = 0; s < system->n_services; s++) {
        step->replicas[s] = 1;
        step->profiles[s] = system->services[s].profile;
    }
    for (int e = 0; e < system->n_endpoints; e++)
        step->mean_ms[e] = system->endpoints[e].mean_ms;
    return FLX_OK;
}

static flx_status read_step(const flx_json_source *source, const json_t *object,
                            const flx_system *system, flx_step *step, flx_error *error)
{
    static const char *const keys[] = {"title", "deployment",       "rps",
                                       "mix",   "replicas",         "replace",
                                       "paper", "counted_services", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "a step", keys, error));
    FLX_TRY(flx_system_get_text(source, object, "title", &step->title, error));
    FLX_TRY(flx_system_get_text(source, object, "deployment", &step->deployment, error));
    FLX_TRY(flx_system_get_positive(source, object, "rps", 0.0, 1e6, &step->rps, error));
    FLX_TRY(start_step(system, step, error));
    FLX_TRY(read_mix(source, object, system, step, error));
    FLX_TRY(read_replicas(source, object, system, step, error));
    FLX_TRY(read_replacements(source, object, system, step, error));
    return read_counted(source, object, system, step, error);
}

static flx_status read_sequence(const flx_json_source *source, const json_t *object,
                                const flx_system *system, flx_sequence *sequence,
                                flx_error *error)
{
    static const char *const keys[] = {"name", "steps", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "a sequence", keys, error));
    json_t *steps = NULL;
    FLX_TRY(flx_json_get_array(source, object, "steps", true, &steps, error));
    FLX_TRY(flx_system_get_text(source, object, "name", &sequence->name, error));
    if (!FLX_NEW(sequence->steps, json_array_size(steps)))
        return flx_no_memory(error, "%zu steps", json_array_size(steps));
    for (size_t i = 0; i < json_array_size(steps); i++)
        FLX_TRY(read_step(source, json_array_get(steps, i), system,
                          &sequence->steps[sequence->n_steps++], error));
    return FLX_OK;
}

flx_status flx_system_read_sequences(const flx_json_source *source, const json_t *root,
                                     flx_system *system, flx_error *error)
{
    json_t *list = NULL;
    FLX_TRY(flx_json_get_array(source, root, "sequences", true, &list, error));
    if (!FLX_NEW(system->sequences, json_array_size(list)))
        return flx_no_memory(error, "%zu sequences", json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        FLX_TRY(read_sequence(source, json_array_get(list, i), system,
                              &system->sequences[system->n_sequences++], error));
    return FLX_OK;
}
