/* SPDX-License-Identifier: MIT
 * A folder becomes a model: the graph is built anew from its deployment, and every file
 * is checked against the others. */
#include "host/model/model_json.h"

#include "formats/json.h"
#include "formats/memory.h"
#include "host/model/model_path.h"
#include "host/model/renamed_keys.h"

#include <stdlib.h>
#include <string.h>

FLX_OWNS(flx_json_source, flx_json_source_destroy)

/* The training rows are those that graph.json speaks of. */
static flx_status read_rows(const flx_json_source *source, const char *folder,
                            flx_model *model, flx_error *error)
{
    const json_t *training = json_object_get(flx_json_root(source), "training");
    const char *digest = NULL;
    char found[65];
    FLX_SCOPED char *path = flx_model_file(folder, "rows.h5");
    if (!path)
        return flx_no_memory(error, "the files of a model");
    FLX_TRY(flx_dataset_read(path, &model->rows, error));
    FLX_TRY(flx_json_get_text(source, training, "rows_digest", true, &digest, error));
    flx_dataset_digest(model->rows, found);
    if (strcmp(found, digest) != 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s does not hold the training rows that %s names", path,
                        flx_json_place(source));
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
                                       "ensemble"};
    const json_t *root = flx_json_root(source);
    json_auto_t *expected = flx_model_describe(model);
    if (!expected)
        return flx_no_memory(error, "the files of a model");
    if (strcmp(flx_key_in(root, "ensemble"), "ensemble") != 0)
        flx_restore_old_keys(expected);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *key = flx_key_in(root, keys[k]);
        const json_t *is = json_object_get(root, key);
        const json_t *should = json_object_get(expected, key);
        if (json_equal(is, should))
            continue;
        size_t at = first_difference(is, should);
        int line = at < json_array_size(is) ? flx_json_item_line(source, is, at)
                                            : flx_json_key_line(source, root, key);
        return flx_json_fail(source, line, error,
                             "item %zu of \"%s\" does not fit deployment.json and the "
                             "models",
                             at, key);
    }
    return FLX_OK;
}

static flx_status read_graph_file(const char *folder, flx_model *model, flx_error *error)
{
    FLX_SCOPED char *path = flx_model_file(folder, "graph.json");
    FLX_OWNED(flx_json_source) source = NULL;
    if (!path)
        return flx_no_memory(error, "the files of a model");
    FLX_TRY(flx_json_source_read(path, &source, error));
    FLX_TRY(flx_model_read_description(source, folder, model, error));
    FLX_TRY(read_rows(source, folder, model, error));
    return check_structure(source, model, error);
}

static flx_status read_all(const char *folder, flx_model *model, flx_error *error)
{
    FLX_SCOPED char *deployment = flx_model_file(folder, "deployment.json");
    if (!deployment)
        return flx_no_memory(error, "the files of a model");
    FLX_TRY(flx_deployment_read(deployment, &model->deployment, error));
    model->wants_log = model->deployment->log_target;
    return read_graph_file(folder, model, error);
}

flx_status flx_model_read(const char *path, flx_model **out, flx_error *error)
{
    flx_model *model = NULL;
    *out = NULL;
    if (!FLX_NEW(model, 1))
        return flx_no_memory(error, "a model");
    flx_status status = read_all(path, model, error);
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
