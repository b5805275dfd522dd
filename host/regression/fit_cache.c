/* SPDX-License-Identifier: MIT */
#include "host/regression/fit_cache.h"

#include "formats/files.h"

/* Raised when rows are dealt out to other folds. */
enum { DEAL_VERSION = 2 };

static void add_doubles(flx_digest *digest, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        flx_digest_add_double(digest, values[i]);
}

static void add_integers(flx_digest *digest, const int *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        flx_digest_add_integer(digest, (uint64_t)values[i]);
}

static void add_feature(flx_digest *digest, const flx_feature *f)
{
    const int words[] = {f->input, f->is_indicator, f->is_log};
    const double numbers[] = {f->low, f->high, f->center, f->scale, f->fill};
    add_integers(digest, words, sizeof words / sizeof *words);
    add_doubles(digest, numbers, sizeof numbers / sizeof *numbers);
}

/* Names and scaling: how the numbers of X and y came about. */
static void add_template(flx_digest *digest, const flx_fit_task *task)
{
    const flx_predictor *p = task->predictor_template;
    flx_digest_add_text(digest, task->name ? task->name : "");
    flx_digest_add_integer(digest, p != NULL);
    if (!p)
        return;
    const int words[] = {p->is_log, p->n_inputs, p->n_features, p->n_metrics};
    const double range[] = {p->output_low, p->output_high};
    add_integers(digest, words, sizeof words / sizeof *words);
    add_doubles(digest, range, sizeof range / sizeof *range);
    for (int i = 0; i < p->n_inputs; i++)
        flx_digest_add_text(digest, task->inputs ? task->inputs[i] : "");
    for (int i = 0; i < p->n_features; i++)
        add_feature(digest, &p->features[i]);
}

/* Those that the kind looks at: a seed does not make two of one Gaussian process. */
static void add_options(flx_digest *digest, const flx_fit_task *task)
{
    const int shape[] = {task->n, task->d};
    const int gp[] = {(int)task->prior, task->is_isotropic, task->starts,
                      task->start != NULL};
    bool has_folds = task->kind == FLX_PREDICTOR_MLP ||
                     (task->kind >= FLX_PREDICTOR_XGBOOST && task->wants_residuals);
    flx_digest_add_text(digest, flx_predictor_kind_text(task->kind));
    if (has_folds)
        flx_digest_add_integer(digest, DEAL_VERSION);
    add_integers(digest, shape, 2);
    if (task->kind != FLX_PREDICTOR_GP) {
        flx_digest_add_integer(digest, task->seed);
        flx_digest_add_integer(digest, task->wants_residuals);
        if (task->kind == FLX_PREDICTOR_MLP)
            flx_digest_add_integer(digest, task->wants_paper_ranges);
        return;
    }
    add_integers(digest, gp, 4);
    if (task->covariance != FLX_MATERN52) /* whose key is older than the others */
        flx_digest_add_text(digest, flx_covariance_words[task->covariance]);
    if (task->start) {
        flx_gp_description described = {task->prior, task->d, task->is_isotropic};
        add_doubles(digest, task->start, (size_t)flx_gp_size(&described));
    }
}

void flx_fit_key(const flx_fit_task *task, char hex[65])
{
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_text(&digest, "fluxion-cause");
    flx_digest_add_integer(&digest, FLX_FIT_KEY_VERSION);
    add_options(&digest, task);
    add_template(&digest, task);
    if (task->n > 0 && task->d > 0)
        add_doubles(&digest, task->X, (size_t)task->n * (size_t)task->d);
    if (task->n > 0)
        add_doubles(&digest, task->y, (size_t)task->n);
    flx_digest_finish(&digest, hex);
}

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
