/* SPDX-License-Identifier: MIT
 * Lines to rows (see the header). Texts of several columns are compared as one text
 * with unit separators (0x1f) between them. */
#include "formats/import/import_rows.h"

#include "formats/memory.h"

#include "formats/import/import_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

flx_status flx_import_line_fail(const flx_import_table *table, int line, flx_error *error,
                                const char *format, ...)
{
    char sentence[640];
    int row;
    const flx_csv *file = flx_import_table_place(table, line, &row);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return flx_fail(error, FLX_BAD_INPUT, "%s line %d: %s", file->path, file->lines[row],
                    sentence);
}

/* Text of a line in `count` columns, in *text (grown as needed). */
static flx_status compose(const flx_import_table *table, int line, int *const *columns,
                          int count, char **text, size_t *room, flx_error *error)
{
    size_t length = 0;
    for (int k = 0; k < count; k++) {
        flx_import_cell cell = flx_import_table_cell(table, line, columns[k]);
        size_t more = strlen(cell.text);
        if (!FLX_GROW(*text, *room, length + more + 2))
            return flx_no_memory(error, "the rows to import");
        memcpy(*text + length, cell.text, more);
        length += more;
        (*text)[length++] = '\x1f';
    }
    (*text)[length - 1] = 0;
    return FLX_OK;
}

static flx_status number_texts(const flx_import_table *table, int *const *columns,
                               int count, int64_t *number, flx_error *error)
{
    flx_import_keys *keys = NULL;
    FLX_SCOPED char *text = NULL;
    size_t room = 0;
    flx_status status = flx_import_keys_create(&keys, error);
    for (int i = 0; i < table->n_lines && status == FLX_OK; i++) {
        int key = 0;
        status = compose(table, i, columns, count, &text, &room, error);
        if (status == FLX_OK)
            status = flx_import_keys_number(keys, text, &key, error);
        number[i] = key;
    }
    flx_import_keys_destroy(keys);
    return status;
}

static bool read_integers(const flx_import_table *table, const int *column,
                          int64_t *number)
{
    for (int i = 0; i < table->n_lines; i++)
        if (!flx_integer_from_text(flx_import_table_cell(table, i, column).text,
                                   &number[i]))
            return false;
    return true;
}

flx_status flx_import_number_lines(flx_import_table *table, const flx_text_list *columns,
                                   const char *what, int64_t *number, bool *are_numbers,
                                   flx_error *error)
{
    size_t count = (size_t)columns->count, n_files = (size_t)table->n_files;
    FLX_SCOPED int **found = NULL;
    FLX_SCOPED int *all = NULL;
    if (!FLX_NEW(found, count) || !FLX_NEW(all, count * n_files))
        return flx_no_memory(error, "the rows to import");
    for (size_t k = 0; k < count; k++) {
        found[k] = all + k * n_files;
        FLX_TRY(
            flx_import_table_require(table, columns->texts[k], what, found[k], error));
    }
    bool is_done = are_numbers && count == 1 && read_integers(table, found[0], number);
    if (are_numbers)
        *are_numbers = is_done;
    return is_done ? FLX_OK : number_texts(table, found, columns->count, number, error);
}

flx_status flx_import_read_times(flx_import_table *table, const flx_import_map *map,
                                 int64_t **out, flx_error *error)
{
    FLX_SCOPED int *column = NULL;
    if (!FLX_NEW(column, table->n_files) || !FLX_NEW(*out, table->n_lines))
        return flx_no_memory(error, "the rows to import");
    FLX_TRY(flx_import_table_require(table, map->time, "\"time\"", column, error));
    for (int i = 0; i < table->n_lines; i++) {
        flx_import_cell cell = flx_import_table_cell(table, i, column);
        FLX_TRY(flx_import_time(map, &cell, &(*out)[i], error));
    }
    return FLX_OK;
}

typedef struct {
    int64_t time;
    int row;
} timed_row;

static int compare_times(const void *a, const void *b)
{
    const timed_row *one = a, *other = b;
    if (one->time != other->time)
        return one->time < other->time ? -1 : 1;
    return one->row < other->row ? -1 : one->row > other->row;
}

static flx_status order_by_time(const flx_import_table *table, const int64_t *time,
                                flx_import_rows *rows, flx_error *error)
{
    size_t count = (size_t)rows->n_rows;
    FLX_SCOPED timed_row *order = NULL;
    FLX_SCOPED int *place = NULL;
    if (!FLX_NEW(order, count) || !FLX_NEW(place, count))
        return flx_no_memory(error, "the rows to import");
    for (int r = 0; r < rows->n_rows; r++)
        order[r] = (timed_row){time[rows->first[r]], r};
    qsort(order, count, sizeof *order, compare_times);
    for (int r = 0; r < rows->n_rows; r++)
        place[order[r].row] = r;
    for (int i = 0; i < table->n_lines; i++)
        rows->row_of[i] = place[rows->row_of[i]];
    for (int i = table->n_lines - 1; i >= 0; i--)
        rows->first[rows->row_of[i]] = i;
    return FLX_OK;
}

/* Keys are numbered by first appearance, so a new row is the next number. */
static flx_status gather_rows(flx_import_table *table, const flx_import_map *map,
                              flx_import_rows *rows, flx_error *error)
{
    FLX_SCOPED int64_t *key = NULL;
    if (!FLX_NEW(key, table->n_lines))
        return flx_no_memory(error, "the rows to import");
    FLX_TRY(
        flx_import_number_lines(table, &map->pivot.row, "\"pivot\"", key, NULL, error));
    for (int i = 0; i < table->n_lines; i++) {
        rows->row_of[i] = (int)key[i];
        if (key[i] == rows->n_rows)
            rows->first[rows->n_rows++] = i;
    }
    return FLX_OK;
}

flx_status flx_import_rows_create(flx_import_table *table, const flx_import_map *map,
                                  const int64_t *time, flx_import_rows *rows,
                                  flx_error *error)
{
    *rows = (flx_import_rows){0};
    if (!FLX_NEW(rows->row_of, table->n_lines) || !FLX_NEW(rows->first, table->n_lines))
        return flx_no_memory(error, "the rows to import");
    if (map->pivot.is_used) {
        FLX_TRY(gather_rows(table, map, rows, error));
        return time ? order_by_time(table, time, rows, error) : FLX_OK;
    }
    rows->n_rows = table->n_lines;
    for (int i = 0; i < table->n_lines; i++)
        rows->row_of[i] = rows->first[i] = i;
    return FLX_OK;
}

void flx_import_rows_release(flx_import_rows *rows)
{
    free(rows->row_of);
    free(rows->first);
    *rows = (flx_import_rows){0};
}
