/* SPDX-License-Identifier: MIT
 * A model becomes a folder: written beside its name and renamed. */
#include "host/mixture.h"
#include "host/model_files.h"

#include "formats/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static flx_status write_text(const char *folder, const char *name, const char *text,
                             flx_error *error)
{
    char *path = flx_model_file(folder, name);
    if (!path || !text) {
        free(path);
        return flx_model_out_of_memory(error);
    }
    flx_status status = flx_output_write(path, text, strlen(text), error);
    free(path);
    return status;
}

/* Assignments whose models were all found in a repository, or the others. */
static json_t *list_names(const flx_model *model, bool are_found)
{
    json_t *names = json_array();
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_learning_assignment *hosting = &model->assignments[a];
        bool is_found = hosting->n_models > 0;
        for (int k = 0; k < hosting->n_models; k++)
            is_found = is_found && hosting->models[k].was_found;
        if (is_found == are_found)
            json_array_append_new(names, json_string(model->graph->assignments[a].name));
    }
    return names;
}

static flx_status write_history(const flx_model *model, const char *folder,
                                const char *event, flx_error *error)
{
    char date[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *line = json_pack("{s:s, s:s, s:i, s:o, s:o}", "date", date, "event", event,
                             "rows", model->n_drawn, "fitted", list_names(model, false),
                             "reused", list_names(model, true));
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL, *ended = NULL;
    json_decref(line);
    if (!text || asprintf(&ended, "%s\n", text) < 0) {
        free(text);
        return flx_model_out_of_memory(error);
    }
    free(text);
    flx_status status = write_text(folder, "history.jsonl", ended, error);
    free(ended);
    return status;
}

static flx_status write_predictor(const flx_hosted_model *hosted, const char *folder,
                                  flx_error *error)
{
    char digest[65];
    flx_predictor_digest(&hosted->predictor, digest);
    char *path = flx_model_predictor_file(folder, digest);
    if (!path)
        return flx_model_out_of_memory(error);
    flx_hdf5_writer *writer = flx_predictor_put(&hosted->predictor);
    flx_hdf5_put_integer(writer, "/", "created", hosted->created);
    flx_status status = flx_hdf5_save(writer, path, error);
    free(path);
    return status;
}

static flx_status write_hosted(const flx_model *model, const char *folder,
                               flx_error *error)
{
    for (int a = 0; a < model->graph->n_assignments; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++)
            FLX_TRY(write_predictor(&model->assignments[a].models[k], folder, error));
    return FLX_OK;
}

static flx_status write_predictors(const flx_model *model, const char *folder,
                                   flx_error *error)
{
    char *models = flx_model_file(folder, "models");
    if (!models)
        return flx_model_out_of_memory(error);
    int made = mkdir(models, 0777);
    free(models);
    if (made != 0)
        return flx_fail(error, FLX_IO_FAILED, "%s/models: %s", folder, strerror(errno));
    FLX_TRY(write_hosted(model, folder, error));
    for (int k = 0; model->mixture && k < model->mixture->n_members; k++)
        if (model->mixture->members[k].model)
            FLX_TRY(write_hosted(model->mixture->members[k].model, folder, error));
    return FLX_OK;
}

static flx_status write_tables(const flx_model *model, const char *folder,
                               flx_error *error)
{
    char *rows = flx_model_file(folder, "rows.h5"),
         *deployment = flx_model_file(folder, "deployment.json");
    flx_status status = rows && deployment
                            ? flx_deployment_write(model->deployment, deployment, error)
                            : flx_model_out_of_memory(error);
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
    json_t *document = flx_model_describe(model);
    char *text = document ? json_dumps(document, JSON_INDENT(1)) : NULL;
    json_decref(document);
    flx_status status =
        text ? write_tables(model, folder, error) : flx_model_out_of_memory(error);
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
