/* SPDX-License-Identifier: MIT
 * What perceptrons learn of one task: its rows standardized and cut into folds, and the
 * best courses so far. Inside the library. */
#ifndef FLX_MLP_CROSS_VALIDATION_H
#define FLX_MLP_CROSS_VALIDATION_H

#include "host/regression/fit_queue.h"
#include "host/regression/mlp/mlp_config.h"
#include "host/statistics.h"

enum { FLX_MLP_KEPT = 3 };

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
flx_status flx_mlp_cross_validation_prepare(flx_mlp_cross_validation *lesson,
                                            const flx_fit_task *task,
                                            flx_fit_result *result, flx_error *error);
void flx_mlp_cross_validation_clear(flx_mlp_cross_validation *lesson);

/* Takes a trained course with its weights, or frees them. */
void flx_mlp_cross_validation_take(flx_mlp_cross_validation *lesson, flx_mlp_run *course);

/* Fills the result from the courses kept. */
flx_status flx_mlp_cross_validation_finish(flx_mlp_cross_validation *lesson,
                                           flx_error *error);
#endif
