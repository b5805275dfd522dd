/* SPDX-License-Identifier: MIT
 * A folder becomes a model: the graph is built anew from its deployment, and every file
 * is checked against the others. */
#include "host/model/model_json.h"

#include "formats/json.h"
#include "host/model/ensemble_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static flx_status read_settings(const flx_json_source *source, flx_model *model,
                                flx_error *error)
{
    const json_t *root = flx_json_root(source);
    int composition = 0, prior = 0;
    FLX_TRY(flx_json_check_format(source, FLX_MODEL_FORMAT, FLX_MODEL_VERSION, error));
    FLX_TRY(flx_json_get_word(source, root, "composition", true, flx_composition_words,
                              &composition, error));
    FLX_TRY(
        flx_json_get_word(source, root, "prior", true, flx_prior_words, &prior, error));
    FLX_TRY(flx_json_get_boolean(source, root, "paper", true, &model->paper_mode, error));
    model->composition = (flx_composition)composition;
    model->prior = (flx_gp_prior)prior;
    return FLX_OK;
}

static flx_status read_reading(const flx_json_source *source, const json_t *readings,
                               const char *assignment, flx_input_subsets *out,
                               flx_error *error)
{
    json_t *labels = NULL;
    const char *label = NULL;
    FLX_TRY(flx_json_get_array(source, readings, assignment, true, &labels, error));
    if (!flx_input_subsets_add(out, assignment))
        return flx_model_out_of_memory(error);
    for (size_t k = 0; k < json_array_size(labels); k++) {
        FLX_TRY(flx_json_item_text(source, labels, k, "a metric", &label, error));
        if (!flx_input_subsets_add_label(out, label))
            return flx_model_out_of_memory(error);
    }
    return FLX_OK;
}

/* *out NULL where the graph was not pruned. */
static flx_status read_readings(const flx_json_source *source, flx_input_subsets **out,
                                flx_error *error)
{
    json_t *readings = NULL, *labels;
    const char *assignment;
    *out = NULL;
    FLX_TRY(flx_json_get_object(source, flx_json_root(source), "readings", false,
                                &readings, error));
    if (!readings)
        return FLX_OK;
    *out = flx_input_subsets_create();
    flx_status status = *out ? FLX_OK : flx_model_out_of_memory(error);
    json_object_foreach(readings, assignment, labels)
    {
        if (status == FLX_OK)
            status = read_reading(source, readings, assignment, *out, error);
    }
    if (status == FLX_OK)
        return FLX_OK;
    flx_input_subsets_destroy(*out);
    *out = NULL;
    return status;
}

static flx_status read_graph(const flx_json_source *source, flx_model *model,
                             flx_error *error)
{
    json_t *spectrum = NULL;
    flx_input_subsets *readings = NULL;
    FLX_TRY(flx_json_get_array(source, flx_json_root(source), "spectrum", true, &spectrum,
                               error));
    size_t count = json_array_size(spectrum);
    const char **names = calloc(count + 1, sizeof *names);
    flx_status status = names ? FLX_OK : flx_model_out_of_memory(error);
    for (size_t k = 0; k < count && status == FLX_OK; k++)
        status = flx_json_item_text(source, spectrum, k, "a metric", &names[k], error);
    if (status == FLX_OK)
        status = read_readings(source, &readings, error);
    flx_graph_scope scope = {names, (int)count, readings};
    if (status == FLX_OK)
        status = flx_model_build_graph(model->deployment, model->composition,
                                       model->paper_mode, &scope, &model->graph, error);
    flx_input_subsets_destroy(readings);
    free(names);
    return status;
}

/* Row numbers of the source: integers in ascending order. */
static flx_status read_drawn(const flx_json_source *source, const json_t *rows,
                             flx_model *model, flx_error *error)
{
    size_t count = json_array_size(rows);
    model->drawn = calloc(count + 1, sizeof *model->drawn);
    if (!model->drawn)
        return flx_model_out_of_memory(error);
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
    model->row_replicas = calloc((size_t)count + 1, sizeof *model->row_replicas);
    if (!model->row_replicas)
        return flx_model_out_of_memory(error);
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

/* The training rows are those that graph.json speaks of. */
static flx_status read_rows(const flx_json_source *source, const char *folder,
                            flx_model *model, flx_error *error)
{
    const json_t *training = json_object_get(flx_json_root(source), "training");
    const char *digest = NULL;
    char *path = flx_model_file(folder, "rows.h5"), found[65];
    flx_status status = path ? flx_dataset_read(path, &model->rows, error)
                             : flx_model_out_of_memory(error);
    if (status == FLX_OK)
        status = flx_json_get_text(source, training, "rows_digest", true, &digest, error);
    if (status == FLX_OK) {
        flx_dataset_digest(model->rows, found);
        if (strcmp(found, digest) != 0)
            status = flx_fail(error, FLX_BAD_INPUT,
                              "%s does not hold the training rows that %s names", path,
                              flx_json_place(source));
    }
    free(path);
    return status;
}

static flx_status read_notes(const flx_json_source *source, flx_model *model,
                             flx_error *error)
{
    json_t *notes = NULL;
    FLX_TRY(
        flx_json_get_array(source, flx_json_root(source), "notes", true, &notes, error));
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *item = json_array_get(notes, i);
        const char *assignment = NULL, *text = NULL;
        bool is_failure = false;
        FLX_TRY(flx_json_get_text(source, item, "assignment", true, &assignment, error));
        FLX_TRY(flx_json_get_text(source, item, "text", true, &text, error));
        FLX_TRY(flx_json_get_boolean(source, item, "failure", true, &is_failure, error));
        if (!flx_model_add_warning(model, assignment, is_failure, "%s", text))
            return flx_model_out_of_memory(error);
    }
    return FLX_OK;
}

/* The first item in which two arrays differ. */
static size_t first_difference(const json_t *a, const json_t *b)
{
    size_t i = 0;
    while (i < json_array_size(a) &&
           json_equal(json_array_get(a, i), json_array_get(b, i)))
        i++;
    return i;
}

/* What graph.json says for its readers is what deployment and models give. */
static flx_status check_structure(const flx_json_source *source, const flx_model *model,
                                  flx_error *error)
{
    static const char *const keys[] = {"spectrum", "vertices", "edges", "assignments",
                                       "mixture"};
    const json_t *root = flx_json_root(source);
    json_t *expected = flx_model_describe(model);
    flx_status status = expected ? FLX_OK : flx_model_out_of_memory(error);
    for (size_t k = 0; k < sizeof keys / sizeof *keys && status == FLX_OK; k++) {
        const json_t *is = json_object_get(root, keys[k]);
        const json_t *should = json_object_get(expected, keys[k]);
        if (json_equal(is, should))
            continue;
        size_t at = first_difference(is, should);
        int line = at < json_array_size(is) ? flx_json_item_line(source, is, at)
                                            : flx_json_key_line(source, root, keys[k]);
        status = flx_json_fail(source, line, error,
                               "item %zu of \"%s\" does not fit deployment.json and the "
                               "models",
                               at, keys[k]);
    }
    json_decref(expected);
    return status;
}

static flx_status read_description(const char *folder, flx_model *model, flx_error *error)
{
    char *path = flx_model_file(folder, "graph.json");
    flx_json_source *source = NULL;
    flx_status status = path ? flx_json_source_read(path, &source, error)
                             : flx_model_out_of_memory(error);
    free(path);
    if (status == FLX_OK)
        status = read_settings(source, model, error);
    if (status == FLX_OK)
        status = read_graph(source, model, error);
    if (status == FLX_OK)
        status = read_training(source, model, error);
    if (status == FLX_OK)
        status = read_notes(source, model, error);
    if (status == FLX_OK)
        status = flx_model_read_assignments(source, flx_json_root(source), folder, model,
                                            error);
    if (status == FLX_OK)
        status = flx_ensemble_read(source, folder, model, error);
    if (status == FLX_OK)
        status = read_rows(source, folder, model, error);
    if (status == FLX_OK)
        status = check_structure(source, model, error);
    flx_json_source_destroy(source);
    return status;
}

flx_status flx_model_read(const char *path, flx_model **out, flx_error *error)
{
    *out = NULL;
    flx_model *model = calloc(1, sizeof *model);
    char *deployment = flx_model_file(path, "deployment.json");
    flx_status status = model && deployment ? FLX_OK : flx_model_out_of_memory(error);
    if (status == FLX_OK)
        status = flx_deployment_read(deployment, &model->deployment, error);
    if (status == FLX_OK)
        model->wants_log = model->deployment->log_target;
    if (status == FLX_OK)
        status = read_description(path, model, error);
    free(deployment);
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
