/* SPDX-License-Identifier: MIT
 * Input selection (paper 3.1 and 4.1): which k of m candidate inputs, together with those
 * that are always read, predict an output best.
 *
 * Thompson sampling: every candidate has a Beta distribution. A round draws one number
 * from each and takes the k largest; the subset wins where its error (a ridge regression
 * on rows it has not seen, host/selection/subset_ridge.h) is below the median of the last
 * rounds, and alpha or beta of its members grows. Rounds are drawn and scored in
 * batches. A win of the whole subset says little about one member, so the result is not a
 * last draw but the best subset seen, after swaps of single members no longer help, and
 * after Gaussian processes have compared the best few. Where there are few subsets they
 * are all scored instead.
 *
 * is_paper: one round at a time, a win is better than the first round, the result is one
 * more draw. "Initialized to 0" are counts there: Beta(1 + wins, 1 + losses), since Beta
 * needs positive numbers. */
#ifndef FLX_SELECTION_H
#define FLX_SELECTION_H

#include "formats/progress.h"
#include "formats/status.h"
#include "kernels/backend.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name; /* for messages; NULL: "the selection" */
    int n, m;         /* rows, candidates */
    const double *X;  /* (n, m) row-major, finite; in any unit */
    const double *y;  /* (n) finite */
    int n_always;
    const double
        *always; /* (n, n_always) inputs that every subset includes; may be NULL */
    const int64_t
        *group; /* (n) rows of a group are held out together; NULL: each alone */
} flx_selection_problem;

/* All zero: the defaults. */
typedef struct {
    int k;         /* 0: from 1 upward, as long as the error falls, at most 12 */
    bool is_paper; /* needs k */
    int rounds;    /* of one size; 0: 20000, paper: 1000 */
    int batch;     /* rounds drawn from the same distributions; 0: 64; paper: always 1 */
    int patience;  /* equal draws in a row that end it; 0: 10 */
    const double
        *bonus; /* (m) >= 0, added to alpha for what an operator favours; NULL: 0 */
    int64_t enumerable; /* all subsets are scored where there are no more; 0: 100000;
                           negative: never */
    int finalists;      /* compared by Gaussian processes; 0: 32; negative: none */
    uint64_t seed;
    const flx_progress *progress; /* may be NULL; counts rounds, without k sizes */
} flx_selection_options;

typedef struct {
    int k;
    int *chosen;      /* (k) candidates, ascending */
    double error;     /* mean absolute error of the ridge out of sample, unit of y */
    double gp_error;  /* leave-one-out error of its Gaussian process; NAN without */
    int rounds;       /* Thompson rounds, over all sizes */
    int64_t subsets;  /* scored, repeats included */
    bool is_complete; /* every subset of that size was scored */
} flx_selection_result;

/* FLX_BAD_INPUT names problem, row and column of a number that is not finite, fewer than
 * 2 groups, a k that does not fit; on failure the result is empty. The result depends on
 * problem, options and instruction set, not on threads. */
flx_status flx_selection_choose(flx_backend *backend,
                                const flx_selection_problem *problem,
                                const flx_selection_options *options,
                                flx_selection_result *result, flx_error *error);
void flx_selection_result_clear(flx_selection_result *result);

/* What flx_selection_choose demands of a problem. */
flx_status flx_selection_check(const flx_selection_problem *problem, flx_error *error);
#endif
