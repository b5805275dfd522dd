/* SPDX-License-Identifier: MIT
 * What perceptrons learn of one task: its rows standardised and cut into folds, and the
 * best courses so far. Inside the library. */
#ifndef FLX_MLP_LESSON_H
#define FLX_MLP_LESSON_H

#include "host/fit.h"
#include "host/folds.h"
#include "host/mlp_trials.h"

enum { FLX_MLP_KEPT = 3 };

typedef struct {
    const flx_fit_task *task;
    flx_fit_result *result;
    int folds;
    double *memory;              /* holds the following */
    double *center, *inverse_sd; /* (d) of the inputs; inverse_sd 0 where constant */
    double *X, *y;               /* (n, d), (n) standardised */
    int *row_fold;               /* (n) */
    flx_mlp_fold fold[FLX_FOLDS];
    int n_kept;
    flx_mlp_course kept[FLX_MLP_KEPT]; /* least error first; they own their weights */
} flx_mlp_lesson;

/* A task that cannot be fitted says so in its result. Clear it also on failure. */
flx_status flx_mlp_lesson_prepare(flx_mlp_lesson *lesson, const flx_fit_task *task,
                                  flx_fit_result *result, flx_error *error);
void flx_mlp_lesson_clear(flx_mlp_lesson *lesson);

/* Takes a trained course with its weights, or frees them. */
void flx_mlp_lesson_take(flx_mlp_lesson *lesson, flx_mlp_course *course);

/* Fills the result from the courses kept. */
flx_status flx_mlp_lesson_finish(flx_mlp_lesson *lesson, flx_error *error);
#endif
