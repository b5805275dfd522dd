/* SPDX-License-Identifier: MIT
 * The methods of input selection that are compared: each selects on the same training
 * rows and is scored by the same ridge regression. */
#ifndef FLX_SELECTION_METHODS_H
#define FLX_SELECTION_METHODS_H

#include "experiments/selection/selection_table.h"
#include "kernels/backend.h"

typedef enum {
    METHOD_ALL,      /* all candidates */
    METHOD_NONE,     /* the target's own inputs alone */
    METHOD_NAMED,    /* those of one name: p90 of every service */
    METHOD_RANDOM,   /* the best of as many random subsets as there are rounds */
    METHOD_PAPER,    /* the paper's rule */
    METHOD_THOMPSON, /* Thompson sampling, then swaps from the best seen */
    METHOD_RERANK,   /* and Gaussian processes compare the best few */
    METHOD_COUNT
} selection_method;

const char *method_name(selection_method method);

typedef struct {
    int k;              /* inputs to select */
    int rounds;         /* of every method that has rounds */
    const char *metric; /* of METHOD_NAMED, such as "p90"; NULL: without that method */
    uint64_t seed;
} method_options;

typedef struct {
    bool has_run;
    int k;
    int *selected;      /* (k) candidates */
    double ridge_error; /* out of sample, on the training rows */
    double test_error;  /* mean absolute error on the test rows: test_error.h */
    double seconds;     /* of selecting */
} method_result;

/* results (METHOD_COUNT), empty before; clear each, also after a failure. */
flx_status select_by_all_methods(const selection_table *table,
                                 const selection_rows *training,
                                 const method_options *options, flx_backend *backend,
                                 method_result *results, flx_error *error);
void method_result_clear(method_result *result);
#endif
