/* SPDX-License-Identifier: MIT
 * What all kinds of models do with a task: refuse it, standardize its target, and bring
 * predictions back to its unit. Inside the library. */
#ifndef FLX_REGRESSOR_TARGET_H
#define FLX_REGRESSOR_TARGET_H

#include "host/regression/fit_task.h"

/* Whether the task can be fitted; where not, its result says why: fewer than 2 rows (one
 * cannot be left out of one), no inputs, or a value that is no number up to 1e150. */
bool flx_regressor_target_admit(const flx_fit_task *task, flx_fit_result *result);

/* y (n) out: zero mean and unit variance; y_mean and y_sd of the result. False where the
 * target is constant and has no scale: y is 0 and y_sd 1. */
bool flx_regressor_target_standardize(const flx_fit_task *task, flx_fit_result *result,
                                      double *y);

/* Takes predictions (n) in standard units, out of sample where the task wants residuals,
 * else of the training rows, into the result: loo_mean (takes the array), loo_mae,
 * variance. */
void flx_regressor_target_take_predictions(const flx_fit_task *task,
                                           flx_fit_result *result, double *predictions);
#endif
