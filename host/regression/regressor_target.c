/* SPDX-License-Identifier: MIT */
#include "host/regression/regressor_target.h"

#include "host/regression/gp_multistart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double LARGEST = 1e150; /* its square is a number too */

static void refuse_value(flx_fit_result *result, const char *what, int row)
{
    char why[sizeof result->why];
    snprintf(why, sizeof why, "%s of row %d is no number up to 1e150", what, row);
    flx_fit_result_fail(result, why);
}

bool flx_regressor_target_admit(const flx_fit_task *task, flx_fit_result *result)
{
    if (task->n < 2)
        flx_fit_result_fail(result, "a fit takes 2 rows at least");
    else if (task->d < 1)
        flx_fit_result_fail(result, "there are no inputs to fit to");
    for (int i = 0; i < task->n && !result->has_failed; i++)
        if (!(fabs(task->y[i]) <= LARGEST))
            refuse_value(result, "the target", i);
    for (int i = 0; i < task->n && !result->has_failed; i++)
        for (int k = 0; k < task->d && !result->has_failed; k++)
            if (!(fabs(task->X[(size_t)i * (size_t)task->d + (size_t)k]) <= LARGEST)) {
                char what[32];
                snprintf(what, sizeof what, "input %d", k);
                refuse_value(result, what, i);
            }
    return !result->has_failed;
}

void flx_regressor_target_standardize(const flx_fit_task *task, flx_fit_result *result,
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
}

void flx_regressor_target_take_predictions(const flx_fit_task *task,
                                           flx_fit_result *result, double *answers)
{
    double sum = 0, square = 0;
    for (int i = 0; i < task->n; i++) {
        answers[i] = result->predictor.y_mean + result->predictor.y_sd * answers[i];
        double miss = answers[i] - task->y[i];
        sum += fabs(miss) / task->n;
        square += miss * miss / task->n;
    }
    result->predictor.variance = square;
    if (task->wants_residuals) {
        result->loo_mean = answers;
        result->predictor.loo_mae = sum;
    } else {
        free(answers);
    }
}
