/* SPDX-License-Identifier: MIT
 * A model becomes a folder: written beside its name and renamed. */
#include "formats/files.h"
#include "formats/memory.h"
#include "host/model/model_json.h"
#include "host/model/model_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LONGEST_HISTORY = 1 << 30 };

/* By which a folder is known as a model. */
static const char marker[] = "graph.json";

static flx_status write_text(const char *folder, const char *name, const char *text,
                             flx_error *error)
{
    FLX_SCOPED char *path = flx_model_file(folder, name);
    return path && text ? flx_output_write(path, text, strlen(text), error)
                        : flx_no_memory(error, "the files of a model");
}

/* Assignments whose models were all found in a repository, or the others. */
static json_t *list_names(const flx_model *model, bool are_found)
{
    json_t *names = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_learning_assignment *hosted = &model->assignments[a];
        bool is_found = hosted->n_models > 0;
        for (int k = 0; k < hosted->n_models; k++)
            is_found = is_found && hosted->models[k].is_cache_hit;
        if (is_found == are_found)
            json_array_append_new(names, json_string(model->graph->assignments[a].name));
    }
    return names;
}

static json_t *describe_event(const flx_model *model, const char *event)
{
    return json_pack("{s:s, s:i, s:o, s:o}", "event", event, "rows", model->n_drawn,
                     "fitted", list_names(model, false), "reused",
                     list_names(model, true));
}

/* One line of history.jsonl, with its date; takes `line`. */
static char *date_line(json_t *line)
{
    char date[32], *ended = NULL;
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *dated = json_pack("{s:s}", "date", date);
    json_object_update(dated, line);
    char *text = line && dated ? json_dumps(dated, JSON_COMPACT) : NULL;
    json_decref(line);
    json_decref(dated);
    if (!text || asprintf(&ended, "%s\n", text) < 0)
        ended = NULL;
    free(text);
    return ended;
}

/* `before`: the lines that stand there already; takes `line`. */
static flx_status write_history(const char *folder, const char *before, json_t *line,
                                flx_error *error)
{
    char *ended = date_line(line), *text = NULL;
    if (!ended || asprintf(&text, "%s%s", before, ended) < 0)
        text = NULL;
    flx_status status = write_text(folder, "history.jsonl", text, error);
    free(ended);
    free(text);
    return status;
}

static flx_status write_predictor(const flx_hosted_model *hosted, const char *folder,
                                  flx_error *error)
{
    char digest[65];
    flx_predictor_digest(&hosted->predictor, digest);
    FLX_SCOPED char *path = flx_model_predictor_file(folder, digest);
    if (!path)
        return flx_no_memory(error, "the files of a model");
    flx_hdf5_writer *writer = flx_predictor_put(&hosted->predictor);
    flx_hdf5_put_integer(writer, "/", "created", hosted->created);
    return flx_hdf5_save_with_trailer(writer, path, error);
}

static flx_status write_hosted(flx_fitted_graph fitted, const char *folder,
                               flx_error *error)
{
    for (int a = 0; a < fitted.graph->n_assignments; a++)
        for (int k = 0; k < fitted.assignments[a].n_models; k++)
            FLX_TRY(write_predictor(&fitted.assignments[a].models[k], folder, error));
    return FLX_OK;
}

static flx_status write_predictors(const flx_model *model, const char *folder,
                                   flx_error *error)
{
    FLX_SCOPED char *models = flx_model_file(folder, "models");
    if (!models)
        return flx_no_memory(error, "the files of a model");
    if (mkdir(models, 0777) != 0)
        return flx_fail(error, FLX_IO_FAILED, "%s/models: %s", folder, strerror(errno));
    FLX_TRY(write_hosted(flx_model_graph(model), folder, error));
    for (int k = 1; model->ensemble && k < model->ensemble->n_members; k++)
        FLX_TRY(write_hosted(flx_model_member_graph(model, k), folder, error));
    return FLX_OK;
}

static flx_status write_tables(const flx_model *model, const char *folder,
                               flx_error *error)
{
    FLX_SCOPED char *rows = flx_model_file(folder, "rows.h5");
    FLX_SCOPED char *deployment = flx_model_file(folder, "deployment.json");
    if (!rows || !deployment)
        return flx_no_memory(error, "the files of a model");
    FLX_TRY(flx_deployment_write(model->deployment, deployment, error));
    return flx_dataset_write(model->rows, rows, error);
}

/* Writes everything; `history` are the lines so far, `line` the new one, which it takes.
 */
static flx_status write_all(const flx_model *model, const char *path, const char *history,
                            json_t *line, flx_error *error)
{
    flx_output *output = NULL;
    flx_status status = flx_output_begin_directory(path, marker, &output, error);
    if (status != FLX_OK) {
        json_decref(line);
        return status;
    }
    const char *folder = flx_output_path(output);
    json_t *document = flx_model_describe(model);
    char *text = document ? json_dumps(document, JSON_INDENT(1)) : NULL;
    json_decref(document);
    status = write_history(folder, history, line, error);
    if (status == FLX_OK)
        status = text ? write_tables(model, folder, error)
                      : flx_no_memory(error, "the files of a model");
    if (status == FLX_OK)
        status = write_predictors(model, folder, error);
    if (status == FLX_OK)
        status = write_text(folder, "graph.json", text, error);
    free(text);
    if (status == FLX_OK)
        return flx_output_commit(output, error);
    flx_output_abandon(output);
    return status;
}

flx_status flx_model_check_path(const char *path, flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin_directory(path, marker, &output, error));
    flx_output_abandon(output);
    return FLX_OK;
}

flx_status flx_model_write(const flx_model *model, const char *path, const char *event,
                           flx_error *error)
{
    return write_all(model, path, "", describe_event(model, event), error);
}

flx_status flx_model_update(const flx_model *model, const char *path,
                            const flx_change *change, flx_error *error)
{
    int empty = flx_fitted_graph_find_empty(flx_model_graph(model));
    if (empty >= 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s hosts no model: fit it before the graph is written",
                        model->graph->assignments[empty].name);
    FLX_SCOPED char *name = flx_model_file(path, "history.jsonl"), *history = NULL;
    size_t length;
    if (!name)
        return flx_no_memory(error, "the files of a model");
    FLX_TRY(flx_text_file_read(name, LONGEST_HISTORY, &history, &length, error));
    return write_all(model, path, history, flx_change_describe(change), error);
}
