/* SPDX-License-Identifier: MIT
 * A model as a folder: written beside its name and renamed, read back with every file
 * checked against the others. */
#include "host/model.h"

#include "formats/json_source.h"
#include "formats/output.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FORMAT "fluxion-graph"
enum { VERSION = 1 };

static const char *const composition_words[] = {"composed", "gp-ard", "gp-iso", NULL};
static const char *const prior_words[] = {"none", "density", "sparse", NULL};

/* "FOLDER/name", allocated. */
static char *join(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    char *path = NULL;
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

static flx_status out_of_memory(flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for the files of a model");
}

static json_t *describe_assignments(const flx_model *model)
{
    json_t *list = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_predictor *p = &model->predictors[a];
        char digest[65];
        flx_predictor_digest(p, digest);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:[{s:s, s:s, s:f}]}", "name",
                            model->graph->assignments[a].name, "vertex",
                            flx_vertex_kind_text(model->graph->assignments[a].kind),
                            "models", "model", digest, "kind",
                            flx_predictor_kind_text(p->kind), "weight", 1.0));
    }
    return list;
}

static json_t *describe_structure(const flx_graph *graph, json_t *document)
{
    json_t *vertices = json_array(), *edges = json_array(), *spectrum = json_array();
    for (int v = 0; v < graph->n_vertices; v++)
        json_array_append_new(
            vertices, json_pack("{s:s, s:s, s:s}", "name", graph->vertices[v].name, "kind",
                                flx_vertex_kind_text(graph->vertices[v].kind), "assignment",
                                graph->assignments[graph->vertices[v].assignment].name));
    for (int e = 0; e < graph->n_edges; e++)
        json_array_append_new(
            edges, json_pack("[s, s]", graph->vertices[graph->edges[e][0]].name,
                             graph->vertices[graph->edges[e][1]].name));
    for (int k = 0; k < graph->n_spectrum; k++)
        json_array_append_new(spectrum, json_string(graph->spectrum[k]));
    json_object_set_new(document, "spectrum", spectrum);
    json_object_set_new(document, "vertices", vertices);
    json_object_set_new(document, "edges", edges);
    return document;
}

static json_t *describe_training(const flx_model *model)
{
    json_t *rows = json_array();
    for (int i = 0; i < model->n_drawn; i++)
        json_array_append_new(rows, json_integer(model->drawn[i]));
    return json_pack("{s:s, s:i, s:o}", "source_digest", model->source_digest,
                     "source_rows", model->source_rows, "rows", rows);
}

static json_t *describe_notes(const flx_model *model)
{
    json_t *list = json_array();
    for (int i = 0; i < model->n_notes; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b}", "assignment",
                                        model->notes[i].assignment, "text",
                                        model->notes[i].text, "failure",
                                        model->notes[i].is_failure));
    return list;
}

/* The text of graph.json, or NULL when out of memory. */
static char *describe_model(const flx_model *model)
{
    json_t *document =
        json_pack("{s:s, s:i, s:s, s:s, s:b}", "format", FORMAT, "version", VERSION,
                  "composition", composition_words[model->composition], "prior",
                  prior_words[model->prior], "paper", model->paper_mode);
    json_object_set_new(document, "training", describe_training(model));
    json_object_set_new(document, "assignments", describe_assignments(model));
    json_object_set_new(document, "notes", describe_notes(model));
    describe_structure(model->graph, document);
    char *text = json_dumps(document, JSON_INDENT(1));
    json_decref(document);
    return text;
}

static flx_status write_text(const char *folder, const char *name, const char *text,
                             flx_error *error)
{
    char *path = join(folder, name);
    if (!path || !text) {
        free(path);
        return out_of_memory(error);
    }
    flx_status status = flx_output_write(path, text, strlen(text), error);
    free(path);
    return status;
}

static flx_status write_history(const flx_model *model, const char *folder,
                                const char *event, flx_error *error)
{
    char date[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *fitted = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++)
        json_array_append_new(fitted, json_string(model->graph->assignments[a].name));
    json_t *line = json_pack("{s:s, s:s, s:i, s:o, s:[]}", "date", date, "event", event,
                             "rows", model->n_drawn, "fitted", fitted, "reused");
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL, *ended = NULL;
    json_decref(line);
    if (!text || asprintf(&ended, "%s\n", text) < 0) {
        free(text);
        return out_of_memory(error);
    }
    free(text);
    flx_status status = write_text(folder, "history.jsonl", ended, error);
    free(ended);
    return status;
}

static char *predictor_path(const char *folder, const char *digest)
{
    char *name = NULL;
    if (asprintf(&name, "models/%s.h5", digest) < 0)
        return NULL;
    char *path = join(folder, name);
    free(name);
    return path;
}

static flx_status write_predictors(const flx_model *model, const char *folder,
                                   flx_error *error)
{
    char *models = join(folder, "models");
    if (!models)
        return out_of_memory(error);
    int made = mkdir(models, 0777);
    free(models);
    if (made != 0)
        return flx_fail(error, FLX_IO_FAILED, "%s/models: %s", folder, strerror(errno));
    for (int a = 0; a < model->graph->n_assignments; a++) {
        char digest[65];
        flx_predictor_digest(&model->predictors[a], digest);
        char *path = predictor_path(folder, digest);
        if (!path)
            return out_of_memory(error);
        flx_status status = flx_predictor_write(&model->predictors[a], path, error);
        free(path);
        FLX_TRY(status);
    }
    return FLX_OK;
}

static flx_status write_tables(const flx_model *model, const char *folder,
                               flx_error *error)
{
    char *rows = join(folder, "rows.h5"), *deployment = join(folder, "deployment.json");
    flx_status status =
        rows && deployment ? flx_deployment_write(model->deployment, deployment, error)
                           : out_of_memory(error);
    if (status == FLX_OK)
        status = flx_dataset_write(model->rows, rows, error);
    free(rows);
    free(deployment);
    return status;
}

flx_status flx_model_write(const flx_model *model, const char *path, const char *event,
                           flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin_directory(path, "graph.json", &output, error));
    const char *folder = flx_output_path(output);
    char *text = describe_model(model);
    flx_status status = text ? write_tables(model, folder, error) : out_of_memory(error);
    if (status == FLX_OK)
        status = write_predictors(model, folder, error);
    if (status == FLX_OK)
        status = write_text(folder, "graph.json", text, error);
    if (status == FLX_OK)
        status = write_history(model, folder, event, error);
    free(text);
    if (status == FLX_OK)
        return flx_output_commit(output, error);
    flx_output_abandon(output);
    return status;
}

/* --- reading --- */

static flx_status read_settings(const flx_json_source *source, flx_model *model,
                                flx_error *error)
{
    const json_t *root = flx_json_root(source);
    int composition = 0, prior = 0;
    FLX_TRY(flx_json_check_format(source, FORMAT, VERSION, error));
    FLX_TRY(flx_json_get_word(source, root, "composition", true, composition_words,
                              &composition, error));
    FLX_TRY(flx_json_get_word(source, root, "prior", true, prior_words, &prior, error));
    FLX_TRY(
        flx_json_get_boolean(source, root, "paper", true, &model->paper_mode, error));
    model->composition = (flx_composition)composition;
    model->prior = (flx_gp_prior)prior;
    return FLX_OK;
}

static flx_status read_graph(const flx_json_source *source, flx_model *model,
                             flx_error *error)
{
    json_t *spectrum = NULL;
    FLX_TRY(flx_json_get_array(source, flx_json_root(source), "spectrum", true, &spectrum,
                               error));
    size_t count = json_array_size(spectrum);
    const char **names = calloc(count + 1, sizeof *names);
    flx_status status = names ? FLX_OK : out_of_memory(error);
    for (size_t k = 0; k < count && status == FLX_OK; k++)
        status = flx_json_item_text(source, spectrum, k, "a metric", &names[k], error);
    if (status == FLX_OK)
        status = flx_model_build_graph(model->deployment, model->composition,
                                       model->paper_mode, names, (int)count, &model->graph,
                                       error);
    free(names);
    return status;
}

static flx_status read_training(const flx_json_source *source, flx_model *model,
                                flx_error *error)
{
    json_t *training = NULL, *rows = NULL;
    const char *digest = NULL;
    FLX_TRY(flx_json_get_object(source, flx_json_root(source), "training", true, &training,
                                error));
    FLX_TRY(flx_json_get_text(source, training, "source_digest", true, &digest, error));
    FLX_TRY(flx_json_get_integer(source, training, "source_rows", true, 1, 1000000000,
                                 &model->source_rows, error));
    FLX_TRY(flx_json_get_array(source, training, "rows", true, &rows, error));
    snprintf(model->source_digest, sizeof model->source_digest, "%s", digest);
    model->drawn = calloc(json_array_size(rows) + 1, sizeof *model->drawn);
    if (!model->drawn)
        return out_of_memory(error);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_int_t row = json_integer_value(json_array_get(rows, i));
        if (row < 0 || row >= model->source_rows)
            return flx_json_fail(source, flx_json_item_line(source, rows, i), error,
                                 "row %lld is not among the %d rows of the source",
                                 (long long)row, model->source_rows);
        model->drawn[model->n_drawn++] = (int)row;
    }
    return FLX_OK;
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
        if (!flx_model_add_note(model, assignment, is_failure, "%s", text))
            return out_of_memory(error);
    }
    return FLX_OK;
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* One assignment of graph.json: it must be the graph's, and its model's file must fit. */
static flx_status read_predictor(const flx_json_source *source, const json_t *item, int a,
                                 const char *folder, flx_model *model, flx_error *error)
{
    const flx_graph_assignment *assignment = &model->graph->assignments[a];
    const char *name = NULL, *digest = NULL;
    json_t *models = NULL;
    FLX_TRY(flx_json_get_text(source, item, "name", true, &name, error));
    FLX_TRY(flx_json_get_array(source, item, "models", true, &models, error));
    int line = flx_json_line(source, item);
    if (strcmp(name, assignment->name) != 0 || json_array_size(models) != 1)
        return flx_json_fail(source, line, error,
                             "assignment %s with %zu models does not fit the deployment, "
                             "where %s stands",
                             name, json_array_size(models), assignment->name);
    FLX_TRY(flx_json_get_text(source, json_array_get(models, 0), "model", true, &digest,
                              error));
    if (!is_digest(digest))
        return flx_json_fail(source, line, error, "\"%s\" is not the digest of a model",
                             digest);
    char *path = predictor_path(folder, digest), found[65];
    if (!path)
        return out_of_memory(error);
    flx_status status = flx_predictor_read(path, &model->predictors[a], error);
    if (status == FLX_OK) {
        flx_predictor_digest(&model->predictors[a], found);
        if (strcmp(found, digest) != 0 ||
            model->predictors[a].n_inputs != assignment->n_inputs)
            status = flx_fail(error, FLX_BAD_INPUT,
                              "%s is not the model that %s line %d names for %s", path,
                              flx_json_place(source), line, name);
    }
    free(path);
    return status;
}

static flx_status read_predictors(const flx_json_source *source, const char *folder,
                                  flx_model *model, flx_error *error)
{
    json_t *list = NULL;
    int count = model->graph->n_assignments;
    FLX_TRY(flx_json_get_array(source, flx_json_root(source), "assignments", true, &list,
                               error));
    if (json_array_size(list) != (size_t)count)
        return flx_json_fail(source, flx_json_line(source, list), error,
                             "%zu assignments where the deployment gives %d",
                             json_array_size(list), count);
    model->predictors = calloc((size_t)count, sizeof *model->predictors);
    if (!model->predictors)
        return out_of_memory(error);
    for (int a = 0; a < count; a++)
        FLX_TRY(read_predictor(source, json_array_get(list, (size_t)a), a, folder, model,
                               error));
    return FLX_OK;
}

static flx_status read_description(const char *folder, flx_model *model, flx_error *error)
{
    char *path = join(folder, "graph.json");
    flx_json_source *source = NULL;
    flx_status status = path ? flx_json_source_read(path, &source, error)
                             : out_of_memory(error);
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
        status = read_predictors(source, folder, model, error);
    flx_json_source_destroy(source);
    return status;
}

flx_status flx_model_read(const char *path, flx_model **out, flx_error *error)
{
    *out = NULL;
    flx_model *model = calloc(1, sizeof *model);
    char *deployment = join(path, "deployment.json"), *rows = join(path, "rows.h5");
    flx_status status = model && deployment && rows ? FLX_OK : out_of_memory(error);
    if (status == FLX_OK)
        status = flx_deployment_read(deployment, &model->deployment, error);
    if (status == FLX_OK)
        status = read_description(path, model, error);
    if (status == FLX_OK)
        status = flx_dataset_read(rows, &model->rows, error);
    free(deployment);
    free(rows);
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
