/* SPDX-License-Identifier: MIT */
#include "host/statistics/selection_folds.h"

#include "kernels/formulas/philox.h"

#include <stdlib.h>

enum { FOLD_STREAM = 0x464F4C44 }; /* "FOLD" */

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

flx_status flx_number_groups(const int64_t *group, int rows, int *number, int *count,
                             flx_error *error)
{
    size_t n = (size_t)rows;
    member *members = malloc(n * sizeof *members);
    if (!members)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        members[i] = (member){group ? group[i] : (int64_t)i, (int)i};
    qsort(members, n, sizeof *members, compare_members);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        *count += i == 0 || members[i].group != members[i - 1].group;
        number[members[i].row] = *count - 1;
    }
    free(members);
    return FLX_OK;
}

static void shuffle(int *turns, int count)
{
    for (int i = 0; i < count; i++)
        turns[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int j = flx_below(0, FOLD_STREAM, (uint32_t)i, 0, 0, i + 1);
        int moved = turns[i];
        turns[i] = turns[j];
        turns[j] = moved;
    }
}

flx_status flx_fold_rows(const int64_t *group, int n, int *order, int *start,
                         int *n_folds, flx_error *error)
{
    int groups = 0, at = 0;
    int *number = malloc((size_t)n * sizeof *number);
    int *turns = malloc((size_t)n * sizeof *turns);
    flx_status status =
        number && turns ? flx_number_groups(group, n, number, &groups, error)
                        : flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", n);
    if (status == FLX_OK) {
        shuffle(turns, groups);
        *n_folds = groups < FLX_SELECTION_FOLDS ? groups : FLX_SELECTION_FOLDS;
        start[0] = 0;
        for (int f = 0; f < *n_folds; f++) {
            for (int i = 0; i < n; i++)
                if (turns[number[i]] % *n_folds == f)
                    order[at++] = i;
            start[f + 1] = at;
        }
    }
    free(number);
    free(turns);
    return status;
}
