/* SPDX-License-Identifier: MIT */
#include "host/statistics/cross_validation.h"

#include "formats/memory.h"
#include "host/statistics/row_groups.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { FOLD_STREAM = 0x464f4c44 /* "FOLD" */ };

/* A group and its random place in the deal. */
typedef struct {
    uint32_t place;
    int group;
} turn;

static int compare_turns(const void *a, const void *b)
{
    const turn *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static void draw_turns(const flx_row_groups *groups, uint64_t seed, turn *turns)
{
    for (int g = 0; g < groups->count; g++) {
        uint64_t id = (uint64_t)groups->id[g];
        flx_philox_block draw =
            flx_philox(seed, (uint32_t)id, (uint32_t)(id >> 32), 0, FOLD_STREAM);
        turns[g] = (turn){draw.word[0], g};
    }
    qsort(turns, (size_t)groups->count, sizeof *turns, compare_turns);
}

static int find_smallest(const int *sizes, int n_folds)
{
    int best = 0;
    for (int f = 1; f < n_folds; f++)
        if (sizes[f] < sizes[best])
            best = f;
    return best;
}

flx_status flx_folds_deal(const int64_t *group, int n, uint64_t seed, int *fold,
                          int *n_groups, flx_error *error)
{
    flx_row_groups groups;
    FLX_SCOPED turn *turns = NULL;
    int sizes[FLX_FOLDS] = {0};
    FLX_TRY(flx_row_groups_create(group, n, &groups, error));
    if (!FLX_NEW(turns, groups.count)) {
        flx_row_groups_clear(&groups);
        return flx_no_memory(error, "the folds of %d rows", n);
    }
    *n_groups = groups.count;
    draw_turns(&groups, seed, turns);
    for (int t = 0; t < groups.count; t++) {
        int f = find_smallest(sizes, flx_folds_count(groups.count)), g = turns[t].group;
        for (int i = groups.start[g]; i < groups.start[g + 1]; i++)
            fold[groups.rows[i]] = f;
        sizes[f] += groups.start[g + 1] - groups.start[g];
    }
    flx_row_groups_clear(&groups);
    return FLX_OK;
}

void flx_folds_order(const int *fold, int n, int n_folds, int *order, int *start)
{
    int at = 0;
    for (int f = 0; f < n_folds; f++) {
        start[f] = at;
        for (int i = 0; i < n; i++)
            if (fold[i] == f)
                order[at++] = i;
    }
    start[n_folds] = at;
}
