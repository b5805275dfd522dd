/* SPDX-License-Identifier: MIT
 * What a contest between ways to select inputs is held on. */
#ifndef FLX_SELECTION_BENCHMARK_ROWS_H
#define FLX_SELECTION_BENCHMARK_ROWS_H

#include "formats/dataset.h"

#include <stdint.h>

/* Which columns of a table take part: the candidates are the metrics of other services
 * than the target's, or where it has no others its own; always included are the knobs and
 * states of the target's service. Columns with a missing cell or of one value only are
 * left out. */
typedef struct {
    const flx_dataset *table; /* borrowed */
    int target, m, n_always;
    int *candidates, *always; /* column numbers */
} flx_selection_benchmark;

flx_status flx_selection_benchmark_create(const flx_dataset *table, const char *target,
                                          flx_selection_benchmark *contest,
                                          flx_error *error);
void flx_selection_benchmark_clear(flx_selection_benchmark *contest);

/* Some rows of it. */
typedef struct {
    int n;
    double *X, *always, *y; /* (n, m), (n, n_always), (n) */
    int64_t *group;         /* (n) */
} flx_selection_benchmark_sample;

/* Draws `rows` rows by seed, whole groups together; the others test. Clear both, also
 * after a failure. */
flx_status flx_selection_benchmark_split(const flx_selection_benchmark *contest, int rows,
                                         uint64_t seed,
                                         flx_selection_benchmark_sample *taught,
                                         flx_selection_benchmark_sample *tested,
                                         flx_error *error);
void flx_selection_benchmark_sample_clear(flx_selection_benchmark_sample *sample);
#endif
