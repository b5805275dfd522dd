/* SPDX-License-Identifier: MIT */
#include "host/statistics/cross_validation.h"

#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { FOLD_STREAM = 0x464f4c44 /* "FOLD" */ };

/* A row, its group, and the random place of the group in the deal. */
typedef struct {
    int64_t group;
    uint32_t place;
    int at;
} ticket;

static int compare_places(const void *a, const void *b)
{
    const ticket *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static int smallest(const int *sizes, int folds)
{
    int best = 0;
    for (int f = 1; f < folds; f++)
        if (sizes[f] < sizes[best])
            best = f;
    return best;
}

flx_status flx_folds_assign_groups(const flx_dataset *table, const int *rows, int count,
                                   int folds, uint64_t seed, int *fold, int *n_groups,
                                   flx_error *error)
{
    ticket *tickets = malloc(((size_t)count + 1) * sizeof *tickets);
    int *sizes = calloc((size_t)folds, sizeof *sizes);
    *n_groups = 0;
    if (!tickets || !sizes) {
        free(tickets);
        free(sizes);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d folds", folds);
    }
    for (int i = 0; i < count; i++) {
        int64_t group = table->group ? table->group[rows[i]] : i;
        flx_philox_block draw = flx_philox(
            seed, (uint32_t)group, (uint32_t)((uint64_t)group >> 32), 0, FOLD_STREAM);
        tickets[i] = (ticket){group, draw.word[0], i};
    }
    qsort(tickets, (size_t)count, sizeof *tickets, compare_places);
    for (int i = 0, f = 0; i < count; i++) {
        if (i == 0 || tickets[i].group != tickets[i - 1].group) {
            f = smallest(sizes, folds);
            (*n_groups)++;
        }
        fold[tickets[i].at] = f;
        sizes[f]++;
    }
    free(tickets);
    free(sizes);
    return FLX_OK;
}

void flx_folds_assign(int n, uint64_t seed, int *fold)
{
    for (int i = 0; i < n; i++)
        fold[i] = i % FLX_FOLDS;
    for (int i = n - 1; i > 0; i--) {
        int j = flx_below(seed, FOLD_STREAM, (uint32_t)i, 0, 0, i + 1);
        int moved = fold[i];
        fold[i] = fold[j];
        fold[j] = moved;
    }
}
