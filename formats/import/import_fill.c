/* SPDX-License-Identifier: MIT
 * Puts the values of lines into the cells of rows. Where several lines make one row,
 * or a column is repeated, all values must agree. */
#include "formats/import/import_fill.h"

#include "formats/import/import_values.h"

#include <float.h>
#include <math.h>

/* A repeated value may have been rounded or scaled: it may differ by a few units in
 * the last place. */
static bool are_same(double one, double other)
{
    return (isnan(one) && isnan(other)) ||
           fabs(one - other) <= 4 * DBL_EPSILON * fabs(other);
}

static double *cell_of(const flx_import_work *work, int row, int column)
{
    return work->dataset->values + (size_t)row * (size_t)work->dataset->n_columns +
           (size_t)column;
}

flx_status flx_import_scatter(const flx_import_work *work, const double *line_values,
                              int column, flx_error *error)
{
    const flx_import_rows *rows = &work->rows;
    for (int i = 0; i < work->table->n_lines; i++) {
        int first = rows->first[rows->row_of[i]];
        double *cell = cell_of(work, rows->row_of[i], column);
        if (i == first)
            *cell = line_values[i];
        else if (!are_same(line_values[i], *cell))
            return flx_import_line_fail(
                work->table, i, error,
                "\"%.150s\" is %.9g here and %.9g on the first line "
                "of this row",
                work->dataset->columns[column].name, line_values[i], *cell);
    }
    return FLX_OK;
}

static flx_status read_cell(const flx_import_work *work,
                            const flx_import_binding *binding,
                            const flx_import_cell *cell, double *value, flx_error *error)
{
    *value = NAN;
    if (!cell->text) /* an optional column that this file lacks */
        return FLX_OK;
    return flx_import_value(work->map, binding->rules[cell->index], cell, value, error);
}

flx_status flx_import_fill_mapped(flx_import_work *work,
                                  const flx_import_binding *binding, int column,
                                  double *line_values, flx_error *error)
{
    FLX_TRY(flx_dataset_name_column(work->dataset, column, binding->name,
                                    binding->rule->kind, binding->rule->unit, error));
    for (int i = 0; i < work->table->n_lines; i++) {
        flx_import_cell cell = flx_import_table_cell(work->table, i, binding->column);
        FLX_TRY(read_cell(work, binding, &cell, &line_values[i], error));
    }
    return flx_import_scatter(work, line_values, column, error);
}

flx_status flx_import_check_same(const flx_import_work *work,
                                 const flx_import_binding *binding, flx_error *error)
{
    int column = flx_dataset_find(work->dataset, binding->name);
    if (column < 0)
        return flx_json_fail(
            work->map->source, binding->rule->line, error,
            "\"%.150s\" is the same as \"%.150s\", which no column becomes",
            binding->rule->pattern, binding->name);
    for (int i = 0; i < work->table->n_lines; i++) {
        flx_import_cell cell = flx_import_table_cell(work->table, i, binding->column);
        double value, kept = *cell_of(work, work->rows.row_of[i], column);
        if (!cell.text)
            continue;
        FLX_TRY(read_cell(work, binding, &cell, &value, error));
        if (!are_same(value, kept))
            return flx_import_cell_fail(
                &cell, error,
                "is %.9g, but \"%.150s\" is %.9g in row %d: they must agree", value,
                binding->name, kept, work->rows.row_of[i]);
    }
    return FLX_OK;
}
