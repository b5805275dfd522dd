/* SPDX-License-Identifier: MIT */
#include "host/statistics/row_groups.h"

#include "formats/memory.h"

#include <stdlib.h>

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

flx_status flx_row_groups_create(const int64_t *group, int n, flx_row_groups *out,
                                 flx_error *error)
{
    FLX_SCOPED member *members = NULL;
    *out = (flx_row_groups){0};
    if (!FLX_NEW(members, n) || !FLX_NEW(out->rows, n) || !FLX_NEW(out->start, n + 1) ||
        !FLX_NEW(out->id, n)) {
        flx_row_groups_clear(out);
        return flx_no_memory(error, "the groups of %d rows", n);
    }
    for (int i = 0; i < n; i++)
        members[i] = (member){group ? group[i] : i, i};
    qsort(members, (size_t)n, sizeof *members, compare_members);
    for (int i = 0; i < n; i++) {
        out->rows[i] = members[i].row;
        if (i > 0 && members[i].group == members[i - 1].group)
            continue;
        out->id[out->count] = members[i].group;
        out->start[out->count++] = i;
    }
    out->start[out->count] = n;
    return FLX_OK;
}

void flx_row_groups_clear(flx_row_groups *groups)
{
    free(groups->rows);
    free(groups->start);
    free(groups->id);
    *groups = (flx_row_groups){0};
}
