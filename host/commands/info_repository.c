/* SPDX-License-Identifier: MIT */
#include "host/commands/info_repository.h"

#include "host/commands/frame.h"
#include "host/regression.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    flx_repository *repository;
    flx_repository_entry *entries; /* (count) */
    int count;
    long long bytes; /* of all of them */
} inventory;

static void release(inventory *all)
{
    free(all->entries);
    flx_repository_close(all->repository);
}

static flx_status take_inventory(const char *path, inventory *all, flx_error *error)
{
    *all = (inventory){0};
    FLX_TRY(flx_repository_open(path, &all->repository, error));
    flx_status status =
        flx_repository_list(all->repository, &all->entries, &all->count, error);
    for (int i = 0; i < all->count; i++)
        all->bytes += all->entries[i].bytes;
    if (status != FLX_OK)
        release(all);
    return status;
}

bool flx_info_is_repository(const char *path)
{
    char *graph = NULL;
    inventory all;
    if (asprintf(&graph, "%s/graph.json", path) < 0)
        return false;
    bool is_model = access(graph, F_OK) == 0;
    free(graph);
    if (is_model || take_inventory(path, &all, NULL) != FLX_OK)
        return false;
    release(&all);
    return all.count > 0;
}

/* What is told of a model: read from its file. */
typedef flx_status (*teller)(void *sink, const flx_repository_entry *entry,
                             const flx_fit_result *model, flx_error *error);

static flx_status tell_all(const inventory *all, teller tell, void *sink,
                           flx_error *error)
{
    for (int i = 0; i < all->count; i++) {
        flx_fit_result model;
        bool is_there;
        FLX_TRY(flx_repository_find(all->repository, all->entries[i].cause, &is_there,
                                    &model, error));
        if (!is_there)
            continue; /* removed meanwhile */
        flx_status status = tell(sink, &all->entries[i], &model, error);
        flx_fit_result_clear(&model);
        FLX_TRY(status);
    }
    return FLX_OK;
}

static flx_status add_item(void *list, const flx_repository_entry *entry,
                           const flx_fit_result *model, flx_error *error)
{
    const flx_predictor *p = &model->predictor;
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "cause", entry->cause, "output",
                  model->output, "kind", flx_predictor_kind_text(p->kind), "points", p->n,
                  "inputs", p->n_features, "bytes", (json_int_t)entry->bytes, "created",
                  (json_int_t)model->created);
    if (!item || json_array_append_new(list, item) != 0)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a list of models");
    return FLX_OK;
}

static flx_status add_row(void *table, const flx_repository_entry *entry,
                          const flx_fit_result *model, flx_error *error)
{
    (void)error;
    const flx_predictor *p = &model->predictor;
    char cause[13], n[16], d[16], bytes[32], date[32] = "";
    struct tm utc;
    time_t created = (time_t)model->created;
    snprintf(cause, sizeof cause, "%.12s", entry->cause);
    snprintf(n, sizeof n, "%d", p->n);
    snprintf(d, sizeof d, "%d", p->n_features);
    snprintf(bytes, sizeof bytes, "%lld", entry->bytes);
    if (gmtime_r(&created, &utc))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &utc);
    const char *cells[] = {cause, model->output, flx_predictor_kind_text(p->kind), n, d,
                           bytes, date};
    flx_table_row(table, cells);
    return FLX_OK;
}

static flx_status print_json(const inventory *all, flx_error *error)
{
    json_t *list = json_array();
    flx_status status = tell_all(all, add_item, list, error);
    if (status != FLX_OK) {
        json_decref(list);
        return status;
    }
    return flx_print_json(json_pack("{s:s, s:i, s:I, s:o}", "repository",
                                    flx_repository_path(all->repository), "models",
                                    all->count, "bytes", (json_int_t)all->bytes, "detail",
                                    list),
                          error);
}

static flx_status print_text(const inventory *all, flx_error *error)
{
    static const char *const titles[] = {"model",  "output", "kind",      "points",
                                         "inputs", "bytes",  "date (UTC)"};
    flx_table *table = flx_table_create(7, titles, "lllrrrl");
    if (!table)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a list of models");
    flx_status status = tell_all(all, add_row, table, error);
    if (status == FLX_OK) {
        printf("%s holds %d models in %lld bytes\n\n",
               flx_repository_path(all->repository), all->count, all->bytes);
        flx_table_print(table);
    }
    flx_table_destroy(table);
    return status;
}

flx_status flx_info_print_repository(const char *path, bool as_json, flx_error *error)
{
    inventory all;
    FLX_TRY(take_inventory(path, &all, error));
    flx_status status = as_json ? print_json(&all, error) : print_text(&all, error);
    release(&all);
    return status;
}
