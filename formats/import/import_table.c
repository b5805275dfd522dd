/* SPDX-License-Identifier: MIT
 * Opens the CSV files of an import as one table (see the header). */
#include "formats/import/import_table.h"

#include "formats/memory.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

flx_status flx_import_cell_fail(const flx_import_cell *cell, flx_error *error,
                                const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return flx_fail(error, FLX_BAD_INPUT, "%s line %d: column \"%.150s\" %s",
                    cell->file->path, cell->file->lines[cell->row],
                    cell->file->names[cell->column], sentence);
}

static void cut_ending(char *name, const char *ending)
{
    char *dot = strrchr(name, '.');
    if (dot && dot > name && (!ending || strcasecmp(dot, ending) == 0))
        *dot = 0;
}

/* "folder/runs.csv.gz" gives "runs". */
static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *stem = strdup(slash ? slash + 1 : path);
    if (stem) {
        cut_ending(stem, ".gz");
        cut_ending(stem, NULL);
    }
    return stem;
}

static flx_status read_files(flx_import_table *table, const flx_import_map *map,
                             const flx_import_request *request, flx_error *error)
{
    const char *const *header = map->header.count ? map->header.texts : NULL;
    int count = request->n_paths;
    if (!FLX_NEW(table->files, count) || !FLX_NEW(table->stems, count) ||
        !FLX_NEW(table->is_used, count) || !FLX_NEW(table->first, count + 1))
        return flx_no_memory(error, "the table to import");
    for (int f = 0; f < request->n_paths; f++) {
        const char *path = request->paths[f];
        FLX_TRY(flx_csv_read(path, header, map->header.count, &table->files[f], error));
        table->n_files = f + 1;
        table->stems[f] = stem_of(path);
        if (!table->stems[f] || !FLX_NEW(table->is_used[f], table->files[f]->n_columns))
            return flx_no_memory(error, "the table to import");
        if (table->files[f]->n_rows == 0)
            return flx_fail(error, FLX_BAD_INPUT, "%s has a header and no rows", path);
    }
    return FLX_OK;
}

static flx_status count_lines(flx_import_table *table, flx_error *error)
{
    const flx_csv *head = table->files[0];
    for (int f = 0; f < table->n_files; f++) {
        const flx_csv *file = table->files[f];
        if (table->is_joined && file->n_rows != head->n_rows)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s has %d rows and %s %d: files joined by row need as many",
                            head->path, head->n_rows, file->path, file->n_rows);
        if (file->n_rows > INT_MAX - table->first[f])
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s and the files before it have more "
                            "than %d rows",
                            file->path, INT_MAX);
        table->first[f + 1] =
            table->is_joined ? file->n_rows : table->first[f] + file->n_rows;
    }
    table->n_all = table->first[table->n_files];
    if (table->is_joined)
        table->first[1] = table->n_all;
    return FLX_OK;
}

bool flx_import_table_find(flx_import_table *table, const char *name, int *column)
{
    bool is_found = false;
    for (int f = 0; f < table->n_files; f++) {
        size_t stem = strlen(table->stems[f]);
        column[f] = flx_csv_find(table->files[f], name);
        if (column[f] < 0 && strncmp(name, table->stems[f], stem) == 0 &&
            name[stem] == '#')
            column[f] = flx_csv_find(table->files[f], name + stem + 1);
        if (column[f] >= 0)
            table->is_used[f][column[f]] = is_found = true;
    }
    return is_found;
}

/* Joined files may all have a column, say the time: then its values must be the same. */
static flx_status compare_joined(const flx_import_table *table, const int *column,
                                 flx_error *error)
{
    int head = 0;
    while (column[head] < 0)
        head++;
    for (int f = head + 1; f < table->n_files; f++)
        for (int row = 0; column[f] >= 0 && row < table->n_all; row++) {
            const char *one = flx_csv_cell(table->files[head], row, column[head]);
            const char *other = flx_csv_cell(table->files[f], row, column[f]);
            flx_import_cell cell = {other, table->files[f], row, column[f], f};
            if (strcmp(one, other) != 0)
                return flx_import_cell_fail(&cell, error,
                                            "is \"%.60s\", but \"%.60s\" in %s", other,
                                            one, table->files[head]->path);
        }
    return FLX_OK;
}

flx_status flx_import_table_require(flx_import_table *table, const char *name,
                                    const char *what, int *column, flx_error *error)
{
    bool is_found = flx_import_table_find(table, name, column);
    for (int f = 0; f < table->n_files; f++)
        if (column[f] < 0 && !(table->is_joined && is_found))
            return flx_fail(error, FLX_BAD_INPUT, "%s has no column \"%.200s\" (for %s)",
                            table->files[f]->path, name, what);
    return table->is_joined ? compare_joined(table, column, error) : FLX_OK;
}

/* Cell of a line of the whole table. */
static flx_import_cell locate(const flx_import_table *table, int all, const int *column)
{
    int f = 0;
    if (table->is_joined)
        while (f + 1 < table->n_files && column[f] < 0)
            f++;
    else
        while (table->first[f + 1] <= all)
            f++;
    flx_import_cell cell = {NULL, table->files[f], all - table->first[f], column[f], f};
    if (table->is_joined)
        cell.row = all;
    if (cell.column >= 0)
        cell.text = flx_csv_cell(cell.file, cell.row, cell.column);
    return cell;
}

flx_import_cell flx_import_table_cell(const flx_import_table *table, int line,
                                      const int *column)
{
    return locate(table, table->lines[line], column);
}

const flx_csv *flx_import_table_place(const flx_import_table *table, int line, int *row)
{
    int all = table->lines[line], f = 0;
    while (!table->is_joined && table->first[f + 1] <= all)
        f++;
    *row = all - table->first[f];
    return table->files[f];
}

/* Drops the lines whose cell is none of the texts. */
static flx_status keep_lines(flx_import_table *table, const char *name,
                             const flx_text_list *texts, int *column, flx_error *error)
{
    int kept = 0;
    FLX_TRY(flx_import_table_require(table, name, "\"where\"", column, error));
    for (int i = 0; i < table->n_lines; i++) {
        flx_import_cell cell = flx_import_table_cell(table, i, column);
        bool fits = false;
        for (int t = 0; t < texts->count && !fits; t++)
            fits = flx_pattern_fits(texts->texts[t], cell.text, NULL, NULL);
        if (fits)
            table->lines[kept++] = table->lines[i];
    }
    table->n_lines = kept;
    if (kept)
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s: no line is left where \"%.200s\" is \"%.200s\"%s",
                    table->files[0]->path, name, texts->texts[0],
                    texts->count > 1 ? " or one of the others" : "");
}

static bool names_column(const char *condition, const char *column, size_t length)
{
    return strncmp(condition, column, length) == 0 && condition[length] == '=';
}

/* All conditions of the request on the column of its i-th one. */
static flx_status apply_condition(flx_import_table *table,
                                  const flx_import_request *request, int i,
                                  const char **texts, int *column, flx_error *error)
{
    const char *equals = strchr(request->where[i], '=');
    flx_text_list list = {0, texts};
    if (!equals)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the condition \"%.200s\" is not of the form COLUMN=TEXT",
                        request->where[i]);
    size_t length = (size_t)(equals - request->where[i]);
    for (int k = 0; k < request->n_where; k++) {
        if (!names_column(request->where[k], request->where[i], length))
            continue;
        if (k < i)
            return FLX_OK; /* applied with that one */
        texts[list.count++] = request->where[k] + length + 1;
    }
    FLX_SCOPED char *name = strndup(request->where[i], length);
    return name ? keep_lines(table, name, &list, column, error)
                : flx_no_memory(error, "the table to import");
}

static bool is_replaced(const flx_import_request *request, const char *column)
{
    for (int k = 0; k < request->n_where; k++)
        if (names_column(request->where[k], column, strlen(column)))
            return true;
    return false;
}

/* `column` (n_files) and `texts` (n_where) are workspace. */
static flx_status apply_filters(flx_import_table *table, const flx_import_map *map,
                                const flx_import_request *request, int *column,
                                const char **texts, flx_error *error)
{
    for (int i = 0; i < map->n_filters; i++)
        if (!is_replaced(request, map->filters[i].column))
            FLX_TRY(keep_lines(table, map->filters[i].column, &map->filters[i].texts,
                               column, error));
    for (int i = 0; i < request->n_where; i++)
        FLX_TRY(apply_condition(table, request, i, texts, column, error));
    return FLX_OK;
}

static flx_status filter_lines(flx_import_table *table, const flx_import_map *map,
                               const flx_import_request *request, flx_error *error)
{
    table->n_lines = table->n_all;
    FLX_SCOPED int *column = NULL;
    FLX_SCOPED const char **texts = NULL;
    if (!FLX_NEW(table->lines, table->n_all) || !FLX_NEW(column, table->n_files) ||
        !FLX_NEW(texts, request->n_where))
        return flx_no_memory(error, "the table to import");
    for (int i = 0; i < table->n_all; i++)
        table->lines[i] = i;
    return apply_filters(table, map, request, column, texts, error);
}

flx_status flx_import_table_open(const flx_import_map *map,
                                 const flx_import_request *request,
                                 flx_import_table **out, flx_error *error)
{
    *out = NULL;
    if (request->n_paths < 1)
        return flx_fail(error, FLX_BAD_INPUT, "there is no CSV file to import");
    flx_import_table *table;
    if (!FLX_NEW(table, 1))
        return flx_no_memory(error, "the table to import");
    table->is_joined = map->is_joined;
    flx_status status = read_files(table, map, request, error);
    if (status == FLX_OK)
        status = count_lines(table, error);
    if (status == FLX_OK)
        status = filter_lines(table, map, request, error);
    if (status != FLX_OK) {
        flx_import_table_close(table);
        return status;
    }
    *out = table;
    return FLX_OK;
}

void flx_import_table_close(flx_import_table *table)
{
    if (!table)
        return;
    for (int f = 0; f < table->n_files; f++) {
        flx_csv_destroy(table->files[f]);
        free(table->stems[f]);
        free(table->is_used[f]);
    }
    free(table->files);
    free(table->stems);
    free(table->is_used);
    free(table->first);
    free(table->lines);
    free(table);
}
