/* SPDX-License-Identifier: MIT
 * The import from end to end: open the files, find the columns for time, group, step
 * and pivot, match the other columns with rules, make the rows, fill the columns,
 * check repeated columns. The former are found first, since they need no rule. */
#include "formats/import/import.h"

#include "formats/import/import_fill.h"
#include "formats/memory.h"
#include "formats/names.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Mapped, pivoted and derived columns may have the same name. */
static flx_status refuse_repeats(const flx_dataset *dataset, const char *place,
                                 flx_error *error)
{
    FLX_SCOPED const char **names = NULL;
    const char *repeated;
    if (!FLX_NEW(names, dataset->n_columns))
        return flx_no_memory(error, "the import");
    for (int c = 0; c < dataset->n_columns; c++)
        names[c] = dataset->columns[c].name;
    FLX_TRY(flx_find_repeat(names, (size_t)dataset->n_columns, &repeated, error));
    return repeated ? flx_fail(error, FLX_BAD_INPUT, "%s makes \"%.200s\" twice", place,
                               repeated)
                    : FLX_OK;
}

static flx_status fill_columns(flx_import_work *work, int n_mapped, int n_pivoted,
                               flx_error *error)
{
    FLX_SCOPED double *line_values = NULL;
    const flx_import_binding *list = work->bindings.list;
    int column = 0;
    if (!FLX_NEW(line_values, work->table->n_lines))
        return flx_no_memory(error, "the import");
    for (int i = 0; i < work->bindings.count; i++)
        if (!list[i].is_check)
            FLX_TRY(flx_import_fill_mapped(work, &list[i], column++, line_values, error));
    if (work->map->pivot.is_used)
        FLX_TRY(flx_import_fill_pivot(work, n_mapped, error));
    FLX_TRY(flx_import_fill_derived(work, n_mapped + n_pivoted, error));
    FLX_TRY(refuse_repeats(work->dataset, flx_json_place(work->map->source), error));
    for (int i = 0; i < work->bindings.count; i++)
        if (list[i].is_check)
            FLX_TRY(flx_import_check_same(work, &list[i], error));
    return FLX_OK;
}

static flx_status make_dataset(flx_import_work *work, flx_error *error)
{
    int n_mapped = 0;
    for (int i = 0; i < work->bindings.count; i++)
        n_mapped += !work->bindings.list[i].is_check;
    int64_t n_pivoted = 0;
    if (work->map->pivot.is_used)
        n_pivoted =
            (int64_t)flx_import_keys_count(work->services) * work->map->pivot.n_values;
    int64_t n_columns = n_mapped + n_pivoted + work->map->n_derivations;
    if (n_columns == 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: no column is mapped by %s",
                        work->table->files[0]->path, flx_json_place(work->map->source));
    if (n_columns > INT_MAX)
        return flx_fail(error, FLX_BAD_INPUT, "%s would make %lld columns",
                        work->table->files[0]->path, (long long)n_columns);
    FLX_TRY(flx_dataset_create(work->rows.n_rows, (int)n_columns, &work->dataset, error));
    return fill_columns(work, n_mapped, (int)n_pivoted, error);
}

/* The source of the data: as the map says, else the names of the files. */
static flx_status describe(flx_import_work *work, flx_error *error)
{
    const flx_import_table *table = work->table;
    const char *system = work->map->system;
    size_t length = 1;
    if (*work->map->origin)
        return flx_dataset_describe(work->dataset, system, work->map->origin, error);
    for (int f = 0; f < table->n_files; f++)
        length += strlen(table->files[f]->path) + 2;
    FLX_SCOPED char *source = malloc(length);
    char *at = source;
    if (!source)
        return flx_no_memory(error, "the import");
    for (int f = 0; f < table->n_files; f++) {
        const char *slash = strrchr(table->files[f]->path, '/');
        if (f)
            at = stpcpy(at, ", ");
        at = stpcpy(at, slash ? slash + 1 : table->files[f]->path);
    }
    return flx_dataset_describe(work->dataset, system, source, error);
}

static flx_status find_layout(flx_import_work *work, flx_error *error)
{
    flx_import_table *table = work->table;
    const flx_import_map *map = work->map;
    FLX_SCOPED int *column = NULL;
    if (!FLX_NEW(column, table->n_files))
        return flx_no_memory(error, "the import");
    for (int k = 0; k < map->group.count; k++)
        FLX_TRY(flx_import_table_require(table, map->group.texts[k], "\"group\"", column,
                                         error));
    if (map->step_column)
        FLX_TRY(
            flx_import_table_require(table, map->step_column, "\"step\"", column, error));
    if (map->time)
        FLX_TRY(flx_import_read_times(table, map, &work->time, error));
    FLX_TRY(flx_import_rows_create(table, map, work->time, &work->rows, error));
    if (map->pivot.is_used)
        FLX_TRY(flx_import_prepare_pivot(work, error));
    return flx_import_prepare_derived(work, error);
}

static flx_status run(flx_import_work *work, const flx_import_request *request,
                      flx_error *error)
{
    FLX_TRY(flx_import_table_open(work->map, request, &work->table, error));
    FLX_TRY(find_layout(work, error));
    FLX_TRY(flx_import_bind(work->table, work->map, &work->bindings, error));
    FLX_TRY(make_dataset(work, error));
    FLX_TRY(flx_import_label_rows(work, error));
    return describe(work, error);
}

static void release_work(flx_import_work *work)
{
    flx_dataset_destroy(work->dataset);
    flx_import_unbind(&work->bindings);
    flx_import_rows_release(&work->rows);
    flx_import_keys_destroy(work->services);
    free(work->time);
    free(work->derived_from);
    free(work->pivot_columns);
    free(work->service_of);
    flx_import_table_close(work->table);
}

flx_status flx_import(const flx_import_map *map, const flx_import_request *request,
                      flx_dataset **out, flx_import_report *report, flx_error *error)
{
    flx_import_work work = {.map = map};
    *out = NULL;
    flx_status status = run(&work, request, error);
    if (status == FLX_OK && report)
        status = flx_import_fill_report(&work, report, error);
    if (status == FLX_OK) {
        *out = work.dataset;
        work.dataset = NULL;
    }
    release_work(&work);
    return status;
}
