/* SPDX-License-Identifier: MIT */
#include "host/training/assignment_fit.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static flx_status learn_features(flx_assignment_fit *fit, const flx_training_view *view,
                                 flx_error *error)
{
    const flx_graph_assignment *assignment = fit->assignment;
    flx_feature_options options = {
        .keep_unit_cube = view->prior == FLX_PRIOR_NONE,
        .log_metrics = view->wants_log,
    };
    if (!FLX_NEW(fit->is_dropped, assignment->n_inputs) ||
        !FLX_NEW(fit->labels, assignment->n_inputs))
        return flx_no_memory(error, "the inputs of %s", assignment->name);
    for (int i = 0; i < assignment->n_inputs; i++)
        fit->labels[i] = assignment->inputs[i].label;
    return flx_features_learn(fit->set.raw, fit->set.n, assignment, &options,
                              &fit->model.predictor, fit->is_dropped, error);
}

/* The optimum of `warm`, where it has the shape of `p`. */
static const double *warm_start(const flx_predictor *warm, const flx_predictor *p)
{
    bool is_alike = warm && warm->kind == FLX_PREDICTOR_GP && warm->theta &&
                    warm->n_features == p->n_features &&
                    warm->is_isotropic == p->is_isotropic &&
                    warm->covariance == p->covariance;
    return is_alike ? warm->theta : NULL;
}

static flx_status make_task(flx_assignment_fit *fit, const flx_training_view *view,
                            const flx_assignment_fit_options *options, flx_error *error)
{
    const flx_training_set *set = &fit->set;
    const char *name = fit->assignment->name;
    flx_predictor *p = &fit->model.predictor;
    p->kind = flx_composition_kind(view->composition);
    p->n = set->n;
    p->is_isotropic = view->paper_mode || view->composition == FLX_BLACK_BOX_ISO;
    if (p->kind == FLX_PREDICTOR_GP)
        p->covariance = view->covariance;
    if (set->n > FLX_MAX_ROWS && p->kind == FLX_PREDICTOR_GP)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %d rows to be trained on, but at most %d are possible: "
                        "draw fewer",
                        name, set->n, FLX_MAX_ROWS);
    fit->X = malloc((size_t)set->n * (size_t)p->n_features * sizeof *fit->X);
    if (!fit->X)
        return flx_no_memory(error, "the inputs of %s", name);
    flx_features_apply(p, set->raw, set->n, fit->X);
    fit->task = (flx_fit_task){.name = name,
                               .n = set->n,
                               .d = p->n_features,
                               .X = fit->X,
                               .y = set->y,
                               .kind = p->kind,
                               .prior = view->prior,
                               .is_isotropic = p->is_isotropic,
                               .covariance = p->covariance,
                               .starts = options->starts,
                               .start = warm_start(options->warm, p),
                               .seed = options->seed,
                               .wants_paper_ranges = view->paper_mode,
                               .wants_residuals = options->wants_residuals,
                               .predictor_template = p,
                               .inputs = fit->labels};
    return FLX_OK;
}

flx_status flx_assignment_fit_submit(flx_assignment_fit *fit,
                                     const flx_training_view *view,
                                     const flx_assignment_fit_options *options,
                                     flx_error *error)
{
    flx_predictor *p = &fit->model.predictor;
    fit->model.weight = 1;
    fit->model.created = (int64_t)time(NULL);
    p->n_inputs = fit->assignment->n_inputs;
    flx_training_set_transform_output(&fit->set, view->wants_log, p);
    flx_training_set_make_constant(&fit->set, p);
    fit->outcome = FLX_FIT_FEW_ROWS;
    if (fit->set.n < FLX_MIN_ROWS)
        return FLX_OK;
    FLX_TRY(learn_features(fit, view, error));
    fit->outcome = flx_training_set_is_constant(&fit->set) ? FLX_FIT_CONSTANT_OUTPUT
                   : p->n_features == 0                    ? FLX_FIT_NO_INPUT
                                                           : FLX_FIT_SUBMITTED;
    return fit->outcome == FLX_FIT_SUBMITTED ? make_task(fit, view, options, error)
                                             : FLX_OK;
}

/* The error out of sample in the unit of the output, where the model predicts logarithms.
 */
static void measure_in_unit(const flx_assignment_fit *fit, flx_predictor *p)
{
    double sum = 0;
    if (!p->is_log || !fit->result.loo_mean)
        return;
    for (int i = 0; i < fit->set.n; i++)
        sum += fabs(exp(fit->result.loo_mean[i]) - exp(fit->set.y[i]));
    p->loo_mae = sum / fit->set.n;
}

static void accept(flx_assignment_fit *fit)
{
    flx_predictor *p = &fit->model.predictor;
    flx_fit_key(&fit->task, fit->model.fit_key);
    fit->model.created = fit->result.created;
    fit->model.is_cache_hit = fit->result.is_cache_hit;
    if (fit->result.has_failed) {
        flx_training_set_make_constant(&fit->set, p);
        p->evaluations = fit->result.predictor.evaluations;
        return;
    }
    flx_predictor_clear(p);
    *p = fit->result.predictor;
    fit->result.predictor = (flx_predictor){0};
    measure_in_unit(fit, p);
}

flx_status flx_assignment_fits_run(flx_assignment_fit *const *fits, int count,
                                   flx_backend *backend, const flx_fit_options *options,
                                   flx_training_report *report, flx_error *error)
{
    FLX_SCOPED flx_fit_task *tasks = NULL;
    FLX_SCOPED flx_fit_result *results = NULL;
    FLX_SCOPED flx_assignment_fit **submitted = NULL;
    int n = 0;
    if (!FLX_NEW(tasks, count) || !FLX_NEW(results, count) || !FLX_NEW(submitted, count))
        return flx_no_memory(error, "%d fits", count);
    for (int i = 0; i < count; i++)
        if (fits[i]->outcome == FLX_FIT_SUBMITTED) {
            submitted[n] = fits[i];
            tasks[n++] = fits[i]->task;
        }
    flx_status status = flx_fit_with(backend, tasks, n, results, options, error);
    report->fits += n;
    for (int i = 0; i < n; i++) {
        submitted[i]->result = results[i];
        report->cache_hits += results[i].is_cache_hit;
        report->evaluations +=
            results[i].is_cache_hit ? 0 : results[i].predictor.evaluations;
    }
    for (int i = 0; i < n && status == FLX_OK; i++)
        accept(submitted[i]);
    return status;
}

void flx_assignment_fit_clear(flx_assignment_fit *fit)
{
    flx_training_set_clear(&fit->set);
    flx_predictor_clear(&fit->model.predictor);
    flx_fit_result_clear(&fit->result);
    free(fit->is_dropped);
    free(fit->X);
    free(fit->labels);
    *fit = (flx_assignment_fit){0};
}
