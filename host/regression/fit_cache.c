/* SPDX-License-Identifier: MIT
 * What is stored is the predictor that the task's frame and the result make, so that a
 * file of the repository is a model by itself. */
#include "host/regression/fit_cache.h"

#include "host/regression/fit_key.h"

#include <math.h>
#include <stdlib.h>

/* The task's frame, or one that takes X as it is: `identity` (d) is its room. */
static flx_predictor make_frame(const flx_fit_task *task, flx_feature *identity)
{
    if (task->frame)
        return *task->frame;
    for (int i = 0; i < task->d; i++)
        identity[i] =
            (flx_feature){.input = i, .low = -INFINITY, .high = INFINITY, .scale = 1.0};
    return (flx_predictor){.n_inputs = task->d,
                           .n_features = task->d,
                           .features = identity,
                           .output_low = -INFINITY,
                           .output_high = INFINITY};
}

/* Borrows from task and result, whose arrays it does not change. */
static flx_stored_model lend(const flx_fit_task *task, const flx_fit_result *result,
                             flx_feature *identity)
{
    flx_predictor p = make_frame(task, identity);
    bool is_gp = task->kind == FLX_PREDICTOR_GP;
    p.kind = task->kind;
    p.n = task->n;
    p.X = is_gp ? (double *)task->X : NULL;
    p.y = is_gp ? (double *)task->y : NULL;
    p.is_isotropic = is_gp && task->is_isotropic;
    p.n_theta = result->n_theta;
    p.theta = result->theta;
    p.jitter = result->jitter;
    p.y_mean = result->y_mean;
    p.y_sd = result->y_sd;
    p.variance = result->variance;
    p.n_parameters = result->n_parameters;
    p.parameters = result->parameters;
    p.n_bytes = result->n_bytes;
    p.bytes = result->bytes;
    p.lml = result->lml;
    p.loo_mae = result->loo_mae;
    p.evaluations = result->evaluations;
    return (flx_stored_model){.output = (char *)task->name,
                              .predictor = p,
                              .loo_mean = result->loo_mean,
                              .loo_variance = result->loo_variance,
                              .objective = result->objective,
                              .starts = result->starts,
                              .created = result->created};
}

flx_status flx_fit_cache_put(const flx_repository *repository, const flx_fit_task *task,
                             const flx_fit_result *result, flx_error *error)
{
    char cause[65];
    flx_feature *identity = calloc((size_t)task->d + 1, sizeof *identity);
    if (!identity)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a fit to be stored");
    flx_fit_key(task, cause);
    flx_stored_model lent = lend(task, result, identity);
    flx_status status = flx_repository_store(repository, cause, &lent, error);
    free(identity);
    return status;
}

/* A cause is a digest: this holds unless somebody made the file by hand. */
static bool fits_task(const flx_stored_model *stored, const flx_fit_task *task)
{
    const flx_predictor *p = &stored->predictor;
    bool is_gp = task->kind == FLX_PREDICTOR_GP;
    return p->kind == task->kind && p->n == task->n && p->n_features == task->d &&
           p->is_isotropic == (is_gp && task->is_isotropic) &&
           (stored->loo_mean != NULL) == (is_gp || task->wants_residuals) &&
           (stored->loo_variance != NULL || !is_gp);
}

/* Moves what the result owns out of what was stored. */
static void take_over(flx_stored_model *stored, flx_fit_result *result)
{
    flx_predictor *p = &stored->predictor;
    *result = (flx_fit_result){.n_theta = p->n_theta,
                               .theta = p->theta,
                               .jitter = p->jitter,
                               .y_mean = p->y_mean,
                               .y_sd = p->y_sd,
                               .lml = p->lml,
                               .objective = stored->objective,
                               .loo_mean = stored->loo_mean,
                               .loo_variance = stored->loo_variance,
                               .loo_mae = p->loo_mae,
                               .variance = p->variance,
                               .n_parameters = p->n_parameters,
                               .parameters = p->parameters,
                               .n_bytes = p->n_bytes,
                               .bytes = p->bytes,
                               .evaluations = p->evaluations,
                               .starts = stored->starts,
                               .was_found = true,
                               .created = stored->created};
    p->theta = p->parameters = stored->loo_mean = stored->loo_variance = NULL;
    p->bytes = NULL;
}

flx_status flx_fit_cache_get(const flx_repository *repository, const flx_fit_task *task,
                             flx_fit_result *result, flx_error *error)
{
    char cause[65];
    bool is_there;
    flx_stored_model stored;
    flx_fit_key(task, cause);
    FLX_TRY(flx_repository_find(repository, cause, &is_there, &stored, error));
    if (!is_there)
        return FLX_OK;
    flx_status status = FLX_OK;
    if (fits_task(&stored, task))
        take_over(&stored, result);
    else
        status = flx_fail(error, FLX_BAD_INPUT,
                          "%s: the file of %s, %s.h5, holds another model than its cause "
                          "asks for: remove it, and it is trained again",
                          flx_repository_path(repository), task->name ? task->name : "?",
                          cause);
    flx_stored_model_clear(&stored);
    return status;
}
