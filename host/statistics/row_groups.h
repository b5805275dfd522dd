/* SPDX-License-Identifier: MIT
 * Rows that stay together, such as repeats of one setting, wherever rows are drawn or
 * left out. */
#ifndef FLX_ROW_GROUPS_H
#define FLX_ROW_GROUPS_H

#include "formats/status.h"

#include <stdint.h>

/* Groups by their ids, ascending: the rows of group g are rows[start[g]] to
 * rows[start[g + 1] - 1], ascending too. */
typedef struct {
    int count;
    int *rows;   /* (n) */
    int *start;  /* (count + 1) */
    int64_t *id; /* (count) */
} flx_row_groups;

/* group (n): the id of every row's group; NULL: every row by itself, its number its id.
 * FLX_NO_MEMORY; there is nothing to clear then. */
flx_status flx_row_groups_create(const int64_t *group, int n, flx_row_groups *out,
                                 flx_error *error);
void flx_row_groups_clear(flx_row_groups *groups);
#endif
