/* SPDX-License-Identifier: MIT */
#include "host/regression/fit_task.h"

#include "formats/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Features that hand X on as it is. */
static bool add_identity(flx_predictor *p, int d)
{
    if (!FLX_NEW(p->features, d))
        return false;
    for (int i = 0; i < d; i++)
        p->features[i] =
            (flx_feature){.input = i, .low = -INFINITY, .high = INFINITY, .scale = 1.0};
    p->n_inputs = p->n_features = d;
    p->output_low = -INFINITY;
    p->output_high = INFINITY;
    return true;
}

flx_status flx_fit_result_begin(const flx_fit_task *task, flx_fit_result *result,
                                flx_error *error)
{
    flx_predictor *p = &result->predictor;
    size_t n = task->n > 0 ? (size_t)task->n : 0, d = task->d > 0 ? (size_t)task->d : 0;
    *result = (flx_fit_result){0};
    if (task->name && !(result->output = strdup(task->name)))
        return flx_no_memory(error, "a name");
    if (task->predictor_template)
        FLX_TRY(flx_predictor_copy(task->predictor_template, p, error));
    else if (!add_identity(p, (int)d))
        return flx_no_memory(error, "a model of %zu features", d);
    p->kind = task->kind;
    p->n = (int)n;
    p->is_isotropic = task->is_isotropic;
    p->covariance = task->covariance;
    p->loo_mae = NAN;
    return FLX_OK;
}

void flx_fit_result_fail(flx_fit_result *result, const char *why)
{
    result->has_failed = true;
    snprintf(result->why, sizeof result->why, "%s", why);
}

void flx_fit_result_clear(flx_fit_result *result)
{
    flx_predictor_clear(&result->predictor);
    free(result->output);
    free(result->loo_mean);
    free(result->loo_variance);
    *result = (flx_fit_result){0};
}
