/* SPDX-License-Identifier: MIT */
#include "host/statistics/subsample.h"

#include "formats/memory.h"
#include "host/statistics/row_groups.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { DRAW_STREAM = 0x44524157 }; /* "DRAW" */

static int compare_rows(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* order (count) out: 0 .. count - 1, shuffled. */
static void shuffle(int *order, int count, uint64_t seed)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int j = flx_below(seed, DRAW_STREAM, (uint32_t)i, 0, 0, i + 1);
        int moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

/* Rows of the first groups that fit into `count`, at least one group; ascending. */
static int take_rows(const flx_row_groups *groups, const int *order, int count,
                     int *drawn)
{
    int n = 0;
    for (int k = 0; k < groups->count && n < count; k++) {
        int first = groups->start[order[k]], end = groups->start[order[k] + 1];
        if (n > 0 && n + end - first > count)
            break;
        for (int i = first; i < end; i++)
            drawn[n++] = groups->rows[i];
    }
    qsort(drawn, (size_t)n, sizeof *drawn, compare_rows);
    return n;
}

static flx_status draw_rows(const flx_dataset *table, int count, uint64_t seed,
                            int *drawn, int *n_drawn, flx_error *error)
{
    flx_row_groups groups;
    FLX_SCOPED int *order = NULL;
    FLX_TRY(flx_row_groups_create(table->group, table->rows, &groups, error));
    flx_status status = FLX_NEW(order, groups.count)
                            ? FLX_OK
                            : flx_no_memory(error, "%d rows", table->rows);
    if (status == FLX_OK) {
        shuffle(order, groups.count, seed);
        *n_drawn = take_rows(&groups, order, count, drawn);
    }
    flx_row_groups_clear(&groups);
    return status;
}

flx_status flx_subsample_rows(const flx_dataset *table, int count, uint64_t seed,
                              int **drawn, int *n_drawn, flx_error *error)
{
    FLX_SCOPED int *rows = NULL;
    *drawn = NULL;
    *n_drawn = table->rows;
    if (!FLX_NEW(rows, table->rows))
        return flx_no_memory(error, "%d rows", table->rows);
    for (int i = 0; i < table->rows; i++)
        rows[i] = i;
    if (count > 0 && count < table->rows)
        FLX_TRY(draw_rows(table, count, seed, rows, n_drawn, error));
    *drawn = rows;
    rows = NULL;
    return FLX_OK;
}
