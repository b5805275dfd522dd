/* SPDX-License-Identifier: MIT
 * Values sorted by column, time and arrival: duplicates are neighbours, and every column
 * is filled by walking once through its values and the rows. Only rows in which something
 * was measured are made, so that a wide window costs nothing where it is empty. */
#include "host/ingestion/window_table.h"

#include "formats/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const flx_window_data *data;
    int n_rows;
    int *rows;     /* (n_rows) ascending, of the window's rows */
    size_t *begin; /* (n_columns + 1) where a column's values begin */
    int n_kept;
    int *kept;     /* (n_kept) columns with a value */
    double *cells; /* (n_rows) of one column */
} window_table;

static int compare_values(const void *a, const void *b)
{
    const flx_window_value *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->seq_num != y->seq_num)
        return x->seq_num < y->seq_num ? -1 : 1;
    return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

/* Sorted, and of every column and time the last arrival only. */
static void sort_values(flx_window_data *data)
{
    size_t kept = 0;
    flx_window_value *values = data->values;
    if (data->count > 0)
        qsort(values, data->count, sizeof *values, compare_values);
    for (size_t i = 0; i < data->count; i++) {
        bool is_replaced = i + 1 < data->count &&
                           values[i + 1].column == values[i].column &&
                           values[i + 1].seq_num == values[i].seq_num;
        if (!is_replaced)
            values[kept++] = values[i];
    }
    data->report->replaced = (int64_t)(data->count - kept);
    data->report->values = (int64_t)kept;
    data->count = kept;
}

/* Row r of the window covers (from + r every, from + (r + 1) every]. */
static int row_of(const flx_window_data *data, const flx_window_value *value)
{
    return (int)((value->seq_num - data->report->from - 1) / data->every);
}

static int compare_rows(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void find_rows(window_table *table)
{
    const flx_window_data *data = table->data;
    int count = 0, last = -1;
    for (size_t i = 0; i < data->count; i++) {
        if (data->columns[data->values[i].column].kind == FLX_KNOB)
            continue;
        int row = row_of(data, &data->values[i]);
        if (row != last) /* most are repeated: fewer to sort */
            table->rows[count++] = row;
        last = row;
    }
    if (count > 0)
        qsort(table->rows, (size_t)count, sizeof *table->rows, compare_rows);
    for (int i = 0; i < count; i++)
        if (table->n_rows == 0 || table->rows[table->n_rows - 1] != table->rows[i])
            table->rows[table->n_rows++] = table->rows[i];
}

static void find_columns(window_table *table)
{
    const flx_window_data *data = table->data;
    size_t at = 0;
    for (int j = 0; j < data->n_columns; j++) {
        table->begin[j] = at;
        while (at < data->count && data->values[at].column == j)
            at++;
    }
    table->begin[data->n_columns] = at;
}

/* Of a state or metric: the mean of each row's values. */
static void fill_means(window_table *table, int column)
{
    const flx_window_data *data = table->data;
    size_t at = table->begin[column], end = table->begin[column + 1];
    for (int i = 0; i < table->n_rows; i++) {
        double sum = 0;
        int count = 0;
        for (; at < end && row_of(data, &data->values[at]) == table->rows[i]; at++) {
            sum += data->values[at].value;
            count++;
        }
        table->cells[i] = count > 0 ? sum / count : NAN;
    }
}

/* Of a knob: its last value, however old. */
static void fill_last_values(window_table *table, int column)
{
    const flx_window_data *data = table->data;
    size_t at = table->begin[column], end = table->begin[column + 1];
    double value = data->initial[column].column >= 0 ? data->initial[column].value : NAN;
    for (int i = 0; i < table->n_rows; i++) {
        for (; at < end && row_of(data, &data->values[at]) <= table->rows[i]; at++)
            value = data->values[at].value;
        table->cells[i] = value;
    }
}

static void fill_column(window_table *table, int column)
{
    if (table->data->columns[column].kind == FLX_KNOB)
        fill_last_values(table, column);
    else
        fill_means(table, column);
}

static void choose_columns(window_table *table)
{
    for (int j = 0; j < table->data->n_columns; j++) {
        fill_column(table, j);
        bool has_value = false;
        for (int i = 0; i < table->n_rows && !has_value; i++)
            has_value = !isnan(table->cells[i]);
        if (has_value)
            table->kept[table->n_kept++] = j;
    }
}

static flx_status fill_dataset(window_table *table, flx_dataset *dataset,
                               flx_error *error)
{
    const flx_window_data *data = table->data;
    for (int j = 0; j < table->n_kept; j++) {
        const flx_window_column *column = &data->columns[table->kept[j]];
        FLX_TRY(flx_dataset_name_column(dataset, j, column->name, column->kind,
                                        column->knob ? column->knob->unit : "", error));
        fill_column(table, table->kept[j]);
        for (int i = 0; i < table->n_rows; i++)
            dataset->values[(size_t)i * (size_t)table->n_kept + (size_t)j] =
                table->cells[i];
    }
    if (!FLX_NEW(dataset->time, table->n_rows))
        return flx_no_memory(error, "%d rows", table->n_rows);
    for (int i = 0; i < table->n_rows; i++)
        dataset->time[i] =
            data->report->from + ((int64_t)table->rows[i] + 1) * data->every;
    return FLX_OK;
}

static flx_status make_dataset(window_table *table, const char *folder,
                               const char *system, flx_dataset **out, flx_error *error)
{
    const flx_window_report *report = table->data->report;
    char source[300];
    snprintf(source, sizeof source, "telemetry of %.150s, seq_num %lld to %lld", folder,
             (long long)report->from + 1, (long long)report->until);
    FLX_TRY(flx_dataset_create(table->n_rows, table->n_kept, out, error));
    flx_status status = flx_dataset_describe(*out, system, source, error);
    if (status == FLX_OK)
        status = fill_dataset(table, *out, error);
    if (status != FLX_OK) {
        flx_dataset_destroy(*out);
        *out = NULL;
    }
    return status;
}

static flx_status fill(window_table *table, const char *folder, const char *system,
                       flx_dataset **out, flx_error *error)
{
    flx_window_report *report = table->data->report;
    find_rows(table);
    report->rows_left_out =
        (int)((report->until - report->from) / table->data->every) - table->n_rows;
    if (table->n_rows == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: no state and no metric of the deployment was measured from "
                        "seq_num %lld to %lld",
                        folder, (long long)report->from + 1, (long long)report->until);
    find_columns(table);
    choose_columns(table);
    return make_dataset(table, folder, system, out, error);
}

flx_status flx_window_table(flx_window_data *data, const char *folder, const char *system,
                            flx_dataset **out, flx_error *error)
{
    *out = NULL;
    sort_values(data);
    size_t n_columns = (size_t)data->n_columns;
    FLX_SCOPED int *rows = NULL, *kept = NULL;
    FLX_SCOPED size_t *begin = NULL;
    FLX_SCOPED double *cells = NULL;
    if (!FLX_NEW(rows, data->count) || !FLX_NEW(begin, n_columns + 1) ||
        !FLX_NEW(kept, n_columns) || !FLX_NEW(cells, data->count))
        return flx_no_memory(error, "%zu values of the window", data->count);
    window_table table = {
        .data = data, .rows = rows, .begin = begin, .kept = kept, .cells = cells};
    return fill(&table, folder, system, out, error);
}
