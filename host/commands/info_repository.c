/* SPDX-License-Identifier: MIT */
#include "host/commands/info.h"

#include "formats/memory.h"
#include "host/regression.h"

#include <stdlib.h>
#include <unistd.h>

FLX_OWNS(flx_repository, flx_repository_close)

/* The entries of the folder; both are the caller's, also after a failure. */
static flx_status open_repository(const char *path, flx_repository **repository,
                                  flx_repository_entry **entries, int *count,
                                  flx_error *error)
{
    FLX_TRY(flx_repository_open(path, repository, error));
    return flx_repository_list(*repository, entries, count, error);
}

bool flx_info_is_repository(const char *path)
{
    FLX_SCOPED char *graph = NULL;
    FLX_SCOPED flx_repository_entry *entries = NULL;
    FLX_OWNED(flx_repository) repository = NULL;
    int count = 0;
    if (asprintf(&graph, "%s/graph.json", path) < 0 || access(graph, F_OK) == 0)
        return false;
    return open_repository(path, &repository, &entries, &count, NULL) == FLX_OK &&
           count > 0;
}

static flx_status add_model(json_t *list, const flx_repository *repository,
                            const flx_repository_entry *entry, flx_error *error)
{
    flx_fit_result model;
    bool is_there;
    FLX_TRY(flx_repository_find(repository, entry->cause, &is_there, &model, error));
    if (!is_there)
        return FLX_OK; /* removed meanwhile */
    const flx_predictor *p = &model.predictor;
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "fit_key", entry->cause,
                        "output", model.output, "kind", flx_predictor_kind_text(p->kind),
                        "points", p->n, "inputs", p->n_features, "bytes",
                        (json_int_t)entry->bytes, "created", (json_int_t)model.created));
    flx_fit_result_clear(&model);
    return FLX_OK;
}

static void print_text(json_t *report)
{
    static const flx_table_column columns[] = {{"model", "{fit_key:.12s}"},
                                               {"output", "{output}"},
                                               {"kind", "{kind}"},
                                               {"points", "{points}"},
                                               {"inputs", "{inputs}"},
                                               {"bytes", "{bytes}"},
                                               {"date (UTC)", "{created:date}"},
                                               {0}};
    flx_print_line(report, "{repository} holds {models} models in {bytes} bytes\n");
    flx_print_table(json_object_get(report, "detail"), columns);
}

flx_status flx_info_report_repository(const flx_arguments *arguments, const char *path,
                                      flx_error *error)
{
    FLX_SCOPED flx_repository_entry *entries = NULL;
    FLX_OWNED(flx_repository) repository = NULL;
    json_auto_t *detail = json_array();
    json_int_t bytes = 0;
    int count = 0;
    FLX_TRY(open_repository(path, &repository, &entries, &count, error));
    for (int i = 0; i < count; i++) {
        bytes += entries[i].bytes;
        FLX_TRY(add_model(detail, repository, &entries[i], error));
    }
    return flx_report(arguments,
                      json_pack("{s:s, s:i, s:I, s:O}", "repository",
                                flx_repository_path(repository), "models", count, "bytes",
                                bytes, "detail", detail),
                      NULL, print_text, error);
}
