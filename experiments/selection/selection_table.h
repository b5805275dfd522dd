/* SPDX-License-Identifier: MIT
 * The columns and rows of a dataset that a benchmark of input selection works on. */
#ifndef FLX_SELECTION_TABLE_H
#define FLX_SELECTION_TABLE_H

#include "formats/dataset.h"

#include <stdint.h>

/* Candidates are the metrics of other services than the target's or, where there are
 * none, the other metrics of its own; always included are the knobs and states of the
 * target's service. Columns with a missing cell or of one value only are left out. */
typedef struct {
    const flx_dataset *data; /* borrowed */
    int target, m, n_always;
    int *candidates, *always; /* (m), (n_always) column numbers */
} selection_table;

/* Clear it, also after a failure. */
flx_status selection_table_create(const flx_dataset *data, const char *target,
                                  selection_table *table, flx_error *error);
void selection_table_clear(selection_table *table);

typedef struct {
    int n;
    double *X, *always, *y; /* (n, m), (n, n_always), (n) */
    int64_t *group;         /* (n) */
} selection_rows;

/* Draws `count` training rows by seed, whole groups together; the others are test rows.
 * Clear both, also after a failure. */
flx_status selection_rows_split(const selection_table *table, int count, uint64_t seed,
                                selection_rows *training, selection_rows *test,
                                flx_error *error);
void selection_rows_clear(selection_rows *rows);
#endif
