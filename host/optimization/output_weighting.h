/* SPDX-License-Identifier: MIT
 * Output weighting (paper 4.1, Eq. 1 and 2): weights in [0, 1] that blend the predictions
 * of k models, so that the blend is near the target. The problem is convex: L-SHADE comes
 * close from known good points and many problems share one batch on the backend; an exact
 * polish then ends at the optimum and proves it by a lower bound.
 *
 * Where the paper is ambiguous: its text says a weighted sum, its Eq. 2 a normalized
 * mean. Both are here and have different optima. Eq. 1 as printed squares a sum; the loss
 * here is the mean of absolute or of squared errors. */
#ifndef FLX_OUTPUT_WEIGHTING_H
#define FLX_OUTPUT_WEIGHTING_H

#include "formats/progress.h"
#include "formats/status.h"
#include "kernels/backend.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FLX_FORM_MEAN, /* sum_j w_j p_j / sum_j w_j */
    FLX_FORM_SUM   /* sum_j w_j p_j */
} flx_output_weighting_form;

typedef enum { FLX_LOSS_ABSOLUTE, FLX_LOSS_SQUARED } flx_output_weighting_loss;

typedef struct {
    const char *name; /* for messages; NULL: "the weighting" */
    int n, k;         /* points, models */
    const double *P;  /* (n, k) row-major predictions, borrowed for the call */
    const double *y;  /* (n) target, in the same unit */
    flx_output_weighting_form form;
    flx_output_weighting_loss loss;
    const double *cached; /* (n_cached, k) in [0, 1], weights found before; may be NULL */
    int n_cached;
} flx_output_weighting_problem;

/* All zero: the defaults. */
typedef struct {
    bool is_paper;       /* rand/1/bin from uniformly random and cached weights; no other
                            seeds, no polish */
    int64_t evaluations; /* of one search; 0: 3000 k, from 2000 to 90000 */
    int population;      /* 0: min(max(18 k, 16), 1024), no more than a fiftieth of the
                            evaluations (at least 16); paper: 100; and all seeds fit */
    int restarts;        /* searches of every problem, the best counts; 0: 1 */
    uint64_t seed;
    const flx_progress *progress; /* may be NULL; counts evaluations */
} flx_output_weighting_options;

typedef struct {
    int k;
    double *weights;           /* (k) in [0, 1]; form mean: their sum is 1 */
    double loss_before_polish; /* mean (squared) error of the search's best */
    double loss;               /* of `weights`; never above the one before */
    double gap;                /* `loss` exceeds the optimum by this at most */
    int64_t evaluations;       /* candidates, over all restarts */
} flx_output_weighting_result;

/* Solves `count` problems together (host/optimization/weight_search.h). Fills results
 * (count); clear each. Results depend on the problem, the options and the instruction
 * set, not on threads or on the other problems. FLX_BAD_INPUT names problem, row and
 * model of what is wrong, a number that is not finite among it; on failure all results
 * are empty. */
flx_status flx_output_weighting_solve(flx_backend *backend,
                                      const flx_output_weighting_problem *problems,
                                      int count,
                                      const flx_output_weighting_options *options,
                                      flx_output_weighting_result *results,
                                      flx_error *error);
void flx_output_weighting_result_clear(flx_output_weighting_result *result);

/* The loss of any weights (k): mean over the points, form mean normalizes; NaN where the
 * weights of a mean sum to 0. */
double flx_output_weighting_loss_of(const flx_output_weighting_problem *problem,
                                    const double *weights);
#endif
