/* SPDX-License-Identifier: MIT
 * Which hyper-parameters perceptrons try on a task, and how they come out on folds of its
 * rows: what is standardized and cut before, and the best runs so far. Inside the
 * library. */
#ifndef FLX_MLP_CROSS_VALIDATION_H
#define FLX_MLP_CROSS_VALIDATION_H

#include "host/regression/fit_task.h"
#include "host/regression/mlp/mlp_training.h"
#include "host/statistics.h"

/* FLX_MLP_SMALL: for tens to hundreds of rows; 1 to 3 hidden layers of 16 to 128, Adam at
 * 0.001 to 0.01, tanh or relu. FLX_MLP_PAPER: the ranges of the paper's appendix; 3 to 7
 * hidden layers of 100 to 2,048 each, tanh, descent at 0.001 to 0.1 with a weight decay
 * of 1e-4. Widths, rates and decays are drawn on log scale. */
typedef enum { FLX_MLP_SMALL, FLX_MLP_PAPER } flx_mlp_search_space;

enum { FLX_MLP_CONFIG_COUNT = 8, FLX_MLP_KEPT = 3 };

/* configs (FLX_MLP_CONFIG_COUNT) out, for d inputs: random search by seed alone. */
void flx_mlp_draw_configs(flx_mlp_search_space space, int d, uint64_t seed,
                          flx_mlp_config *configs);

typedef struct {
    const flx_fit_task *task;
    flx_fit_result *result;
    int folds;
    double *memory;              /* holds the following */
    double *center, *inverse_sd; /* (d) of the inputs; inverse_sd 0 where constant */
    double *X, *y;               /* (n, d), (n) standardized */
    int *row_fold;               /* (n) */
    flx_mlp_fold fold[FLX_FOLDS];
    int n_kept;
    flx_mlp_run kept[FLX_MLP_KEPT]; /* least error first; they own their weights */
} flx_mlp_cross_validation;

/* A task that cannot be fitted says so in its result. Clear it also on failure. */
flx_status flx_mlp_cross_validation_prepare(flx_mlp_cross_validation *validation,
                                            const flx_fit_task *task,
                                            flx_fit_result *result, flx_error *error);
void flx_mlp_cross_validation_clear(flx_mlp_cross_validation *validation);

/* Takes a trained run with its weights, or frees them. */
void flx_mlp_cross_validation_take(flx_mlp_cross_validation *validation,
                                   flx_mlp_run *run);

/* Fills the result from the runs kept. */
flx_status flx_mlp_cross_validation_finish(flx_mlp_cross_validation *validation,
                                           flx_error *error);
#endif
