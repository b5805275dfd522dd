/* SPDX-License-Identifier: MIT
 * Pivots a long table (one line per service and row) into one column per service and
 * name. */
#include "formats/import/import_fill.h"
#include "formats/import/import_values.h"
#include "formats/memory.h"

#include "formats/deployment.h"

#include <stdlib.h>
#include <string.h>

static const char *rename_service(const flx_import_pivot *pivot, const char *name)
{
    for (int i = 0; i < pivot->n_renamed; i++)
        if (strcmp(pivot->renamed[i][0], name) == 0)
            return pivot->renamed[i][1];
    return name;
}

static flx_status number_services(flx_import_work *work, int *column, flx_error *error)
{
    const flx_import_pivot *pivot = &work->map->pivot;
    FLX_TRY(flx_import_table_require(work->table, pivot->service, "\"pivot\"", column,
                                     error));
    for (int i = 0; i < work->table->n_lines; i++) {
        flx_import_cell cell = flx_import_table_cell(work->table, i, column);
        if (!*cell.text)
            return flx_import_cell_fail(&cell, error, "names no service");
        const char *name = rename_service(pivot, cell.text);
        FLX_TRY(
            flx_import_keys_number(work->services, name, &work->service_of[i], error));
    }
    return FLX_OK;
}

flx_status flx_import_prepare_pivot(flx_import_work *work, flx_error *error)
{
    const flx_import_pivot *pivot = &work->map->pivot;
    size_t n_files = (size_t)work->table->n_files;
    FLX_SCOPED int *column = NULL;
    if (!FLX_NEW(work->service_of, work->table->n_lines) || !FLX_NEW(column, n_files) ||
        !FLX_NEW(work->pivot_columns, (size_t)pivot->n_values * n_files))
        return flx_no_memory(error, "the services of a long table");
    FLX_TRY(flx_import_keys_create(&work->services, error));
    FLX_TRY(number_services(work, column, error));
    for (int v = 0; v < pivot->n_values; v++)
        FLX_TRY(
            flx_import_table_require(work->table, pivot->values[v].pattern, "\"pivot\"",
                                     work->pivot_columns + (size_t)v * n_files, error));
    return FLX_OK;
}

static flx_status name_columns(flx_import_work *work, int first, flx_error *error)
{
    const flx_import_pivot *pivot = &work->map->pivot;
    int column = first;
    for (int s = 0; s < flx_import_keys_count(work->services); s++)
        for (int v = 0; v < pivot->n_values; v++) {
            const flx_import_rule *value = &pivot->values[v];
            FLX_SCOPED char *name = flx_column_text(
                flx_import_keys_text(work->services, s), NULL, -1, value->name);
            if (!name)
                return flx_no_memory(error, "the services of a long table");
            FLX_TRY(flx_dataset_name_column(work->dataset, column++, name, value->kind,
                                            value->unit, error));
        }
    return FLX_OK;
}

/* A service has one line in a row; `taken` (rows, services) holds it, or -1. */
static flx_status take_place(const flx_import_work *work, int *taken, int line,
                             flx_error *error)
{
    int service = work->service_of[line], row = work->rows.row_of[line], other;
    int *place = &taken[(size_t)row * (size_t)flx_import_keys_count(work->services) +
                        (size_t)service];
    if (*place >= 0) {
        const flx_csv *file = flx_import_table_place(work->table, *place, &other);
        return flx_import_line_fail(
            work->table, line, error,
            "service \"%.150s\" has a second line in one row, the "
            "first is %s line %d",
            flx_import_keys_text(work->services, service), file->path,
            file->lines[other]);
    }
    *place = line;
    return FLX_OK;
}

static flx_status fill_line(flx_import_work *work, int first, int line, flx_error *error)
{
    const flx_import_pivot *pivot = &work->map->pivot;
    size_t row = (size_t)work->rows.row_of[line];
    size_t column =
        (size_t)first + (size_t)work->service_of[line] * (size_t)pivot->n_values;
    double *values =
        work->dataset->values + row * (size_t)work->dataset->n_columns + column;
    for (int v = 0; v < pivot->n_values; v++) {
        const int *from = work->pivot_columns + (size_t)v * (size_t)work->table->n_files;
        flx_import_cell cell = flx_import_table_cell(work->table, line, from);
        FLX_TRY(flx_import_value(work->map, &pivot->values[v], &cell, &values[v], error));
    }
    return FLX_OK;
}

flx_status flx_import_fill_pivot(flx_import_work *work, int first, flx_error *error)
{
    size_t n_services = (size_t)flx_import_keys_count(work->services);
    size_t count = (size_t)work->rows.n_rows * n_services;
    FLX_TRY(name_columns(work, first, error));
    FLX_SCOPED int *taken = NULL;
    if (!FLX_NEW(taken, count))
        return flx_no_memory(error, "the services of a long table");
    memset(taken, 0xff, count * sizeof *taken); /* all -1 */
    for (int i = 0; i < work->table->n_lines; i++) {
        FLX_TRY(take_place(work, taken, i, error));
        FLX_TRY(fill_line(work, first, i, error));
    }
    return FLX_OK;
}
