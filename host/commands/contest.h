/* SPDX-License-Identifier: MIT
 * A contest between ways to select inputs on one table: each selects on the rows that are
 * drawn, and a Gaussian process on its subset is tested on the others. */
#ifndef FLX_CONTEST_H
#define FLX_CONTEST_H

#include "host/commands/contest_rows.h"
#include "kernels/backend.h"

enum {
    FLX_CONTEST_ALL,     /* all candidates */
    FLX_CONTEST_NONE,    /* the target's own inputs alone */
    FLX_CONTEST_GUESS,   /* those of one name: p90 of every service */
    FLX_CONTEST_RANDOM,  /* the best of as many random subsets as there are rounds */
    FLX_CONTEST_PAPER,   /* the paper's rule */
    FLX_CONTEST_SAMPLED, /* Thompson sampling, best seen, swaps */
    FLX_CONTEST_FINAL,   /* and a final round of Gaussian processes */
    FLX_CONTEST_WAYS
};

const char *flx_contest_way(int way);

typedef struct {
    int k;             /* inputs to choose */
    int rows;          /* to be drawn */
    int rounds;        /* of every way that has rounds */
    const char *guess; /* NULL: no guess */
    uint64_t seed;
} flx_contest_options;

/* One way in one run. */
typedef struct {
    bool has_run;
    int k;
    int *chosen;        /* (k) candidates */
    double ridge_error; /* out of sample, on the rows drawn */
    double held_out;    /* mean absolute error on the others */
    double seconds;     /* of selecting */
} flx_contest_result;

/* results (FLX_CONTEST_WAYS); clear each, also after a failure. */
flx_status flx_contest_run(const flx_contest *contest, const flx_contest_options *options,
                           flx_backend *backend, flx_contest_result *results,
                           flx_error *error);
void flx_contest_result_clear(flx_contest_result *result);
#endif
