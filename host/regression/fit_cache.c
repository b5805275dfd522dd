/* SPDX-License-Identifier: MIT */
#include "host/regression/fit_cache.h"

#include "host/regression/fit_key.h"

flx_status flx_fit_cache_put(const flx_repository *repository, const flx_fit_task *task,
                             const flx_fit_result *result, flx_error *error)
{
    char key[65];
    flx_fit_key(task, key);
    return flx_repository_store(repository, key, result, error);
}

/* A key is a digest: this holds unless somebody made the file by hand. */
static bool fits_task(const flx_fit_result *stored, const flx_fit_task *task)
{
    const flx_predictor *p = &stored->predictor;
    bool is_gp = task->kind == FLX_PREDICTOR_GP;
    return p->kind == task->kind && p->n == task->n && p->n_features == task->d &&
           (!is_gp || (p->is_isotropic == task->is_isotropic &&
                       p->covariance == task->covariance)) &&
           (stored->loo_mean != NULL) == (is_gp || task->wants_residuals) &&
           (stored->loo_variance != NULL || !is_gp);
}

/* What is stored becomes the result. Files of older versions leave 0 where prediction by
 * that kind of model does not look. */
static void take_over(flx_fit_result *stored, flx_fit_result *result)
{
    const flx_predictor begun = result->predictor;
    stored->predictor.is_isotropic = begun.is_isotropic;
    if (begun.kind == FLX_PREDICTOR_GP)
        stored->predictor.variance = begun.variance;
    flx_fit_result_clear(result);
    *result = *stored;
    result->is_cache_hit = true;
    *stored = (flx_fit_result){0};
}

flx_status flx_fit_cache_get(const flx_repository *repository, const flx_fit_task *task,
                             flx_fit_result *result, flx_error *error)
{
    char key[65];
    bool is_there;
    flx_fit_result stored;
    flx_fit_key(task, key);
    FLX_TRY(flx_repository_find(repository, key, &is_there, &stored, error));
    if (!is_there)
        return FLX_OK;
    flx_status status = FLX_OK;
    if (fits_task(&stored, task))
        take_over(&stored, result);
    else
        status =
            flx_fail(error, FLX_BAD_INPUT,
                     "%s: the file of %s, %s.h5, holds another model than its key "
                     "stands for: remove it, and it is trained again",
                     flx_repository_path(repository), task->name ? task->name : "?", key);
    flx_fit_result_clear(&stored);
    return status;
}
