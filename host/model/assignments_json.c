/* SPDX-License-Identifier: MIT */
#include "host/model/assignments_json.h"

#include "formats/files.h"
#include "formats/memory.h"
#include "host/model/model_path.h"
#include "host/model/renamed_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static json_t *list_inputs(const flx_graph_assignment *assignment)
{
    json_t *list = json_array();
    for (int i = 0; i < assignment->n_inputs; i++)
        json_array_append_new(list, json_string(assignment->inputs[i].label));
    return list;
}

static json_t *list_models(const flx_learning_assignment *assignment)
{
    json_t *list = json_array();
    for (int k = 0; k < assignment->n_models; k++) {
        const flx_hosted_model *hosted = &assignment->models[k];
        char digest[65];
        flx_predictor_digest(&hosted->predictor, digest);
        json_t *item = json_pack("{s:s, s:s, s:f, s:s, s:I, s:I}", "model", digest,
                                 "kind", flx_predictor_kind_text(hosted->predictor.kind),
                                 "weight", hosted->weight, "fit_key", hosted->fit_key,
                                 "first_time", (json_int_t)hosted->first_time,
                                 "last_time", (json_int_t)hosted->last_time);
        if (*hosted->refitted_on)
            json_object_set_new(item, "refitted_on", json_string(hosted->refitted_on));
        json_array_append_new(list, item);
    }
    return list;
}

json_t *flx_assignments_describe(const flx_graph *graph,
                                 const flx_learning_assignment *assignments)
{
    json_t *list = json_array();
    for (int a = 0; a < graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &graph->assignments[a];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o}", "name", assignment->name,
                                        "vertex", flx_vertex_kind_text(assignment->kind),
                                        "inputs", list_inputs(assignment), "models",
                                        list_models(&assignments[a])));
    }
    return list;
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* What graph.json says of a hosted model beside its digest. */
static flx_status read_entry(const flx_json_source *source, const json_t *item,
                             flx_hosted_model *hosted, flx_error *error)
{
    const char *fit_key = NULL, *refitted_on = "";
    json_int_t *const times[] = {&(json_int_t){0}, &(json_int_t){0}};
    static const char *const names[] = {"first_time", "last_time"};
    FLX_TRY(flx_json_get_number(source, item, "weight", true, &hosted->weight, error));
    FLX_TRY(flx_json_get_text(source, item, flx_key_in(item, "fit_key"), true, &fit_key,
                              error));
    FLX_TRY(flx_json_get_text(source, item, "refitted_on", false, &refitted_on, error));
    snprintf(hosted->fit_key, sizeof hosted->fit_key, "%s", fit_key);
    snprintf(hosted->refitted_on, sizeof hosted->refitted_on, "%s", refitted_on);
    for (int i = 0; i < 2; i++) {
        const json_t *time = json_object_get(item, names[i]);
        if (!json_is_integer(time))
            return flx_json_fail(source, flx_json_line(source, item), error,
                                 "\"%s\" is not a number of seconds", names[i]);
        *times[i] = json_integer_value(time);
    }
    hosted->first_time = *times[0];
    hosted->last_time = *times[1];
    if (!(hosted->weight >= 0 && hosted->weight <= 1))
        return flx_json_fail(source, flx_json_line(source, item), error,
                             "weight %g is not between 0 and 1", hosted->weight);
    return FLX_OK;
}

/* A model's file: the predictor, when it was fitted, and its size. */
static flx_status read_file(const char *path, flx_hosted_model *hosted, flx_error *error)
{
    flx_hdf5_reader *reader = NULL;
    struct stat about;
    FLX_TRY(flx_checksum_trailer_check_if_any(path, error));
    FLX_TRY(flx_hdf5_open(path, &reader, error));
    flx_status status = flx_predictor_get(reader, &hosted->predictor, error);
    if (status == FLX_OK)
        status =
            flx_hdf5_get_integer(reader, "/", "created", false, &hosted->created, error);
    flx_hdf5_close(reader);
    hosted->file_bytes = stat(path, &about) == 0 ? about.st_size : 0;
    return status;
}

/* One model of an assignment: its file must fit. */
static flx_status read_hosted(const flx_json_source *source, const json_t *item,
                              const flx_graph_assignment *assignment, const char *folder,
                              flx_hosted_model *hosted, flx_error *error)
{
    const char *digest = NULL;
    int line = flx_json_line(source, item);
    FLX_TRY(read_entry(source, item, hosted, error));
    FLX_TRY(flx_json_get_text(source, item, "model", true, &digest, error));
    if (!is_digest(digest))
        return flx_json_fail(source, line, error, "\"%s\" is not the digest of a model",
                             digest);
    char *path = flx_model_predictor_file(folder, digest), found[65];
    if (!path)
        return flx_no_memory(error, "the files of a model");
    flx_status status = read_file(path, hosted, error);
    if (status == FLX_OK) {
        flx_predictor_digest(&hosted->predictor, found);
        if (strcmp(found, digest) != 0 ||
            hosted->predictor.n_inputs != assignment->n_inputs)
            status = flx_fail(error, FLX_BAD_INPUT,
                              "%s is not the model that %s line %d names for %s", path,
                              flx_json_place(source), line, assignment->name);
    }
    free(path);
    return status;
}

/* One assignment of graph.json: it must be the graph's. */
static flx_status read_assignment(const flx_json_source *source, const json_t *item,
                                  const char *folder,
                                  const flx_graph_assignment *assignment,
                                  flx_learning_assignment *out, flx_error *error)
{
    const char *name = NULL;
    json_t *models = NULL;
    double sum = 0;
    FLX_TRY(flx_json_get_text(source, item, "name", true, &name, error));
    FLX_TRY(flx_json_get_array(source, item, "models", true, &models, error));
    size_t count = json_array_size(models);
    if (strcmp(name, assignment->name) != 0 || count == 0)
        return flx_json_fail(source, flx_json_line(source, item), error,
                             "assignment %s with %zu models does not fit the deployment, "
                             "where %s stands",
                             name, count, assignment->name);
    for (size_t k = 0; k < count; k++) {
        flx_hosted_model hosted = {0};
        flx_status status = read_hosted(source, json_array_get(models, k), assignment,
                                        folder, &hosted, error);
        sum += hosted.weight;
        if (status == FLX_OK)
            status = flx_assignment_add(out, &hosted, error);
        flx_predictor_clear(&hosted.predictor);
        FLX_TRY(status);
    }
    if (sum < 1 - 1e-6 || sum > 1 + 1e-6)
        return flx_json_fail(source, flx_json_line(source, item), error,
                             "the weights of %s sum to %g, not 1", name, sum);
    return FLX_OK;
}

flx_status flx_assignments_read(const flx_json_source *source, const json_t *owner,
                                const char *folder, const flx_graph *graph,
                                flx_learning_assignment **assignments, flx_error *error)
{
    json_t *list = NULL;
    int count = graph->n_assignments;
    FLX_TRY(flx_json_get_array(source, owner, "assignments", true, &list, error));
    if (json_array_size(list) != (size_t)count)
        return flx_json_fail(source, flx_json_line(source, list), error,
                             "%zu assignments where the deployment gives %d",
                             json_array_size(list), count);
    if (!FLX_NEW(*assignments, count))
        return flx_no_memory(error, "the files of a model");
    for (int a = 0; a < count; a++)
        FLX_TRY(read_assignment(source, json_array_get(list, (size_t)a), folder,
                                &graph->assignments[a], &(*assignments)[a], error));
    return FLX_OK;
}
