/* SPDX-License-Identifier: MIT
 * A deployment from strict JSON. Two passes: first every service with what it has, so
 * that names are known; then who calls whom and what every operation sees. */
#include "formats/deployment/deployment_parse.h"

#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SERVICES = 10000, MAX_INSTANCES = 1000000 };

static flx_status parse_services(const flx_json_source *source, json_t *list,
                                 flx_deployment *deployment, flx_error *error)
{
    size_t size = json_array_size(list);
    int line = flx_json_line(source, list);
    if (size == 0 || size > MAX_SERVICES)
        return flx_json_fail(source, line, error,
                             "\"services\" holds %zu entries, expected 1 to %d", size,
                             MAX_SERVICES);
    deployment->services = calloc(size, sizeof *deployment->services);
    if (!deployment->services)
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return flx_json_fail(source, flx_json_item_line(source, list, i), error,
                                 "a service must be an object");
        flx_service *service = &deployment->services[deployment->n_services++];
        FLX_TRY(flx_parse_service(source, item, service, error));
        if (flx_deployment_find_service(deployment, service->name) != (int)i)
            return flx_json_fail(source, flx_json_key_line(source, item, "name"), error,
                                 "the service \"%s\" stands twice", service->name);
    }
    if (flx_deployment_count_instances(deployment) > MAX_INSTANCES)
        return flx_json_fail(source, line, error,
                             "the services have %d replicas together, at most %d are "
                             "possible",
                             flx_deployment_count_instances(deployment), MAX_INSTANCES);
    return FLX_OK;
}

/* A column of this operation must be read back as just that: "a.b:p90" is ambiguous where
 * a service "a.b" stands beside an operation b of "a". */
static flx_status check_column(const flx_json_source *source, const json_t *services,
                               const flx_deployment *deployment, int service,
                               const char *operation, int instance, flx_error *error)
{
    const char *name = deployment->services[service].name;
    char *column = flx_column_text(name, operation, instance, "x");
    if (!column)
        return flx_no_memory(error, "%s", flx_json_place(source));
    flx_column_place place = {.service = -1};
    bool is_read = flx_column_parse(deployment, column, &place);
    free(column);
    if (is_read && place.service == service && place.instance == instance &&
        strcmp(place.operation, operation) == 0)
        return FLX_OK;
    const json_t *item = json_array_get(services, (size_t)service);
    const char *other =
        place.service >= 0 ? deployment->services[place.service].name : "nobody";
    return flx_json_fail(
        source, flx_json_key_line(source, item, "name"), error,
        "service %s%s%s: its columns would be read as those of \"%s\" or "
        "of an instance, one of the names must change",
        name, operation[0] ? ", operation " : "", operation, other);
}

static flx_status check_columns(const flx_json_source *source, const json_t *services,
                                const flx_deployment *deployment, flx_error *error)
{
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        int instances = service->replicas > 1 ? 0 : -1;
        FLX_TRY(check_column(source, services, deployment, s, "", instances, error));
        FLX_TRY(check_column(source, services, deployment, s, "", -1, error));
        for (int o = 0; o < service->n_operations; o++)
            FLX_TRY(check_column(source, services, deployment, s,
                                 service->operations[o].name, -1, error));
        for (int k = 0; k < service->n_states; k++)
            FLX_TRY(check_column(source, services, deployment, s,
                                 service->states[k].operation, -1, error));
    }
    return FLX_OK;
}

static flx_status find_target_operation(const flx_json_source *source,
                                        const json_t *target, const flx_service *service,
                                        int *operation, flx_error *error)
{
    const char *name = service->n_operations == 1 ? service->operations[0].name : NULL;
    FLX_TRY(flx_json_get_text(source, target, "operation", false, &name, error));
    if (!name)
        return flx_json_fail(source, flx_json_key_line(source, target, "service"), error,
                             "the target's service %s has %d operations: name one with "
                             "\"operation\"",
                             service->name, service->n_operations);
    *operation = flx_service_find_operation(service, name);
    if (*operation < 0)
        return flx_json_fail(source, flx_json_key_line(source, target, "operation"),
                             error, "the target's service %s has no operation \"%s\"",
                             service->name, name);
    return FLX_OK;
}

static flx_status parse_target(const flx_json_source *source, const json_t *target,
                               flx_deployment *deployment, flx_error *error)
{
    static const char *const keys[] = {"service", "operation", "metric",
                                       "goal",    "transform", NULL};
    static const char *const goals[] = {"min", "max", NULL};
    static const char *const transforms[] = {"none", "log", NULL};
    const char *service = NULL, *metric = NULL;
    int goal = 0, transform = 0;
    FLX_TRY(flx_json_check_keys(source, target, "the target", keys, error));
    FLX_TRY(flx_json_get_text(source, target, "service", true, &service, error));
    FLX_TRY(flx_json_get_text(source, target, "metric", true, &metric, error));
    FLX_TRY(flx_json_get_word(source, target, "goal", false, goals, &goal, error));
    FLX_TRY(flx_json_get_word(source, target, "transform", false, transforms, &transform,
                              error));
    deployment->maximize = goal == 1;
    deployment->log_target = transform == 1;
    deployment->target_service = flx_deployment_find_service(deployment, service);
    if (deployment->target_service < 0)
        return flx_json_fail(source, flx_json_key_line(source, target, "service"), error,
                             "the target's service \"%s\" is not declared", service);
    const flx_service *found = &deployment->services[deployment->target_service];
    if (flx_service_find_metric(found, metric) < 0)
        return flx_json_fail(source, flx_json_key_line(source, target, "metric"), error,
                             "the target's service %s declares no metric \"%s\"", service,
                             metric);
    FLX_TRY(flx_copy_text(metric, &deployment->target_metric, error));
    return find_target_operation(source, target, found, &deployment->target_operation,
                                 error);
}

static flx_status parse_root(const flx_json_source *source, flx_deployment *deployment,
                             flx_error *error)
{
    static const char *const keys[] = {"format",      "version", "name",     "source",
                                       "description", "target",  "services", NULL};
    const json_t *root = flx_json_root(source);
    json_t *services, *target;
    const char *name = NULL, *ignored;
    FLX_TRY(flx_json_check_format(source, "fluxion-deployment", 1, error));
    FLX_TRY(flx_json_check_keys(source, root, "a deployment", keys, error));
    FLX_TRY(flx_json_get_text(source, root, "name", true, &name, error));
    FLX_TRY(flx_json_check_name(source, flx_json_key_line(source, root, "name"),
                                "the deployment", name, true, error));
    FLX_TRY(flx_json_get_text(source, root, "source", false, &ignored, error));
    FLX_TRY(flx_json_get_text(source, root, "description", false, &ignored, error));
    FLX_TRY(flx_json_get_array(source, root, "services", true, &services, error));
    FLX_TRY(flx_json_get_object(source, root, "target", true, &target, error));
    FLX_TRY(flx_copy_text(name, &deployment->name, error));
    FLX_TRY(parse_services(source, services, deployment, error));
    FLX_TRY(check_columns(source, services, deployment, error));
    FLX_TRY(flx_parse_calls(source, services, deployment, error));
    FLX_TRY(flx_parse_inputs(source, services, deployment, error));
    return parse_target(source, target, deployment, error);
}

static flx_status build(flx_json_source *source, flx_deployment **out, flx_error *error)
{
    flx_deployment *deployment = calloc(1, sizeof *deployment);
    flx_status status = deployment ? parse_root(source, deployment, error)
                                   : flx_no_memory(error, "%s", flx_json_place(source));
    flx_json_source_destroy(source);
    if (status != FLX_OK) {
        flx_deployment_destroy(deployment);
        return status;
    }
    *out = deployment;
    return FLX_OK;
}

flx_status flx_deployment_read(const char *path, flx_deployment **out, flx_error *error)
{
    *out = NULL;
    flx_json_source *source;
    FLX_TRY(flx_json_source_read(path, &source, error));
    return build(source, out, error);
}

flx_status flx_deployment_parse(const char *text, const char *place, flx_deployment **out,
                                flx_error *error)
{
    *out = NULL;
    flx_json_source *source;
    FLX_TRY(flx_json_source_parse(text, strlen(text), place, &source, error));
    return build(source, out, error);
}
