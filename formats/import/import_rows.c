/* SPDX-License-Identifier: MIT
 * Lines to rows (see the header). Texts of several columns are told apart as one text
 * with unit separators (0x1f) between them. */
#include "formats/import/import_rows.h"

#include "formats/import/import_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_status no_memory(flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "no memory left for the rows to import");
}

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
                          int count, char **text, size_t *capacity, flx_error *error)
{
    size_t length = 0;
    for (int k = 0; k < count; k++) {
        flx_import_cell cell = flx_import_table_cell(table, line, columns[k]);
        size_t more = strlen(cell.text);
        if (length + more + 2 > *capacity) {
            char *grown = realloc(*text, 2 * (length + more + 2));
            if (!grown)
                return no_memory(error);
            *text = grown;
            *capacity = 2 * (length + more + 2);
        }
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
    char *text = NULL;
    size_t capacity = 0;
    flx_status status = flx_import_keys_create(&keys, error);
    for (int i = 0; i < table->n_lines && status == FLX_OK; i++) {
        int key = 0;
        status = compose(table, i, columns, count, &text, &capacity, error);
        if (status == FLX_OK)
            status = flx_import_keys_number(keys, text, &key, error);
        number[i] = key;
    }
    free(text);
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
    int **found = calloc(count, sizeof *found);
    int *room = malloc(count * n_files * sizeof *room);
    flx_status status = found && room ? FLX_OK : no_memory(error);
    for (size_t k = 0; k < count && status == FLX_OK; k++) {
        found[k] = room + k * n_files;
        status =
            flx_import_table_require(table, columns->texts[k], what, found[k], error);
    }
    bool is_done = status == FLX_OK && are_numbers && count == 1 &&
                   read_integers(table, found[0], number);
    if (are_numbers)
        *are_numbers = is_done;
    if (status == FLX_OK && !is_done)
        status = number_texts(table, found, columns->count, number, error);
    free(found);
    free(room);
    return status;
}

flx_status flx_import_read_times(flx_import_table *table, const flx_import_map *map,
                                 int64_t **out, flx_error *error)
{
    int *column = malloc((size_t)table->n_files * sizeof *column);
    *out = malloc((size_t)table->n_lines * sizeof **out);
    flx_status status = column && *out ? FLX_OK : no_memory(error);
    if (status == FLX_OK)
        status = flx_import_table_require(table, map->time, "\"time\"", column, error);
    for (int i = 0; i < table->n_lines && status == FLX_OK; i++) {
        flx_import_cell cell = flx_import_table_cell(table, i, column);
        status = flx_import_time(map, &cell, &(*out)[i], error);
    }
    free(column);
    if (status != FLX_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
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
    timed_row *order = malloc(count * sizeof *order);
    int *place = malloc(count * sizeof *place);
    if (!order || !place) {
        free(order);
        free(place);
        return no_memory(error);
    }
    for (int r = 0; r < rows->n_rows; r++)
        order[r] = (timed_row){time[rows->first[r]], r};
    qsort(order, count, sizeof *order, compare_times);
    for (int r = 0; r < rows->n_rows; r++)
        place[order[r].row] = r;
    for (int i = 0; i < table->n_lines; i++)
        rows->row_of[i] = place[rows->row_of[i]];
    for (int i = table->n_lines - 1; i >= 0; i--)
        rows->first[rows->row_of[i]] = i;
    free(order);
    free(place);
    return FLX_OK;
}

/* Keys are numbered by first appearance, so a new row is the next number. */
static flx_status gather_rows(flx_import_table *table, const flx_import_map *map,
                              flx_import_rows *rows, flx_error *error)
{
    int64_t *key = malloc((size_t)table->n_lines * sizeof *key);
    if (!key)
        return no_memory(error);
    flx_status status =
        flx_import_number_lines(table, &map->pivot.row, "\"pivot\"", key, NULL, error);
    for (int i = 0; i < table->n_lines && status == FLX_OK; i++) {
        rows->row_of[i] = (int)key[i];
        if (key[i] == rows->n_rows)
            rows->first[rows->n_rows++] = i;
    }
    free(key);
    return status;
}

flx_status flx_import_rows_create(flx_import_table *table, const flx_import_map *map,
                                  const int64_t *time, flx_import_rows *rows,
                                  flx_error *error)
{
    size_t n_lines = (size_t)table->n_lines;
    *rows = (flx_import_rows){0};
    rows->row_of = malloc(n_lines * sizeof *rows->row_of);
    rows->first = malloc(n_lines * sizeof *rows->first);
    flx_status status = rows->row_of && rows->first ? FLX_OK : no_memory(error);
    if (status == FLX_OK && map->pivot.is_used) {
        status = gather_rows(table, map, rows, error);
        if (status == FLX_OK && time)
            status = order_by_time(table, time, rows, error);
    } else if (status == FLX_OK) {
        rows->n_rows = table->n_lines;
        for (int i = 0; i < table->n_lines; i++)
            rows->row_of[i] = rows->first[i] = i;
    }
    if (status != FLX_OK)
        flx_import_rows_release(rows);
    return status;
}

void flx_import_rows_release(flx_import_rows *rows)
{
    free(rows->row_of);
    free(rows->first);
    *rows = (flx_import_rows){0};
}
