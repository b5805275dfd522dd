/* SPDX-License-Identifier: MIT
 * Which rows of a table a training run sees. */
#include "host/training.h"

#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { DRAW_STREAM = 0x44524157 }; /* "DRAW" */

static int compare_integers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_rows(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The distinct groups, ascending; without groups every row is one. */
static int list_groups(const flx_dataset *table, int64_t *groups)
{
    for (int i = 0; i < table->rows; i++)
        groups[i] = table->group ? table->group[i] : i;
    qsort(groups, (size_t)table->rows, sizeof *groups, compare_integers);
    int count = 0;
    for (int i = 0; i < table->rows; i++)
        if (i == 0 || groups[i] != groups[i - 1])
            groups[count++] = groups[i];
    return count;
}

static void shuffle(int64_t *groups, int count, uint64_t seed)
{
    for (int i = count - 1; i > 0; i--) {
        int j = flx_below(seed, DRAW_STREAM, (uint32_t)i, 0, 0, i + 1);
        int64_t moved = groups[i];
        groups[i] = groups[j];
        groups[j] = moved;
    }
}

/* Rows of the first groups that fit into `count`, at least one group. */
static int take_rows(const flx_dataset *table, const int64_t *groups, int n_groups,
                     int count, int *drawn)
{
    int n = 0;
    for (int g = 0; g < n_groups && n < count; g++) {
        int before = n;
        for (int i = 0; i < table->rows; i++)
            if ((table->group ? table->group[i] : i) == groups[g])
                drawn[n++] = i;
        if (n > count && before > 0)
            return before;
    }
    return n;
}

flx_status flx_draw_rows(const flx_dataset *table, int count, uint64_t seed, int **drawn,
                         int *n_drawn, flx_error *error)
{
    size_t rows = (size_t)table->rows;
    *drawn = malloc(rows * sizeof **drawn);
    int64_t *groups = malloc(rows * sizeof *groups);
    if (!*drawn || !groups) {
        free(groups);
        free(*drawn);
        *drawn = NULL;
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", rows);
    }
    if (count <= 0 || count >= table->rows) {
        for (int i = 0; i < table->rows; i++)
            (*drawn)[i] = i;
        *n_drawn = table->rows;
    } else {
        int n_groups = list_groups(table, groups);
        shuffle(groups, n_groups, seed);
        *n_drawn = take_rows(table, groups, n_groups, count, *drawn);
        qsort(*drawn, (size_t)*n_drawn, sizeof **drawn, compare_rows);
    }
    free(groups);
    return FLX_OK;
}
