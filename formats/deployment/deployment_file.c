/* SPDX-License-Identifier: MIT
 * A deployment file, read and written. Reading takes two passes: first every service with
 * what it has, so that names are known; then who calls whom and what every operation
 * sees. */
#include "formats/deployment/deployment_parts.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SERVICES = 10000, MAX_INSTANCES = 1000000 };
static const char format_name[] = "fluxion-deployment";
enum { FORMAT_VERSION = 1 };

/* --- The target --- */

typedef struct {
    const char *service, *operation, *metric;
    bool maximize, log_target;
} target_record;

static const char *const goal_words[] = {"min", "max", NULL};
static const char *const transform_words[] = {"none", "log", NULL};

static const flx_json_field target_rows[] = {
    {"service", FLX_JSON_TEXT, FLX_JSON_AT(target_record, service), .is_required = true},
    {"operation", FLX_JSON_TEXT, FLX_JSON_AT(target_record, operation)},
    {"metric", FLX_JSON_TEXT, FLX_JSON_AT(target_record, metric), .is_required = true},
    {"goal", FLX_JSON_WORD, FLX_JSON_AT(target_record, maximize), .words = goal_words},
    {"transform", FLX_JSON_WORD, FLX_JSON_AT(target_record, log_target),
     .words = transform_words},
    {.key = NULL}};
static const flx_json_schema target_schema = {"the target", target_rows, NULL, 0};

static flx_status find_target_operation(const flx_json_source *source,
                                        const json_t *object, const flx_service *service,
                                        const char *name, int *operation,
                                        flx_error *error)
{
    if (!name && service->n_operations == 1)
        name = service->operations[0].name;
    if (!name)
        return flx_json_fail(source, flx_json_key_line(source, object, "service"), error,
                             "the target's service %s has %d operations: name one with "
                             "\"operation\"",
                             service->name, service->n_operations);
    *operation = flx_service_find_operation(service, name);
    if (*operation < 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "operation"),
                             error, "the target's service %s has no operation \"%s\"",
                             service->name, name);
    return FLX_OK;
}

static flx_status read_target(const flx_json_source *source, const json_t *object,
                              flx_deployment *deployment, flx_error *error)
{
    target_record target = {0};
    FLX_TRY(flx_json_read_fields(source, object, &target_schema, &target, error));
    deployment->maximize = target.maximize;
    deployment->log_target = target.log_target;
    deployment->target_service = flx_deployment_find_service(deployment, target.service);
    if (deployment->target_service < 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "service"), error,
                             "the target's service \"%s\" is not declared",
                             target.service);
    const flx_service *service = &deployment->services[deployment->target_service];
    if (flx_service_find_metric(service, target.metric) < 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "metric"), error,
                             "the target's service %s declares no metric \"%s\"",
                             target.service, target.metric);
    FLX_TRY(flx_copy_text(target.metric, &deployment->target_metric, error));
    return find_target_operation(source, object, service, target.operation,
                                 &deployment->target_operation, error);
}

static json_t *describe_target(const flx_json_written *what)
{
    const flx_deployment *deployment = what->record;
    const flx_service *service = &deployment->services[deployment->target_service];
    const char *operation = service->operations[deployment->target_operation].name;
    target_record target = {.service = service->name,
                            .operation = operation[0] ? operation : NULL,
                            .metric = deployment->target_metric,
                            .maximize = deployment->maximize,
                            .log_target = deployment->log_target};
    return flx_json_describe(&target_schema, &target, NULL);
}

/* --- The services --- */

static flx_status read_service(const flx_json_list *list, void *record, void *item,
                               flx_error *error)
{
    const flx_deployment *deployment = record;
    flx_service *service = item;
    FLX_TRY(flx_service_finish(list->source, list->item, service, error));
    if (flx_deployment_find_service(deployment, service->name) == (int)list->index)
        return FLX_OK;
    return flx_json_fail(list->source,
                         flx_json_key_line(list->source, list->item, "name"), error,
                         "the service \"%s\" stands twice", service->name);
}

static json_t *describe_service(const flx_json_written *what)
{
    return flx_json_describe(&flx_service_schema, what->record, what->context);
}

static flx_status check_instances(const flx_json_source *source, const json_t *services,
                                  const flx_deployment *deployment, flx_error *error)
{
    int instances = flx_deployment_count_instances(deployment);
    if (instances <= MAX_INSTANCES)
        return FLX_OK;
    return flx_json_fail(
        source, flx_json_line(source, services), error,
        "the services have %d replicas together, at most %d are possible", instances,
        MAX_INSTANCES);
}

/* A column of this operation must be read back as just that: "a.b:p90" is ambiguous where
 * a service "a.b" stands beside an operation b of "a". */
static flx_status check_column(const flx_json_source *source, const json_t *services,
                               const flx_deployment *deployment, int service,
                               const char *operation, int instance, flx_error *error)
{
    const char *name = deployment->services[service].name;
    FLX_SCOPED char *column = flx_column_text(name, operation, instance, "x");
    if (!column)
        return flx_no_memory(error, "%s", flx_json_place(source));
    flx_column_place place = {.service = -1};
    bool is_read = flx_column_parse(deployment, column, &place);
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

/* --- The whole --- */

static json_t *describe_format(const flx_json_written *what)
{
    (void)what;
    return json_string(format_name);
}

static json_t *describe_version(const flx_json_written *what)
{
    (void)what;
    return json_integer(FORMAT_VERSION);
}

static const flx_json_field rows[] = {
    {"format", FLX_JSON_PART, .write = describe_format},
    {"version", FLX_JSON_PART, .write = describe_version},
    {"name", FLX_JSON_NAME, FLX_JSON_AT(flx_deployment, name), .is_required = true,
     .what = "the deployment"},
    {"source", .type = FLX_JSON_TEXT},
    {"description", .type = FLX_JSON_TEXT},
    {"target", FLX_JSON_PART, .write = describe_target},
    {"services", FLX_JSON_LIST, FLX_JSON_LIST_AT(flx_deployment, services, n_services),
     .is_required = true, .min = 1, .max = MAX_SERVICES, .items = &flx_service_schema,
     .read_item = read_service, .write = describe_service},
    {.key = NULL}};
static const flx_json_schema schema = {"a deployment", rows, NULL, 0};

static flx_status read_root(const flx_json_source *source, flx_deployment *deployment,
                            flx_error *error)
{
    const json_t *root = flx_json_root(source);
    json_t *services = json_object_get(root, "services"), *target;
    FLX_TRY(flx_json_check_format(source, format_name, FORMAT_VERSION, error));
    FLX_TRY(flx_json_read_fields(source, root, &schema, deployment, error));
    FLX_TRY(flx_json_get_object(source, root, "target", true, &target, error));
    FLX_TRY(check_instances(source, services, deployment, error));
    FLX_TRY(check_columns(source, services, deployment, error));
    FLX_TRY(flx_calls_read(source, services, deployment, error));
    FLX_TRY(flx_inputs_read(source, services, deployment, error));
    return read_target(source, target, deployment, error);
}

static flx_status build(flx_json_source *source, flx_deployment **out, flx_error *error)
{
    flx_status status = FLX_NEW(*out, 1) ? read_root(source, *out, error)
                                         : flx_no_memory(error, "a deployment");
    flx_json_source_destroy(source);
    if (status != FLX_OK) {
        flx_deployment_destroy(*out);
        *out = NULL;
    }
    return status;
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

json_t *flx_deployment_describe(const flx_deployment *deployment)
{
    return flx_json_describe(&schema, deployment, deployment);
}

/* Fifteen digits where they say it all (0.1), else the seventeen that always do. */
static char *dump_exactly(const json_t *root)
{
    const size_t how = JSON_INDENT(1);
    char *text = json_dumps(root, how | JSON_REAL_PRECISION(15));
    json_t *again = text ? json_loads(text, 0, NULL) : NULL;
    if (text && (!again || !json_equal(again, root))) {
        free(text);
        text = json_dumps(root, how | JSON_REAL_PRECISION(17));
    }
    json_decref(again);
    return text;
}

char *flx_deployment_text(const flx_deployment *deployment)
{
    json_t *root = flx_deployment_describe(deployment);
    FLX_SCOPED char *text = dump_exactly(root);
    char *line = NULL;
    json_decref(root);
    return text && asprintf(&line, "%s\n", text) >= 0 ? line : NULL;
}

flx_status flx_deployment_write(const flx_deployment *deployment, const char *path,
                                flx_error *error)
{
    FLX_SCOPED char *text = flx_deployment_text(deployment);
    if (!text)
        return flx_no_memory(error, "the deployment %s", path);
    return flx_output_write(path, text, strlen(text), error);
}
