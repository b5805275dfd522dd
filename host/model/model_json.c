/* SPDX-License-Identifier: MIT */
#include "host/model/model_json.h"

#include "formats/memory.h"
#include "host/model/assignments_json.h"
#include "host/model/ensemble_json.h"
#include "host/model/renamed_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FLX_OWNS(flx_input_subsets, flx_input_subsets_destroy)

#define FORMAT "fluxion-graph"
enum { VERSION = 1 };

/* In the order of their enumeration. */
static const char *const prior_words[] = {"none", "density", "sparse", NULL};

static json_t *describe_subsets(const flx_input_subsets *subsets)
{
    json_t *document = json_object();
    for (int i = 0; i < subsets->count; i++) {
        json_t *labels = json_array();
        for (int k = 0; k < subsets->list[i].n_labels; k++)
            json_array_append_new(labels, json_string(subsets->list[i].labels[k]));
        json_object_set_new(document, subsets->list[i].assignment, labels);
    }
    return document;
}

static json_t *describe_structure(const flx_graph *graph, json_t *document)
{
    json_t *vertices = json_array(), *edges = json_array(), *spectrum = json_array();
    for (int v = 0; v < graph->n_vertices; v++)
        json_array_append_new(
            vertices,
            json_pack("{s:s, s:s, s:s}", "name", graph->vertices[v].name, "kind",
                      flx_vertex_kind_text(graph->vertices[v].kind), "assignment",
                      graph->assignments[graph->vertices[v].assignment].name));
    for (int e = 0; e < graph->n_edges; e++)
        json_array_append_new(edges, json_pack("[s, s]",
                                               graph->vertices[graph->edges[e][0]].name,
                                               graph->vertices[graph->edges[e][1]].name));
    for (int k = 0; k < graph->n_spectrum; k++)
        json_array_append_new(spectrum, json_string(graph->spectrum[k]));
    json_object_set_new(document, "spectrum", spectrum);
    if (graph->input_subsets)
        json_object_set_new(document, "selected_inputs",
                            describe_subsets(graph->input_subsets));
    json_object_set_new(document, "vertices", vertices);
    json_object_set_new(document, "edges", edges);
    return document;
}

/* How the rows were measured, where the deployment has changed since. */
static json_t *describe_replicas(const flx_model *model)
{
    json_t *object = json_object();
    for (int s = 0; s < model->deployment->n_services; s++)
        if (model->row_replicas[s] != model->deployment->services[s].replicas)
            json_object_set_new(object, model->deployment->services[s].name,
                                json_integer(model->row_replicas[s]));
    return object;
}

static json_t *describe_training(const flx_model *model)
{
    json_t *rows = json_array();
    for (int i = 0; i < model->n_drawn; i++)
        json_array_append_new(rows, json_integer(model->drawn[i]));
    char digest[65];
    flx_dataset_digest(model->rows, digest);
    json_t *training =
        json_pack("{s:s, s:i, s:s, s:o}", "source_digest", model->source_digest,
                  "source_rows", model->source_rows, "rows_digest", digest, "rows", rows);
    if (model->row_replicas)
        json_object_set_new(training, "replicas", describe_replicas(model));
    return training;
}

static json_t *describe_notes(const flx_model *model)
{
    json_t *list = json_array();
    for (int i = 0; i < model->warnings.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "assignment",
                                              model->warnings.items[i].assignment, "text",
                                              model->warnings.items[i].text, "failure",
                                              model->warnings.items[i].is_failure));
    return list;
}

json_t *flx_model_describe(const flx_model *model)
{
    json_t *document =
        json_pack("{s:s, s:i, s:s, s:s, s:b}", "format", FORMAT, "version", VERSION,
                  "composition", flx_composition_words[model->composition], "prior",
                  prior_words[model->prior], "paper", model->paper_mode);
    if (model->covariance != FLX_MATERN52)
        json_object_set_new(document, "kernel",
                            json_string(flx_covariance_words[model->covariance]));
    json_object_set_new(document, "training", describe_training(model));
    json_object_set_new(document, "assignments",
                        flx_assignments_describe(model->graph, model->assignments));
    json_object_set_new(document, "ensemble", flx_ensemble_describe(model));
    json_object_set_new(document, "warnings", describe_notes(model));
    describe_structure(model->graph, document);
    return document;
}

static flx_status read_settings(const flx_json_source *source, flx_model *model,
                                flx_error *error)
{
    const json_t *root = flx_json_root(source);
    int composition = 0, prior = 0, covariance = FLX_MATERN52;
    FLX_TRY(flx_json_check_format(source, FORMAT, VERSION, error));
    FLX_TRY(flx_json_get_word(source, root, "composition", true, flx_composition_words,
                              &composition, error));
    FLX_TRY(flx_json_get_word(source, root, "prior", true, prior_words, &prior, error));
    FLX_TRY(flx_json_get_word(source, root, "kernel", false, flx_covariance_words,
                              &covariance, error));
    FLX_TRY(flx_json_get_boolean(source, root, "paper", true, &model->paper_mode, error));
    model->composition = (flx_composition)composition;
    model->prior = (flx_gp_prior)prior;
    model->covariance = (flx_covariance)covariance;
    return FLX_OK;
}

static flx_status read_subset(const flx_json_source *source, const json_t *subsets,
                              const char *assignment, flx_input_subsets *out,
                              flx_error *error)
{
    json_t *labels = NULL;
    const char *label = NULL;
    FLX_TRY(flx_json_get_array(source, subsets, assignment, true, &labels, error));
    if (!flx_input_subsets_add(out, assignment))
        return flx_no_memory(error, "the files of a model");
    for (size_t k = 0; k < json_array_size(labels); k++) {
        FLX_TRY(flx_json_item_text(source, labels, k, "a metric", &label, error));
        if (!flx_input_subsets_add_label(out, label))
            return flx_no_memory(error, "the files of a model");
    }
    return FLX_OK;
}

/* *out NULL where the graph was not pruned; the caller's to destroy also on failure. */
static flx_status read_subsets(const flx_json_source *source, flx_input_subsets **out,
                               flx_error *error)
{
    json_t *root = flx_json_root(source), *subsets = NULL, *labels;
    const char *assignment;
    FLX_TRY(flx_json_get_object(source, root, flx_key_in(root, "selected_inputs"), false,
                                &subsets, error));
    if (!subsets)
        return FLX_OK;
    *out = flx_input_subsets_create();
    if (!*out)
        return flx_no_memory(error, "the files of a model");
    json_object_foreach(subsets, assignment, labels)
        FLX_TRY(read_subset(source, subsets, assignment, *out, error));
    return FLX_OK;
}

static flx_status read_graph(const flx_json_source *source, flx_model *model,
                             flx_error *error)
{
    json_t *spectrum = NULL;
    FLX_OWNED(flx_input_subsets) subsets = NULL;
    FLX_SCOPED const char **names = NULL;
    FLX_TRY(flx_json_get_array(source, flx_json_root(source), "spectrum", true, &spectrum,
                               error));
    size_t count = json_array_size(spectrum);
    if (!FLX_NEW(names, count))
        return flx_no_memory(error, "the files of a model");
    for (size_t k = 0; k < count; k++)
        FLX_TRY(flx_json_item_text(source, spectrum, k, "a metric", &names[k], error));
    FLX_TRY(read_subsets(source, &subsets, error));
    flx_graph_scope scope = {names, (int)count, subsets};
    return flx_model_build_graph(model->deployment, model->composition, model->paper_mode,
                                 &scope, &model->graph, error);
}

/* Row numbers of the source: integers in ascending order. */
static flx_status read_drawn(const flx_json_source *source, const json_t *rows,
                             flx_model *model, flx_error *error)
{
    size_t count = json_array_size(rows);
    if (!FLX_NEW(model->drawn, count))
        return flx_no_memory(error, "the files of a model");
    json_int_t last = -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(rows, i);
        json_int_t row = json_integer_value(item);
        if (!json_is_integer(item) || row <= last || row >= model->source_rows)
            return flx_json_fail(source, flx_json_item_line(source, rows, i), error,
                                 "item %zu of \"rows\" is no row number after %lld and "
                                 "below the %d rows of the source",
                                 i, (long long)last, model->source_rows);
        model->drawn[model->n_drawn++] = (int)row;
        last = row;
    }
    return FLX_OK;
}

/* "replicas" of the rows: services that had another number of instances then. */
static flx_status read_row_replicas(const flx_json_source *source, const json_t *training,
                                    flx_model *model, flx_error *error)
{
    json_t *object = NULL;
    int count = model->deployment->n_services;
    FLX_TRY(flx_json_get_object(source, training, "replicas", false, &object, error));
    if (!object)
        return FLX_OK;
    if (!FLX_NEW(model->row_replicas, count))
        return flx_no_memory(error, "the files of a model");
    size_t used = 0;
    for (int s = 0; s < count; s++) {
        const flx_service *service = &model->deployment->services[s];
        model->row_replicas[s] = service->replicas;
        used += json_object_get(object, service->name) != NULL;
        FLX_TRY(flx_json_get_integer(source, object, service->name, false, 0, 10000,
                                     &model->row_replicas[s], error));
    }
    if (used != json_object_size(object))
        return flx_json_fail(source, flx_json_key_line(source, training, "replicas"),
                             error, "\"replicas\" names a service that is not deployed");
    return FLX_OK;
}

static flx_status read_training(const flx_json_source *source, flx_model *model,
                                flx_error *error)
{
    json_t *training = NULL, *rows = NULL;
    const char *digest = NULL;
    FLX_TRY(flx_json_get_object(source, flx_json_root(source), "training", true,
                                &training, error));
    FLX_TRY(flx_json_get_text(source, training, "source_digest", true, &digest, error));
    FLX_TRY(flx_json_get_integer(source, training, "source_rows", true, 0, 1000000000,
                                 &model->source_rows, error));
    FLX_TRY(flx_json_get_array(source, training, "rows", true, &rows, error));
    snprintf(model->source_digest, sizeof model->source_digest, "%s", digest);
    FLX_TRY(read_row_replicas(source, training, model, error));
    return read_drawn(source, rows, model, error);
}

static flx_status read_notes(const flx_json_source *source, flx_model *model,
                             flx_error *error)
{
    json_t *root = flx_json_root(source), *warnings = NULL;
    FLX_TRY(flx_json_get_array(source, root, flx_key_in(root, "warnings"), true,
                               &warnings, error));
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *item = json_array_get(warnings, i);
        const char *assignment = NULL, *text = NULL;
        bool is_failure = false;
        FLX_TRY(flx_json_get_text(source, item, "assignment", true, &assignment, error));
        FLX_TRY(flx_json_get_text(source, item, "text", true, &text, error));
        FLX_TRY(flx_json_get_boolean(source, item, "failure", true, &is_failure, error));
        FLX_TRY(flx_warning_list_add(&model->warnings, error, assignment, is_failure,
                                     "%s", text));
    }
    return FLX_OK;
}

flx_status flx_model_read_description(const flx_json_source *source, const char *folder,
                                      flx_model *model, flx_error *error)
{
    FLX_TRY(read_settings(source, model, error));
    FLX_TRY(read_graph(source, model, error));
    FLX_TRY(read_training(source, model, error));
    FLX_TRY(read_notes(source, model, error));
    FLX_TRY(flx_assignments_read(source, flx_json_root(source), folder, model->graph,
                                 &model->assignments, error));
    return flx_ensemble_read(source, folder, model, error);
}
