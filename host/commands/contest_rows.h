/* SPDX-License-Identifier: MIT
 * What a contest between ways to select inputs is held on. */
#ifndef FLX_CONTEST_ROWS_H
#define FLX_CONTEST_ROWS_H

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
} flx_contest;

flx_status flx_contest_create(const flx_dataset *table, const char *target,
                              flx_contest *contest, flx_error *error);
void flx_contest_clear(flx_contest *contest);

/* Some rows of it. */
typedef struct {
    int n;
    double *X, *always, *y; /* (n, m), (n, n_always), (n) */
    int64_t *group;         /* (n) */
} flx_contest_sample;

/* Draws `rows` rows by seed, whole groups together; the others test. Clear both, also
 * after a failure. */
flx_status flx_contest_split(const flx_contest *contest, int rows, uint64_t seed,
                             flx_contest_sample *taught, flx_contest_sample *tested,
                             flx_error *error);
void flx_contest_sample_clear(flx_contest_sample *sample);
#endif
