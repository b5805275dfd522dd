/* SPDX-License-Identifier: MIT */
#include "formats/dataset/dataset.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_COLUMNS = 1 << 20 };

const char *const flx_column_role_words[] = {
    [FLX_KNOB] = "knob", [FLX_STATE] = "state", [FLX_METRIC] = "metric", NULL};

const char *flx_column_role_text(flx_column_role kind)
{
    return flx_column_role_words[kind];
}

static char *now_as_text(void)
{
    char text[32];
    time_t now = time(NULL);
    struct tm parts;
    if (!gmtime_r(&now, &parts) ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        text[0] = '\0';
    return strdup(text);
}

static flx_status allocate(flx_dataset *table, flx_error *error)
{
    size_t cells = (size_t)table->rows * (size_t)table->n_columns;
    table->values = malloc(cells * sizeof *table->values);
    table->system = strdup("");
    table->source = strdup("");
    table->created = now_as_text();
    if (!table->values || !FLX_NEW(table->columns, table->n_columns) || !table->system ||
        !table->source || !table->created)
        return flx_no_memory(error, "a table of %d x %d values", table->rows,
                             table->n_columns);
    for (size_t i = 0; i < cells; i++)
        table->values[i] = NAN;
    return FLX_OK;
}

flx_status flx_dataset_create(int rows, int n_columns, flx_dataset **out,
                              flx_error *error)
{
    *out = NULL;
    if (rows < 1 || n_columns < 1 || n_columns > MAX_COLUMNS)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a table needs 1 row or more and 1 to %d columns, not %d x %d",
                        MAX_COLUMNS, rows, n_columns);
    flx_dataset *table;
    if (!FLX_NEW(table, 1))
        return flx_no_memory(error, "a table");
    table->rows = rows;
    table->n_columns = n_columns;
    flx_status status = allocate(table, error);
    if (status != FLX_OK) {
        flx_dataset_destroy(table);
        return status;
    }
    *out = table;
    return FLX_OK;
}

void flx_dataset_destroy(flx_dataset *dataset)
{
    if (!dataset)
        return;
    for (int j = 0; dataset->columns && j < dataset->n_columns; j++) {
        free(dataset->columns[j].name);
        free(dataset->columns[j].unit);
    }
    free(dataset->columns);
    free(dataset->values);
    free(dataset->time);
    free(dataset->step);
    free(dataset->group);
    free(dataset->system);
    free(dataset->source);
    free(dataset->created);
    free(dataset->path);
    free(dataset);
}

static flx_status replace_text(char **text, const char *with, flx_error *error)
{
    char *copy;
    FLX_TRY(flx_copy_text(with, &copy, error));
    free(*text);
    *text = copy;
    return FLX_OK;
}

flx_status flx_dataset_name_column(flx_dataset *dataset, int column, const char *name,
                                   flx_column_role kind, const char *unit,
                                   flx_error *error)
{
    if (column < 0 || column >= dataset->n_columns)
        return flx_fail(error, FLX_BAD_INPUT, "there is no column %d among %d", column,
                        dataset->n_columns);
    dataset->columns[column].kind = kind;
    FLX_TRY(replace_text(&dataset->columns[column].name, name, error));
    return replace_text(&dataset->columns[column].unit, unit ? unit : "", error);
}

flx_status flx_dataset_describe(flx_dataset *dataset, const char *system,
                                const char *source, flx_error *error)
{
    FLX_TRY(replace_text(&dataset->system, system ? system : "", error));
    FLX_TRY(replace_text(&dataset->source, source ? source : "", error));
    char *now = now_as_text();
    if (!now)
        return flx_no_memory(error, "the date");
    free(dataset->created);
    dataset->created = now;
    return FLX_OK;
}

const char *flx_dataset_title(const flx_dataset *dataset)
{
    return dataset->path ? dataset->path : "the table";
}

int flx_dataset_find(const flx_dataset *dataset, const char *name)
{
    for (int j = 0; j < dataset->n_columns; j++)
        if (dataset->columns[j].name && strcmp(dataset->columns[j].name, name) == 0)
            return j;
    return -1;
}

static flx_status copy_description(const flx_dataset *from, flx_dataset *to,
                                   flx_error *error)
{
    for (int j = 0; j < from->n_columns; j++) {
        const flx_column *column = &from->columns[j];
        if (column->name)
            FLX_TRY(flx_dataset_name_column(to, j, column->name, column->kind,
                                            column->unit, error));
    }
    FLX_TRY(replace_text(&to->system, from->system, error));
    FLX_TRY(replace_text(&to->source, from->source, error));
    FLX_TRY(replace_text(&to->created, from->created, error));
    if (from->path)
        FLX_TRY(replace_text(&to->path, from->path, error));
    to->simulated = from->simulated;
    to->counted_services = from->counted_services;
    to->counted_inputs = from->counted_inputs;
    return FLX_OK;
}

/* Cells of `size` bytes, taken from the given rows into a new array at *to; NULL stays
 * NULL. false where memory is out. */
static bool pick(const void *from, size_t size, const int *rows, int count, void *to)
{
    char *picked = NULL;
    if (from && !(picked = malloc((size_t)count * size)))
        return false;
    for (int i = 0; from && i < count; i++)
        memcpy(picked + (size_t)i * size, (const char *)from + (size_t)rows[i] * size,
               size);
    memcpy(to, &picked, sizeof picked);
    return true;
}

static flx_status fill_selection(const flx_dataset *from, const int *rows, int count,
                                 flx_dataset *to, flx_error *error)
{
    FLX_TRY(copy_description(from, to, error));
    size_t width = (size_t)from->n_columns;
    for (int i = 0; i < count; i++)
        memcpy(to->values + (size_t)i * width, from->values + (size_t)rows[i] * width,
               width * sizeof *to->values);
    if (!pick(from->time, sizeof *from->time, rows, count, &to->time) ||
        !pick(from->step, sizeof *from->step, rows, count, &to->step) ||
        !pick(from->group, sizeof *from->group, rows, count, &to->group))
        return flx_no_memory(error, "%d rows", count);
    return FLX_OK;
}

flx_status flx_dataset_select_rows(const flx_dataset *dataset, const int *rows, int count,
                                   flx_dataset **out, flx_error *error)
{
    *out = NULL;
    for (int i = 0; i < count; i++)
        if (rows[i] < 0 || rows[i] >= dataset->rows)
            return flx_fail(error, FLX_BAD_INPUT, "there is no row %d among %d", rows[i],
                            dataset->rows);
    flx_dataset *selection;
    FLX_TRY(flx_dataset_create(count, dataset->n_columns, &selection, error));
    flx_status status = fill_selection(dataset, rows, count, selection, error);
    if (status != FLX_OK) {
        flx_dataset_destroy(selection);
        return status;
    }
    *out = selection;
    return FLX_OK;
}

flx_status flx_dataset_copy(const flx_dataset *dataset, flx_dataset **out,
                            flx_error *error)
{
    *out = NULL;
    FLX_SCOPED int *all = NULL;
    if (!FLX_NEW(all, dataset->rows))
        return flx_no_memory(error, "%d rows", dataset->rows);
    for (int r = 0; r < dataset->rows; r++)
        all[r] = r;
    return flx_dataset_select_rows(dataset, all, dataset->rows, out, error);
}

flx_status flx_dataset_newest(const flx_dataset *dataset, double window,
                              flx_dataset **out, flx_error *error)
{
    *out = NULL;
    if (!dataset->time)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the rows have no /time: a window of seconds cannot be cut");
    int64_t newest = INT64_MIN;
    for (int r = 0; r < dataset->rows; r++)
        newest = dataset->time[r] > newest ? dataset->time[r] : newest;
    FLX_SCOPED int *rows = NULL;
    int count = 0;
    if (!FLX_NEW(rows, dataset->rows))
        return flx_no_memory(error, "%d rows", dataset->rows);
    for (int r = 0; r < dataset->rows; r++)
        if ((double)newest - (double)dataset->time[r] < window)
            rows[count++] = r;
    return flx_dataset_select_rows(dataset, rows, count, out, error);
}

void flx_dataset_digest(const flx_dataset *dataset, char digest[65])
{
    flx_digest sum;
    flx_digest_start(&sum);
    flx_digest_add_integer(&sum, (uint64_t)dataset->rows);
    flx_digest_add_integer(&sum, (uint64_t)dataset->n_columns);
    for (int j = 0; j < dataset->n_columns; j++) {
        const char *name = dataset->columns[j].name;
        flx_digest_add_text(&sum, name ? name : "");
        flx_digest_add_text(&sum, flx_column_role_text(dataset->columns[j].kind));
    }
    size_t cells = (size_t)dataset->rows * (size_t)dataset->n_columns;
    for (size_t i = 0; i < cells; i++)
        flx_digest_add_double(&sum, dataset->values[i]);
    flx_digest_finish(&sum, digest);
}

void flx_dataset_find_period(const flx_dataset *dataset, int64_t *first, int64_t *last)
{
    for (int r = 0; dataset->time && r < dataset->rows; r++) {
        int64_t time = dataset->time[r];
        *first = r && *first < time ? *first : time;
        *last = r && *last > time ? *last : time;
    }
}
