/* SPDX-License-Identifier: MIT
 * Columns made from others: hour and day of the week of a time, the bucket a value falls
 * in, and how many lines share a text. */
#include "formats/import/import_fill.h"
#include "formats/import/import_values.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Column of `from` (which 0) or `minus` (which 1) of a derivation in every file. */
static int *source_of(const flx_import_work *work, int d, int which)
{
    size_t n_files = (size_t)work->table->n_files;
    return work->derived_from + (2 * (size_t)d + (size_t)which) * n_files;
}

flx_status flx_import_prepare_derived(flx_import_work *work, flx_error *error)
{
    const flx_import_map *map = work->map;
    size_t count = 2 * (size_t)map->n_derivations * (size_t)work->table->n_files;
    if (!FLX_NEW(work->derived_from, count))
        return flx_no_memory(error, "derived columns");
    for (int d = 0; d < map->n_derivations; d++) {
        const flx_import_derivation *derivation = &map->derivations[d];
        int *column = source_of(work, d, 0);
        bool is_there = flx_import_table_find(work->table, derivation->from, column);
        /* else it must be a column of the dataset, which is checked once those are
         * named */
        if (is_there || derivation->how == FLX_COUNT_BY || derivation->minus)
            FLX_TRY(flx_import_table_require(work->table, derivation->from, "\"derive\"",
                                             column, error));
        if (derivation->minus)
            FLX_TRY(flx_import_table_require(work->table, derivation->minus, "\"derive\"",
                                             source_of(work, d, 1), error));
    }
    return FLX_OK;
}

static double hour_of(int64_t seconds)
{
    int64_t second_of_day = ((seconds % 86400) + 86400) % 86400;
    return (double)(second_of_day / 3600);
}

/* Monday is 0; the first of January 1970 was a Thursday. */
static double weekday_of(int64_t seconds)
{
    int64_t day = (seconds - (((seconds % 86400) + 86400) % 86400)) / 86400;
    return (double)(((day + 3) % 7 + 7) % 7);
}

static double bucket_of(const flx_import_derivation *derivation, double value)
{
    int bucket = 0;
    if (isnan(value))
        return NAN;
    while (bucket < derivation->n_edges && value > derivation->edges[bucket])
        bucket++;
    return bucket;
}

static double convert(const flx_import_derivation *derivation, double value)
{
    if (isnan(value))
        return NAN;
    if (derivation->how == FLX_BUCKET)
        return bucket_of(derivation, value);
    int64_t seconds = (int64_t)floor(value);
    return derivation->how == FLX_HOUR ? hour_of(seconds) : weekday_of(seconds);
}

static flx_status count_lines(flx_import_work *work,
                              const flx_import_derivation *derivation,
                              double *line_values, flx_error *error)
{
    int n_lines = work->table->n_lines;
    const char *by[] = {derivation->from};
    flx_text_list columns = {1, by};
    FLX_SCOPED int64_t *number = NULL;
    FLX_SCOPED int *count = NULL;
    if (!FLX_NEW(number, n_lines) || !FLX_NEW(count, n_lines))
        return flx_no_memory(error, "derived columns");
    FLX_TRY(flx_import_number_lines(work->table, &columns, "\"derive\"", number, NULL,
                                    error));
    for (int i = 0; i < n_lines; i++)
        count[number[i]]++;
    for (int i = 0; i < n_lines; i++)
        line_values[i] = count[number[i]];
    return FLX_OK;
}

static flx_status subtract(const flx_import_work *work,
                           const flx_import_derivation *derivation, const int *minus,
                           int line, double *value, flx_error *error)
{
    flx_import_cell cell = flx_import_table_cell(work->table, line, minus);
    double less = 0.0;
    FLX_TRY(flx_import_number(work->map, &cell, &less, error));
    *value -= less;
    if (*value < derivation->least)
        *value = derivation->least;
    return FLX_OK;
}

static flx_status convert_cells(const flx_import_work *work, int d, double *line_values,
                                flx_error *error)
{
    const flx_import_derivation *derivation = &work->map->derivations[d];
    bool is_time = derivation->how == FLX_HOUR || derivation->how == FLX_WEEKDAY;
    for (int i = 0; i < work->table->n_lines; i++) {
        flx_import_cell cell =
            flx_import_table_cell(work->table, i, source_of(work, d, 0));
        int64_t seconds = 0;
        if (is_time && !flx_import_is_missing(work->map, cell.text)) {
            FLX_TRY(flx_import_time(work->map, &cell, &seconds, error));
            line_values[i] = (double)seconds;
        } else {
            FLX_TRY(flx_import_number(work->map, &cell, &line_values[i], error));
        }
        if (derivation->minus)
            FLX_TRY(subtract(work, derivation, source_of(work, d, 1), i, &line_values[i],
                             error));
        else
            line_values[i] = convert(derivation, line_values[i]);
    }
    return FLX_OK;
}

/* From a column of the dataset that was made before. */
static flx_status convert_column(const flx_import_work *work,
                                 const flx_import_derivation *derivation, int column,
                                 flx_error *error)
{
    flx_dataset *dataset = work->dataset;
    int from = -1;
    for (int c = 0; c < column && from < 0; c++)
        if (strcmp(dataset->columns[c].name, derivation->from) == 0)
            from = c;
    if (from < 0)
        return flx_json_fail(
            work->map->source, derivation->line, error,
            "\"%.150s\" is derived from \"%.150s\", which is neither a column "
            "of %s nor of the dataset before it",
            derivation->name, derivation->from, work->table->files[0]->path);
    for (int r = 0; r < dataset->rows; r++) {
        double *row = dataset->values + (size_t)r * (size_t)dataset->n_columns;
        row[column] = convert(derivation, row[from]);
    }
    return FLX_OK;
}

static flx_status fill_one(flx_import_work *work, int d, int column, double *line_values,
                           flx_error *error)
{
    const flx_import_derivation *derivation = &work->map->derivations[d];
    const int *from = source_of(work, d, 0);
    bool is_there = false;
    for (int f = 0; f < work->table->n_files; f++)
        is_there = is_there || from[f] >= 0;
    FLX_TRY(flx_dataset_name_column(work->dataset, column, derivation->name,
                                    derivation->kind, derivation->unit, error));
    if (!is_there)
        return convert_column(work, derivation, column, error);
    FLX_TRY(derivation->how == FLX_COUNT_BY
                ? count_lines(work, derivation, line_values, error)
                : convert_cells(work, d, line_values, error));
    return flx_import_scatter(work, line_values, column, error);
}

flx_status flx_import_fill_derived(flx_import_work *work, int first, flx_error *error)
{
    FLX_SCOPED double *line_values = NULL;
    if (!FLX_NEW(line_values, work->table->n_lines))
        return flx_no_memory(error, "derived columns");
    for (int d = 0; d < work->map->n_derivations; d++)
        FLX_TRY(fill_one(work, d, first + d, line_values, error));
    return FLX_OK;
}
