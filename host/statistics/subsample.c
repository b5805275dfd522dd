/* SPDX-License-Identifier: MIT */
#include "host/statistics/subsample.h"

#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { DRAW_STREAM = 0x44524157 }; /* "DRAW" */

/* A row and what keeps it together with others: its group, or itself. */
typedef struct {
    int64_t group;
    int row;
} member;

static int compare_members(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int compare_rows(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Sorts the rows by group; starts[g] is where group g begins. Returns how many there are.
 */
static int list_groups(const flx_dataset *table, member *members, int *starts)
{
    int count = 0;
    for (int i = 0; i < table->rows; i++)
        members[i] = (member){table->group ? table->group[i] : i, i};
    qsort(members, (size_t)table->rows, sizeof *members, compare_members);
    for (int i = 0; i < table->rows; i++)
        if (i == 0 || members[i].group != members[i - 1].group)
            starts[count++] = i;
    return count;
}

static void shuffle(int *starts, int count, uint64_t seed)
{
    for (int i = count - 1; i > 0; i--) {
        int j = flx_below(seed, DRAW_STREAM, (uint32_t)i, 0, 0, i + 1);
        int moved = starts[i];
        starts[i] = starts[j];
        starts[j] = moved;
    }
}

/* Rows of the first groups that fit into `count`, at least one group; ascending. */
static int take_rows(const member *members, int rows, const int *starts, int n_groups,
                     int count, int *drawn)
{
    int n = 0;
    for (int g = 0; g < n_groups && n < count; g++) {
        int end = starts[g];
        while (end < rows && members[end].group == members[starts[g]].group)
            end++;
        if (n > 0 && n + end - starts[g] > count)
            break;
        for (int i = starts[g]; i < end; i++)
            drawn[n++] = members[i].row;
    }
    qsort(drawn, (size_t)n, sizeof *drawn, compare_rows);
    return n;
}

flx_status flx_subsample_rows(const flx_dataset *table, int count, uint64_t seed,
                              int **drawn, int *n_drawn, flx_error *error)
{
    size_t rows = (size_t)table->rows;
    *drawn = malloc(rows * sizeof **drawn);
    member *members = malloc(rows * sizeof *members);
    int *starts = malloc(rows * sizeof *starts);
    if (!*drawn || !members || !starts) {
        free(members);
        free(starts);
        free(*drawn);
        *drawn = NULL;
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", rows);
    }
    if (count <= 0 || count >= table->rows) {
        for (int i = 0; i < table->rows; i++)
            (*drawn)[i] = i;
        *n_drawn = table->rows;
    } else {
        int n_groups = list_groups(table, members, starts);
        shuffle(starts, n_groups, seed);
        *n_drawn = take_rows(members, table->rows, starts, n_groups, count, *drawn);
    }
    free(members);
    free(starts);
    return FLX_OK;
}
