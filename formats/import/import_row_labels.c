/* SPDX-License-Identifier: MIT
 * The labels of a row besides its columns: time, group and orchestration step. */
#include "formats/import/import_fill.h"
#include "formats/import/import_values.h"
#include "formats/memory.h"

#include <stdlib.h>

static flx_status set_time(flx_import_work *work, flx_error *error)
{
    int n_rows = work->rows.n_rows;
    if (!work->time)
        return FLX_OK;
    int64_t *time = FLX_NEW(work->dataset->time, n_rows);
    if (!time)
        return flx_no_memory(error, "times, groups and steps");
    for (int r = 0; r < n_rows; r++)
        time[r] = work->time[work->rows.first[r]];
    for (int i = 0; i < work->table->n_lines; i++)
        if (time[work->rows.row_of[i]] != work->time[i])
            return flx_import_line_fail(
                work->table, i, error,
                "the time is another than on the first line of this "
                "row (%lld, not %lld)",
                (long long)work->time[i], (long long)time[work->rows.row_of[i]]);
    return FLX_OK;
}

/* Lines are counted in the file, before "where"; every file below another begins anew. */
static void group_by_lines(flx_import_work *work, int64_t *group)
{
    const flx_import_table *table = work->table;
    int lines = work->map->group_lines;
    int64_t begin = 0;
    int f = 0;
    for (int i = 0; i < table->n_lines; i++) {
        int all = table->lines[i];
        while (!table->is_joined && all >= table->first[f + 1]) {
            begin += (table->first[f + 1] - table->first[f] + lines - 1) / lines;
            f++;
        }
        group[i] = begin + (all - table->first[f]) / lines;
    }
}

static flx_status set_group(flx_import_work *work, flx_error *error)
{
    if (!work->map->group_lines && !work->map->group.count)
        return FLX_OK;
    int n_rows = work->rows.n_rows, n_lines = work->table->n_lines;
    FLX_SCOPED int64_t *line_values = NULL;
    int64_t *group = FLX_NEW(work->dataset->group, n_rows);
    bool are_numbers;
    if (!group || !FLX_NEW(line_values, n_lines))
        return flx_no_memory(error, "times, groups and steps");
    if (work->map->group_lines)
        group_by_lines(work, line_values);
    else
        FLX_TRY(flx_import_number_lines(work->table, &work->map->group, "\"group\"",
                                        line_values, &are_numbers, error));
    for (int r = 0; r < n_rows; r++)
        group[r] = line_values[work->rows.first[r]];
    for (int i = 0; i < n_lines; i++)
        if (line_values[i] != group[work->rows.row_of[i]])
            return flx_import_line_fail(
                work->table, i, error,
                "the group is another than on the first line of this row");
    return FLX_OK;
}

static flx_status read_step(const flx_import_work *work, int line, const int *column,
                            int32_t *step, flx_error *error)
{
    flx_import_cell cell = flx_import_table_cell(work->table, line, column);
    int64_t value = 0;
    if (!flx_integer_from_text(cell.text, &value) || value < 0 || value > INT32_MAX)
        return flx_import_cell_fail(&cell, error,
                                    "holds \"%.60s\", which is no step (0, 1, "
                                    "2 ...)",
                                    cell.text);
    *step = (int32_t)value;
    return FLX_OK;
}

static flx_status set_step(flx_import_work *work, flx_error *error)
{
    const flx_import_map *map = work->map;
    int n_rows = work->rows.n_rows;
    if (map->step < 0 && !map->step_column)
        return FLX_OK;
    FLX_SCOPED int *column = NULL;
    int32_t *step = FLX_NEW(work->dataset->step, n_rows);
    if (!step || !FLX_NEW(column, work->table->n_files))
        return flx_no_memory(error, "times, groups and steps");
    if (map->step_column)
        FLX_TRY(flx_import_table_require(work->table, map->step_column, "\"step\"",
                                         column, error));
    for (int r = 0; r < n_rows; r++) {
        step[r] = map->step;
        if (map->step_column)
            FLX_TRY(read_step(work, work->rows.first[r], column, &step[r], error));
    }
    return FLX_OK;
}

flx_status flx_import_label_rows(flx_import_work *work, flx_error *error)
{
    FLX_TRY(set_time(work, error));
    FLX_TRY(set_group(work, error));
    return set_step(work, error);
}
