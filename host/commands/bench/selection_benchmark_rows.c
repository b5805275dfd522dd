/* SPDX-License-Identifier: MIT
 * Which columns and rows of a table take part. */
#include "host/commands/bench/selection_benchmark_rows.h"

#include "host/statistics.h"
#include "host/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void flx_selection_benchmark_clear(flx_selection_benchmark *contest)
{
    free(contest->candidates);
    free(contest->always);
    contest->candidates = contest->always = NULL;
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

static bool varies(const flx_dataset *table, int column)
{
    bool differs = false;
    for (int r = 0; r < table->rows; r++) {
        double value =
            table->values[(size_t)r * (size_t)table->n_columns + (size_t)column];
        if (isnan(value))
            return false;
        differs |= value != table->values[column];
    }
    return differs;
}

/* Metrics of the target's service, or of the others. */
static void list_candidates(flx_selection_benchmark *contest, bool of_target)
{
    const flx_dataset *table = contest->table;
    const char *target = table->columns[contest->target].name;
    contest->m = 0;
    for (int c = 0; c < table->n_columns; c++)
        if (c != contest->target && table->columns[c].kind == FLX_METRIC &&
            is_same_service(table->columns[c].name, target) == of_target &&
            varies(table, c))
            contest->candidates[contest->m++] = c;
}

flx_status flx_selection_benchmark_create(const flx_dataset *table, const char *target,
                                          flx_selection_benchmark *contest,
                                          flx_error *error)
{
    size_t columns = (size_t)table->n_columns;
    *contest = (flx_selection_benchmark){.table = table,
                                         .target = flx_dataset_find(table, target)};
    if (contest->target < 0 || !varies(table, contest->target))
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s is not a column that varies and has no gaps",
                        target);
    contest->candidates = malloc(columns * sizeof *contest->candidates);
    contest->always = malloc(columns * sizeof *contest->always);
    if (!contest->candidates || !contest->always)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu columns", columns);
    list_candidates(contest, false);
    if (contest->m == 0)
        list_candidates(contest, true);
    for (int c = 0; c < table->n_columns; c++)
        if (table->columns[c].kind != FLX_METRIC &&
            is_same_service(table->columns[c].name, target) && varies(table, c))
            contest->always[contest->n_always++] = c;
    return contest->m ? FLX_OK
                      : flx_fail(error, FLX_BAD_INPUT,
                                 "no metric beside %s varies and has no gaps", target);
}

void flx_selection_benchmark_sample_clear(flx_selection_benchmark_sample *s)
{
    free(s->X);
    free(s->always);
    free(s->y);
    free(s->group);
    *s = (flx_selection_benchmark_sample){0};
}

static flx_status take_rows(const flx_selection_benchmark *contest, const int *rows,
                            int n, flx_selection_benchmark_sample *s, flx_error *error)
{
    const flx_dataset *table = contest->table;
    size_t m = (size_t)contest->m, a = (size_t)contest->n_always, count = (size_t)n;
    s->n = n;
    s->X = malloc((count * m + 1) * sizeof *s->X);
    s->always = malloc((count * a + 1) * sizeof *s->always);
    s->y = malloc((count + 1) * sizeof *s->y);
    s->group = malloc((count + 1) * sizeof *s->group);
    if (!s->X || !s->always || !s->y || !s->group)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", n);
    for (size_t i = 0; i < count; i++) {
        const double *row = table->values + (size_t)rows[i] * (size_t)table->n_columns;
        for (size_t j = 0; j < m; j++)
            s->X[i * m + j] = row[contest->candidates[j]];
        for (size_t j = 0; j < a; j++)
            s->always[i * a + j] = row[contest->always[j]];
        s->y[i] = row[contest->target];
        s->group[i] = table->group ? table->group[rows[i]] : rows[i];
    }
    return FLX_OK;
}

/* Numbers of the rows that teach and of the others; drawn and others (rows). */
static flx_status part_rows(const flx_dataset *table, int count, uint64_t seed,
                            int **drawn, int *n_drawn, int *others, flx_error *error)
{
    FLX_TRY(flx_subsample_rows(table, count, seed, drawn, n_drawn, error));
    int n_others = 0;
    for (int r = 0, at = 0; r < table->rows; r++)
        if (at < *n_drawn && (*drawn)[at] == r)
            at++;
        else
            others[n_others++] = r;
    return n_others
               ? FLX_OK
               : flx_fail(error, FLX_BAD_INPUT,
                          "all %d rows are drawn: none is left to test on", table->rows);
}

flx_status flx_selection_benchmark_split(const flx_selection_benchmark *contest, int rows,
                                         uint64_t seed,
                                         flx_selection_benchmark_sample *taught,
                                         flx_selection_benchmark_sample *tested,
                                         flx_error *error)
{
    const flx_dataset *table = contest->table;
    int *drawn = NULL, n_drawn = 0;
    int *others = malloc((size_t)table->rows * sizeof *others);
    *taught = *tested = (flx_selection_benchmark_sample){0};
    if (!others)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", table->rows);
    flx_status status = part_rows(table, rows, seed, &drawn, &n_drawn, others, error);
    if (status == FLX_OK)
        status = take_rows(contest, drawn, n_drawn, taught, error);
    if (status == FLX_OK)
        status = take_rows(contest, others, table->rows - n_drawn, tested, error);
    free(drawn);
    free(others);
    return status;
}
