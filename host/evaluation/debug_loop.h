/* SPDX-License-Identifier: MIT
 * Graph debugging as a loop (paper 3.2.3 "an iterative process", 5.2.3): find the vertex
 * at fault, retrain its assignment on recent rows, measure the graph again, until a
 * budget of retrainings is spent. An assignment is retrained once; after that it is
 * excluded. Two other orders are there to compare with. */
#ifndef FLX_DEBUG_LOOP_H
#define FLX_DEBUG_LOOP_H

#include "formats/progress.h"
#include "host/evaluation/retraining.h"

typedef enum {
    FLX_ORDER_DEBUG,  /* the paper's: host/evaluation/fault_localization.h */
    FLX_ORDER_ERROR,  /* the largest test MAE of composed predictions alone */
    FLX_ORDER_RANDOM, /* any assignment not yet retrained, by seed */
    FLX_ORDER_COUNT
} flx_debug_order;

const char *
flx_debug_order_text(flx_debug_order order); /* "debug" | "error" | "random" */

/* What retrains assignment `a` of the model: flx_retrain_assignment, or a stand-in. */
typedef struct {
    flx_status (*retrain)(void *context, flx_model *model, int a, flx_retraining *out,
                          flx_error *error);
    void *context;
} flx_retrainer;

typedef struct {
    flx_debug_order order;
    int budget; /* retrainings, at least 1 */
    double
        min_correlation; /* of FLX_ORDER_DEBUG: flx_fault_search_rule; 0 is the paper's */
    uint64_t seed;       /* of FLX_ORDER_RANDOM */
} flx_debug_options;

typedef struct {
    int vertex, assignment;
    flx_retraining retraining;
    double graph_mae; /* after it, on the test table */
} flx_debug_step;

typedef struct {
    double graph_mae; /* before the first step */
    int n_steps;      /* less than the budget where no vertex was left */
    flx_debug_step *steps;
} flx_debug_trace;

/* Debugs the model in place on the test table. FLX_BAD_INPUT where the table never has
 * the target. */
flx_status flx_debug_graph(flx_model *model, flx_backend *backend,
                           const flx_dataset *test, const flx_retrainer *retrainer,
                           const flx_debug_options *options, const flx_progress *progress,
                           flx_debug_trace **out, flx_error *error);
void flx_debug_trace_destroy(flx_debug_trace *trace); /* NULL is fine */
#endif
