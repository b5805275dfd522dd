/* SPDX-License-Identifier: MIT */
#include "experiments/selection/selection_table.h"

#include "formats/memory.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void selection_table_clear(selection_table *table)
{
    free(table->candidates);
    free(table->always);
    *table = (selection_table){0};
}

static size_t service_length(const char *column)
{
    const char *colon = strrchr(column, ':');
    return colon ? (size_t)(colon - column) : 0;
}

static bool is_same_service(const char *a, const char *b)
{
    size_t length = service_length(a);
    return service_length(b) == length && strncmp(a, b, length) == 0;
}

static bool varies(const flx_dataset *data, int column)
{
    bool differs = false;
    for (int r = 0; r < data->rows; r++) {
        double value = data->values[(size_t)r * (size_t)data->n_columns + (size_t)column];
        if (isnan(value))
            return false;
        differs |= value != data->values[column];
    }
    return differs;
}

/* Metrics of the target's service, or of the others. */
static void list_candidates(selection_table *table, bool of_target)
{
    const flx_dataset *data = table->data;
    const char *target = data->columns[table->target].name;
    table->m = 0;
    for (int c = 0; c < data->n_columns; c++)
        if (c != table->target && data->columns[c].kind == FLX_METRIC &&
            is_same_service(data->columns[c].name, target) == of_target &&
            varies(data, c))
            table->candidates[table->m++] = c;
}

flx_status selection_table_create(const flx_dataset *data, const char *target,
                                  selection_table *table, flx_error *error)
{
    *table = (selection_table){.data = data, .target = flx_dataset_find(data, target)};
    if (table->target < 0 || !varies(data, table->target))
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s is not a column that varies and has no gaps",
                        target);
    if (!FLX_NEW(table->candidates, data->n_columns) ||
        !FLX_NEW(table->always, data->n_columns))
        return flx_no_memory(error, "%d columns", data->n_columns);
    list_candidates(table, false);
    if (table->m == 0)
        list_candidates(table, true);
    for (int c = 0; c < data->n_columns; c++)
        if (data->columns[c].kind != FLX_METRIC &&
            is_same_service(data->columns[c].name, target) && varies(data, c))
            table->always[table->n_always++] = c;
    return table->m ? FLX_OK
                    : flx_fail(error, FLX_BAD_INPUT,
                               "no metric beside %s varies and has no gaps", target);
}

void selection_rows_clear(selection_rows *rows)
{
    free(rows->X);
    free(rows->always);
    free(rows->y);
    free(rows->group);
    *rows = (selection_rows){0};
}

static flx_status copy_rows(const selection_table *table, const int *numbers, int n,
                            selection_rows *rows, flx_error *error)
{
    const flx_dataset *data = table->data;
    size_t m = (size_t)table->m, a = (size_t)table->n_always, count = (size_t)n;
    rows->n = n;
    if (!FLX_NEW(rows->X, count * m) || !FLX_NEW(rows->always, count * a) ||
        !FLX_NEW(rows->y, count) || !FLX_NEW(rows->group, count))
        return flx_no_memory(error, "%d rows", n);
    for (size_t i = 0; i < count; i++) {
        const double *row = data->values + (size_t)numbers[i] * (size_t)data->n_columns;
        for (size_t j = 0; j < m; j++)
            rows->X[i * m + j] = row[table->candidates[j]];
        for (size_t j = 0; j < a; j++)
            rows->always[i * a + j] = row[table->always[j]];
        rows->y[i] = row[table->target];
        rows->group[i] = data->group ? data->group[numbers[i]] : numbers[i];
    }
    return FLX_OK;
}

flx_status selection_rows_split(const selection_table *table, int count, uint64_t seed,
                                selection_rows *training, selection_rows *test,
                                flx_error *error)
{
    const flx_dataset *data = table->data;
    FLX_SCOPED int *drawn = NULL, *others = NULL;
    int n_drawn = 0, n_others = 0;
    *training = *test = (selection_rows){0};
    if (!FLX_NEW(others, data->rows))
        return flx_no_memory(error, "%d rows", data->rows);
    FLX_TRY(flx_subsample_rows(data, count, seed, &drawn, &n_drawn, error));
    for (int r = 0, at = 0; r < data->rows; r++)
        if (at < n_drawn && drawn[at] == r)
            at++;
        else
            others[n_others++] = r;
    if (n_others == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "all %d rows are drawn: none is left to test on", data->rows);
    FLX_TRY(copy_rows(table, drawn, n_drawn, training, error));
    return copy_rows(table, others, n_others, test, error);
}
