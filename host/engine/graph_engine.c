/* SPDX-License-Identifier: MIT
 * GE.add and GE.connect (paper 4.1.2): services are sketched, connected and composed into
 * a model, from nothing or from a model that is there. */
#include "host/engine/graph_engine.h"

#include "formats/memory.h"
#include "host/engine/deployment_editor.h"
#include "host/engine/graph_rebuild.h"

#include <stdlib.h>
#include <string.h>

/* What GE.add gave to one vertex. */
typedef struct {
    char *name; /* of its assignment: "redis.get:p90" */
    flx_learning_assignment hosting;
} gift;

struct flx_graph_engine {
    json_t *document;
    flx_model *model; /* that it was opened with, or NULL */
    int n_gifts;
    gift *gifts;
};

static flx_status out_of_memory(flx_error *error)
{
    return flx_no_memory(error, "a graph engine");
}

flx_status flx_graph_engine_create(const char *system, flx_graph_engine **out,
                                   flx_error *error)
{
    *out = NULL;
    flx_graph_engine *engine = calloc(1, sizeof *engine);
    if (engine)
        engine->document =
            json_pack("{s:s, s:i, s:s, s:[]}", "format", "fluxion-deployment", "version",
                      1, "name", system, "services");
    if (!engine || !engine->document) {
        free(engine);
        return out_of_memory(error);
    }
    *out = engine;
    return FLX_OK;
}

flx_status flx_graph_engine_open_take(flx_model *model, flx_graph_engine **out,
                                      flx_error *error)
{
    *out = NULL;
    flx_graph_engine *engine = calloc(1, sizeof *engine);
    flx_status status = FLX_OK;
    if (model->composition != FLX_COMPOSED)
        status = flx_fail(error, FLX_BAD_INPUT,
                          "the model is one black box (%s): only a composed graph can be "
                          "extended",
                          flx_composition_text(model->composition));
    if (status == FLX_OK && engine)
        engine->document = flx_document_of(model->deployment);
    if (status == FLX_OK && (!engine || !engine->document))
        status = out_of_memory(error);
    if (status != FLX_OK) {
        free(engine);
        flx_model_destroy(model);
        return status;
    }
    engine->model = model;
    *out = engine;
    return FLX_OK;
}

void flx_graph_engine_destroy(flx_graph_engine *engine)
{
    if (!engine)
        return;
    for (int g = 0; g < engine->n_gifts; g++) {
        free(engine->gifts[g].name);
        flx_assignment_clear(&engine->gifts[g].hosting);
    }
    free(engine->gifts);
    flx_model_destroy(engine->model);
    json_decref(engine->document);
    free(engine);
}

/* --- GE.add --- */

static json_t *list_names(const char *const *names)
{
    json_t *list = json_array();
    for (int i = 0; names && names[i]; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *sketch_document(const flx_service_sketch *service)
{
    json_t *object =
        json_pack("{s:s, s:i, s:o, s:o, s:o, s:[], s:[]}", "name", service->name,
                  "replicas", 1, "operations", list_names(service->operations), "knobs",
                  flx_document_knobs(service->knobs, service->n_knobs), "states",
                  list_names(service->states), "metrics", "calls");
    return object;
}

flx_status flx_graph_engine_declare(flx_graph_engine *engine,
                                    const flx_service_sketch *service, flx_error *error)
{
    json_t *found, *object;
    const char *operation = NULL;
    if (flx_document_find(engine->document, service->name, &found, &operation) &&
        !operation)
        return flx_fail(error, FLX_BAD_INPUT, "service %s is declared already",
                        service->name);
    object = sketch_document(service);
    if (!object ||
        json_array_append_new(json_object_get(engine->document, "services"), object) != 0)
        return out_of_memory(error);
    return FLX_OK;
}

/* Takes over the models, also on failure. */
static flx_status keep_gift(flx_graph_engine *engine, const char *service,
                            const char *metric, flx_learning_assignment *assignment,
                            flx_error *error)
{
    gift *grown = realloc(engine->gifts, ((size_t)engine->n_gifts + 1) * sizeof *grown);
    char *name = flx_column_text(service, "", -1, metric);
    if (grown)
        engine->gifts = grown;
    if (!grown || !name) {
        free(name);
        flx_assignment_clear(assignment);
        return out_of_memory(error);
    }
    grown[engine->n_gifts++] = (gift){name, *assignment};
    *assignment = (flx_learning_assignment){0};
    return FLX_OK;
}

static flx_status add_metric(flx_graph_engine *engine, const char *service,
                             const char *metric, bool has_models, flx_error *error)
{
    json_t *found;
    const char *operation;
    if (!flx_document_find(engine->document, service, &found, &operation))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s is no declared service or operation: declare it first",
                        service);
    if (has_models && !operation &&
        json_array_size(json_object_get(found, "operations")) > 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has operations: its models belong to one of them", service);
    json_t *metrics = json_object_get(found, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++)
        if (strcmp(json_string_value(json_array_get(metrics, i)), metric) == 0)
            return FLX_OK;
    return json_array_append_new(metrics, json_string(metric)) == 0
               ? FLX_OK
               : out_of_memory(error);
}

flx_status flx_graph_engine_add(flx_graph_engine *engine, const char *service,
                                const char *metric, flx_learning_assignment *assignment,
                                flx_error *error)
{
    bool has_models = assignment && assignment->n_models > 0;
    flx_status status = add_metric(engine, service, metric, has_models, error);
    if (status != FLX_OK && has_models)
        flx_assignment_clear(assignment);
    if (status != FLX_OK || !has_models)
        return status;
    return keep_gift(engine, service, metric, assignment, error);
}

flx_status flx_graph_engine_connect(flx_graph_engine *engine, const char *callee,
                                    const char *caller, flx_error *error)
{
    return flx_document_connect(engine->document, callee, caller, error);
}

/* --- The composed graph --- */

/* "web:p90" becomes the target of the document. */
static flx_status aim(flx_graph_engine *engine, const char *target, flx_error *error)
{
    const char *colon = strrchr(target, ':'), *operation = NULL;
    json_t *service, *object = json_object_get(engine->document, "target");
    char *place = colon ? strndup(target, (size_t)(colon - target)) : NULL;
    bool is_found =
        place && flx_document_find(engine->document, place, &service, &operation);
    free(place);
    if (!is_found)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s is not SERVICE[.OPERATION]:METRIC of a declared "
                        "service",
                        target);
    object = object ? json_incref(object) : json_object();
    json_object_set(object, "service", json_object_get(service, "name"));
    json_object_set_new(object, "metric", json_string(colon + 1));
    json_object_del(object, "operation");
    if (operation)
        json_object_set_new(object, "operation", json_string(operation));
    return json_object_set_new(engine->document, "target", object) == 0
               ? FLX_OK
               : out_of_memory(error);
}

/* Gifts first, then what the opened model has. */
static bool find_source(const void *context, const flx_graph_assignment *assignment,
                        flx_transfer_source *source)
{
    const flx_graph_engine *engine = context;
    for (int g = 0; g < engine->n_gifts; g++)
        if (strcmp(engine->gifts[g].name, assignment->name) == 0) {
            *source = (flx_transfer_source){assignment, NULL, &engine->gifts[g].hosting};
            return true;
        }
    if (!engine->model)
        return false;
    flx_transfer_lookup own = flx_transfer_from_model(engine->model);
    return own.find(own.context, assignment, source);
}

/* Gifts must have the inputs of their vertices; those that the target does not reach are
 * listed as removed. */
static flx_status check_gifts(const flx_graph_engine *engine, const flx_graph *graph,
                              flx_change *change, flx_error *error)
{
    for (int g = 0; g < engine->n_gifts; g++) {
        const gift *given = &engine->gifts[g];
        int a = flx_graph_find_assignment(graph, given->name);
        if (a < 0 && !flx_name_list_add(&change->removed, "%s", given->name))
            return out_of_memory(error);
        for (int k = 0; a >= 0 && k < given->hosting.n_models; k++)
            if (given->hosting.models[k].predictor.n_inputs !=
                graph->assignments[a].n_inputs)
                return flx_fail(error, FLX_BAD_INPUT,
                                "%s has %d inputs in the graph, but model %d given for "
                                "it has %d",
                                given->name, graph->assignments[a].n_inputs, k,
                                given->hosting.models[k].predictor.n_inputs);
    }
    return FLX_OK;
}

static flx_status build(const flx_graph_engine *engine, const flx_deployment *deployment,
                        const flx_training_options *options, flx_graph **out,
                        flx_error *error)
{
    const flx_graph *before = engine->model ? engine->model->graph : NULL;
    if (!options && before) {
        flx_graph_scope scope = flx_graph_scope_of(before);
        return flx_model_build_graph(deployment, FLX_COMPOSED, engine->model->paper_mode,
                                     &scope, out, error);
    }
    return flx_graph_build(deployment, options ? options->spectrum : NULL,
                           options ? options->n_spectrum : 0,
                           options && options->paper_mode, out, error);
}

/* The opened model, or a new one, becomes what was built. */
static flx_status hand_over(flx_graph_engine *engine, flx_rebuilt_model *rebuilt,
                            const flx_training_options *options, flx_model **out,
                            flx_error *error)
{
    bool is_new = !engine->model;
    if (!is_new)
        rebuilt->row_replicas =
            flx_engine_row_replicas(engine->model, rebuilt->deployment);
    else
        FLX_NEW(engine->model, 1);
    if (!engine->model || (!is_new && !rebuilt->row_replicas))
        return out_of_memory(error);
    flx_model *model = *out = engine->model;
    engine->model = NULL;
    if (options) {
        model->paper_mode = options->paper_mode;
        model->prior = options->paper_mode ? FLX_PRIOR_NONE : options->prior;
        model->covariance = options->paper_mode ? FLX_MATERN52 : options->covariance;
    } else if (is_new) {
        model->prior = FLX_PRIOR_DENSITY;
    }
    model->wants_log = rebuilt->deployment->log_target;
    flx_rebuilt_model_install(rebuilt, model);
    return FLX_OK;
}

flx_status flx_graph_engine_compose(flx_graph_engine *engine, const char *target,
                                    const flx_training_options *options, flx_model **out,
                                    flx_change *change, flx_error *error)
{
    flx_rebuilt_model rebuilt = {0};
    flx_transfer_lookup lookup = {find_source, engine};
    *out = NULL;
    *change = (flx_change){.event = "add"};
    FLX_TRY(aim(engine, target, error));
    FLX_TRY(flx_document_parse(engine->document, "the graph engine", &rebuilt.deployment,
                               error));
    flx_status status = build(engine, rebuilt.deployment, options, &rebuilt.graph, error);
    if (status == FLX_OK)
        status = check_gifts(engine, rebuilt.graph, change, error);
    if (status == FLX_OK)
        status = flx_rebuilt_model_fill(&rebuilt, engine->model, &lookup, change, error);
    if (status == FLX_OK)
        status = hand_over(engine, &rebuilt, options, out, error);
    flx_rebuilt_model_clear(&rebuilt);
    return status;
}
