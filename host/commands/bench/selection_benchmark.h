/* SPDX-License-Identifier: MIT
 * A contest between ways to select inputs on one table: each selects on the rows that are
 * drawn, and a Gaussian process on its subset is tested on the others. */
#ifndef FLX_SELECTION_BENCHMARK_H
#define FLX_SELECTION_BENCHMARK_H

#include "host/commands/bench/selection_benchmark_rows.h"
#include "kernels/backend.h"

enum {
    FLX_SELECTION_BENCHMARK_ALL,     /* all candidates */
    FLX_SELECTION_BENCHMARK_NONE,    /* the target's own inputs alone */
    FLX_SELECTION_BENCHMARK_GUESS,   /* those of one name: p90 of every service */
    FLX_SELECTION_BENCHMARK_RANDOM,  /* the best of as many random subsets as there are
                                        rounds */
    FLX_SELECTION_BENCHMARK_PAPER,   /* the paper's rule */
    FLX_SELECTION_BENCHMARK_SAMPLED, /* Thompson sampling, best seen, swaps */
    FLX_SELECTION_BENCHMARK_FINAL,   /* and a final round of Gaussian processes */
    FLX_SELECTION_BENCHMARK_WAYS
};

const char *flx_selection_benchmark_way(int way);

typedef struct {
    int k;             /* inputs to choose */
    int rows;          /* to be drawn */
    int rounds;        /* of every way that has rounds */
    const char *guess; /* NULL: no guess */
    uint64_t seed;
} flx_selection_benchmark_options;

/* One way in one run. */
typedef struct {
    bool has_run;
    int k;
    int *chosen;        /* (k) candidates */
    double ridge_error; /* out of sample, on the rows drawn */
    double held_out;    /* mean absolute error on the others */
    double seconds;     /* of selecting */
} flx_selection_benchmark_result;

/* results (FLX_SELECTION_BENCHMARK_WAYS); clear each, also after a failure. */
flx_status flx_selection_benchmark_run(const flx_selection_benchmark *contest,
                                       const flx_selection_benchmark_options *options,
                                       flx_backend *backend,
                                       flx_selection_benchmark_result *results,
                                       flx_error *error);
void flx_selection_benchmark_result_clear(flx_selection_benchmark_result *result);
#endif
