/* SPDX-License-Identifier: MIT
 * GE.replace (paper 3.2.1, 4.1.2): an upgrade or a migration, with the learning
 * assignments that another model has of the new service. The place keeps its name, so
 * that callers find their labels again. */
#include "formats/memory.h"
#include "host/engine/deployment_editor.h"
#include "host/engine/graph_engine.h"
#include "host/engine/graph_rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_model *model;
    const flx_model *other;
    const char *name; /* of the place */
    int place, from;  /* the service in the model, and in the other */
    flx_rebuilt_model rebuilt;
    char ***names; /* (the other's assignments) its labels, as they are called here */
} exchange;

/* --- The deployment --- */

/* Whether the other model hosts something for a metric of its service. */
static bool is_hosted(const exchange *x, const char *metric)
{
    for (int a = 0; a < x->other->graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &x->other->graph->assignments[a];
        if (assignment->service == x->from && strcmp(assignment->metric, metric) == 0)
            return true;
    }
    return false;
}

/* Calls of what is not deployed here are left out. */
static void keep_known_calls(const json_t *document, json_t *calls)
{
    json_t *service;
    const char *operation;
    for (size_t i = json_array_size(calls); i-- > 0;)
        if (!flx_document_find(document, json_string_value(json_array_get(calls, i)),
                               &service, &operation))
            json_array_remove(calls, i);
}

static json_t *describe_new(const exchange *x, const json_t *document)
{
    json_t *theirs = flx_document_of(x->other->deployment);
    json_t *service = json_deep_copy(
        json_array_get(json_object_get(theirs, "services"), (size_t)x->from));
    json_t *metrics = json_object_get(service, "metrics");
    json_decref(theirs);
    for (size_t i = json_array_size(metrics); i-- > 0;)
        if (!is_hosted(x, json_string_value(json_array_get(metrics, i))))
            json_array_remove(metrics, i);
    for (size_t i = 0; flx_document_calls(service, i); i++)
        keep_known_calls(document, flx_document_calls(service, i));
    json_object_set_new(service, "name", json_string(x->name));
    json_object_set_new(service, "replicas",
                        json_integer(x->model->deployment->services[x->place].replicas));
    return service;
}

/* Calls of operations that the new service does not have are left out; a caller that
 * would lose it altogether calls all of it. */
static flx_status mend_calls(const exchange *x, const json_t *document, json_t *calls,
                             flx_error *error)
{
    const json_t *mine =
        json_array_get(json_object_get(document, "services"), (size_t)x->place);
    size_t length = strlen(x->name), lost = 0, left = 0;
    json_t *service;
    const char *operation;
    for (size_t i = json_array_size(calls); i-- > 0;) {
        const char *text = json_string_value(json_array_get(calls, i));
        bool is_known = flx_document_find(document, text, &service, &operation);
        if (is_known) {
            left += service == mine;
        } else if (strncmp(text, x->name, length) == 0 && text[length] == '.') {
            json_array_remove(calls, i);
            lost++;
        }
    }
    if (lost > 0 && left == 0 && json_array_append_new(calls, json_string(x->name)) != 0)
        return flx_no_memory(error, "calls");
    return FLX_OK;
}

static flx_status deploy(exchange *x, flx_error *error)
{
    char place[256];
    snprintf(place, sizeof place, "the deployment with the new %s", x->name);
    json_t *document = flx_document_of(x->model->deployment);
    json_t *services = json_object_get(document, "services");
    json_t *service = document ? describe_new(x, document) : NULL;
    flx_status status = FLX_OK;
    if (!service || json_array_set_new(services, (size_t)x->place, service) != 0)
        status = flx_no_memory(error, "a deployment");
    for (size_t s = 0; s < json_array_size(services) && status == FLX_OK; s++)
        for (size_t i = 0; status == FLX_OK; i++) {
            json_t *calls = flx_document_calls(json_array_get(services, s), i);
            if (!calls)
                break;
            status = mend_calls(x, document, calls, error);
        }
    if (status == FLX_OK)
        status = flx_document_parse(document, place, &x->rebuilt.deployment, error);
    json_decref(document);
    return status;
}

/* What input selection decided of the model's graph, as far as the new service shows it:
 * without what it no longer has. */
static flx_status carry_subsets_over(const exchange *x, flx_input_subsets **out,
                                     flx_error *error)
{
    const flx_input_subsets *before = x->model->graph->input_subsets;
    const flx_service *new = &x->rebuilt.deployment->services[x->place];
    *out = before ? flx_input_subsets_create() : NULL;
    bool is_whole = !before || *out;
    for (int i = 0; before && i < before->count && is_whole; i++) {
        const flx_input_subset *reading = &before->list[i];
        flx_column_place place;
        if (flx_column_parse(x->rebuilt.deployment, reading->assignment, &place) &&
            place.service == x->place)
            continue; /* the new service reads all there is */
        is_whole = flx_input_subsets_add(*out, reading->assignment);
        for (int k = 0; k < reading->n_labels && is_whole; k++)
            if (!flx_column_parse(x->rebuilt.deployment, reading->labels[k], &place) ||
                place.service != x->place ||
                (flx_service_find_operation(new, place.operation) >= 0 &&
                 flx_service_find_metric(new, place.name) >= 0))
                is_whole = flx_input_subsets_add_label(*out, reading->labels[k]);
    }
    return is_whole ? FLX_OK : flx_no_memory(error, "the inputs of assignments");
}

static flx_status build(exchange *x, flx_error *error)
{
    flx_input_subsets *subsets = NULL;
    flx_status status = carry_subsets_over(x, &subsets, error);
    flx_graph_scope scope = flx_graph_scope_of(x->model->graph);
    scope.input_subsets = subsets;
    if (status == FLX_OK)
        status =
            flx_model_build_graph(x->rebuilt.deployment, FLX_COMPOSED,
                                  x->model->paper_mode, &scope, &x->rebuilt.graph, error);
    flx_input_subsets_destroy(subsets);
    return status;
}

/* --- The labels --- */

/* What a label of the other model is called here. */
static char *rename_label(const exchange *x, const char *label)
{
    flx_column_place place;
    if (!flx_column_parse(x->other->deployment, label, &place) ||
        place.service != x->from)
        return strdup(label);
    return flx_column_text(x->name, place.operation, place.instance, place.name);
}

static flx_status rename_labels(exchange *x, flx_error *error)
{
    const flx_graph *graph = x->other->graph;
    x->names = calloc((size_t)graph->n_assignments + 1, sizeof *x->names);
    bool is_whole = x->names != NULL;
    for (int a = 0; a < graph->n_assignments && is_whole; a++) {
        const flx_graph_assignment *assignment = &graph->assignments[a];
        if (assignment->service != x->from)
            continue;
        x->names[a] = calloc((size_t)assignment->n_inputs + 1, sizeof **x->names);
        is_whole = x->names[a] != NULL;
        for (int i = 0; i < assignment->n_inputs && is_whole; i++) {
            x->names[a][i] = rename_label(x, assignment->inputs[i].label);
            is_whole = x->names[a][i] != NULL;
        }
    }
    return is_whole ? FLX_OK : flx_no_memory(error, "labels");
}

/* The other's assignment for one of the place; -1: none. */
static int find_theirs(const exchange *x, const flx_graph_assignment *assignment)
{
    const char *operation =
        x->rebuilt.deployment->services[x->place].operations[assignment->operation].name;
    for (int a = 0; a < x->other->graph->n_assignments; a++) {
        const flx_graph_assignment *theirs = &x->other->graph->assignments[a];
        if (theirs->kind == FLX_INSTANCE_VERTEX && theirs->service == x->from &&
            strcmp(theirs->metric, assignment->metric) == 0 &&
            strcmp(x->other->deployment->services[x->from]
                       .operations[theirs->operation]
                       .name,
                   operation) == 0)
            return a;
    }
    return -1;
}

/* Instances of the new service from the other model; its service-vertices from nobody;
 * everything else from the model itself. */
static bool find_source(const void *context, const flx_graph_assignment *assignment,
                        flx_transfer_source *source)
{
    const exchange *x = context;
    if (assignment->service != x->place) {
        flx_transfer_lookup own = flx_transfer_from_model(x->model);
        return own.find(own.context, assignment, source);
    }
    int a = assignment->kind == FLX_INSTANCE_VERTEX ? find_theirs(x, assignment) : -1;
    if (a < 0)
        return false;
    *source = (flx_transfer_source){&x->other->graph->assignments[a],
                                    (const char *const *)x->names[a],
                                    &x->other->assignments[a]};
    return true;
}

/* Every instance-vertex of the new service must find a model. */
static flx_status check_sources(const exchange *x, const char *other_service,
                                flx_error *error)
{
    for (int a = 0; a < x->rebuilt.graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &x->rebuilt.graph->assignments[a];
        if (assignment->service == x->place && assignment->kind == FLX_INSTANCE_VERTEX &&
            find_theirs(x, assignment) < 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "the other model has no vertex of %s that could become %s",
                            other_service, assignment->name);
    }
    return FLX_OK;
}

static flx_status check(exchange *x, const char *other_service, flx_error *error)
{
    const flx_deployment *deployment = x->model->deployment;
    FLX_TRY(flx_engine_check(x->model, x->name, &x->place, error));
    flx_error theirs = {0};
    flx_status status = flx_engine_check(x->other, other_service, &x->from, &theirs);
    if (status != FLX_OK)
        return flx_fail(error, status, "the other model: %s", theirs.message);
    if (x->place == deployment->target_service &&
        !is_hosted(x, deployment->target_metric))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s shows the target %s, which the other model's %s does not",
                        x->name, deployment->target_metric, other_service);
    return FLX_OK;
}

static void release(exchange *x)
{
    for (int a = 0; x->names && a < x->other->graph->n_assignments; a++) {
        for (int i = 0; x->names[a] && x->names[a][i]; i++)
            free(x->names[a][i]);
        free(x->names[a]);
    }
    free(x->names);
    flx_rebuilt_model_clear(&x->rebuilt);
}

static flx_status run(exchange *x, const char *other_service, flx_change *change,
                      flx_error *error)
{
    flx_transfer_lookup lookup = {find_source, x};
    FLX_TRY(check(x, other_service, error));
    FLX_TRY(deploy(x, error));
    FLX_TRY(build(x, error));
    FLX_TRY(check_sources(x, other_service, error));
    FLX_TRY(rename_labels(x, error));
    FLX_TRY(flx_rebuilt_model_fill(&x->rebuilt, x->model, &lookup, change, error));
    x->rebuilt.row_replicas = flx_engine_row_replicas(x->model, x->rebuilt.deployment);
    if (!x->rebuilt.row_replicas)
        return flx_no_memory(error, "a deployment");
    x->rebuilt.row_replicas[x->place] = 0; /* they do not speak of the new service */
    flx_rebuilt_model_install(&x->rebuilt, x->model);
    return FLX_OK;
}

flx_status flx_graph_engine_replace(flx_model *model, const char *service,
                                    const flx_model *other, const char *other_service,
                                    flx_change *change, flx_error *error)
{
    exchange x = {.model = model, .other = other, .name = service};
    *change = (flx_change){.event = "replace"};
    if (!(change->service = strdup(service)))
        return flx_no_memory(error, "a change");
    flx_status status = run(&x, other_service ? other_service : service, change, error);
    release(&x);
    return status;
}
