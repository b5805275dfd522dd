/* SPDX-License-Identifier: MIT */
#include "host/regression/regressor_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double LARGEST = 1e150; /* its square is a number too */

static const char FAULT[] = "is not finite, or beyond 1e150";

/* Fills `why` (size) where the task cannot be fitted; false then. */
static bool check(const flx_fit_task *task, char *why, size_t size)
{
    *why = '\0';
    if (task->n < 2)
        snprintf(why, size, "it has fewer than 2 rows");
    else if (task->d < 1)
        snprintf(why, size, "it has no inputs");
    for (int i = 0; i < task->n && !*why; i++)
        if (!(fabs(task->y[i]) <= LARGEST))
            snprintf(why, size, "the target of row %d %s", i, FAULT);
    for (int i = 0; i < task->n && !*why; i++)
        for (int k = 0; k < task->d && !*why; k++)
            if (!(fabs(task->X[(size_t)i * (size_t)task->d + (size_t)k]) <= LARGEST))
                snprintf(why, size, "input %d of row %d %s", k, i, FAULT);
    return !*why;
}

bool flx_regressor_target_admit(const flx_fit_task *task, flx_fit_result *result)
{
    result->has_failed = !check(task, result->why, sizeof result->why);
    return !result->has_failed;
}

bool flx_regressor_target_standardize(const flx_fit_task *task, flx_fit_result *result,
                                      double *y)
{
    double mean = 0, square = 0;
    for (int i = 0; i < task->n; i++)
        mean += task->y[i] / task->n;
    for (int i = 0; i < task->n; i++)
        square += (task->y[i] - mean) * (task->y[i] - mean) / task->n;
    double sd = sqrt(square);
    bool is_constant = !(sd > 1e-12 * fabs(mean));
    result->predictor.y_mean = mean;
    result->predictor.y_sd = is_constant ? 1 : sd;
    for (int i = 0; i < task->n; i++)
        y[i] = is_constant ? 0 : (task->y[i] - mean) / sd;
    return !is_constant;
}

void flx_regressor_target_take_predictions(const flx_fit_task *task,
                                           flx_fit_result *result, double *predictions)
{
    double sum = 0, square = 0;
    for (int i = 0; i < task->n; i++) {
        predictions[i] =
            result->predictor.y_mean + result->predictor.y_sd * predictions[i];
        double miss = predictions[i] - task->y[i];
        sum += fabs(miss) / task->n;
        square += miss * miss / task->n;
    }
    result->predictor.variance = square;
    if (task->wants_residuals) {
        result->loo_mean = predictions;
        result->predictor.loo_mae = sum;
    } else {
        free(predictions);
    }
}
