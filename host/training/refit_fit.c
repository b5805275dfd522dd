/* SPDX-License-Identifier: MIT */
#include "host/training/refit_fit.h"

#include "host/model.h"

#include <math.h>
#include <stdlib.h>

static flx_status learn_features(const flx_training_set *l,
                                 const flx_graph_assignment *assignment,
                                 const flx_model *model, flx_predictor *p,
                                 flx_error *error)
{
    flx_feature_options options = {
        .keep_unit_cube = model->prior == FLX_PRIOR_NONE,
        .log_metrics = model->wants_log,
    };
    bool *is_dropped = calloc((size_t)assignment->n_inputs + 1, 1);
    if (!is_dropped)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory", assignment->name);
    flx_status status =
        flx_features_learn(l->raw, l->n, assignment, &options, p, is_dropped, error);
    free(is_dropped);
    return status;
}

flx_status flx_refit_fit_prepare(flx_training_set *l,
                                 const flx_graph_assignment *assignment,
                                 const flx_model *model, flx_predictor *p,
                                 flx_fit_task *task, bool *is_fit, flx_error *error)
{
    *is_fit = false;
    p->n_inputs = assignment->n_inputs;
    if (l->n > FLX_MAX_ROWS)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %d rows to be fitted on, but at most %d are possible",
                        assignment->name, l->n, FLX_MAX_ROWS);
    flx_training_set_set_output_range(l, model->wants_log, p);
    flx_training_set_make_constant(l, p);
    if (l->n < FLX_MIN_ROWS || flx_training_set_is_constant(l))
        return FLX_OK;
    FLX_TRY(learn_features(l, assignment, model, p, error));
    if (p->n_features == 0)
        return FLX_OK;
    l->X = malloc((size_t)l->n * (size_t)p->n_features * sizeof(double));
    if (!l->X)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for its inputs",
                        assignment->name);
    flx_features_apply(p, l->raw, l->n, l->X);
    p->kind = FLX_PREDICTOR_GP;
    p->n = l->n;
    p->is_isotropic = model->paper_mode;
    p->covariance = model->covariance;
    *task = (flx_fit_task){.name = assignment->name,
                           .n = l->n,
                           .d = p->n_features,
                           .X = l->X,
                           .y = l->y,
                           .predictor_template = p,
                           .prior = model->prior,
                           .is_isotropic = p->is_isotropic,
                           .covariance = p->covariance};
    *is_fit = true;
    return FLX_OK;
}

void flx_refit_fit_accept(flx_training_set *l, flx_fit_result *result, flx_predictor *p)
{
    if (result->has_failed) {
        flx_training_set_make_constant(l, p);
        p->evaluations = result->predictor.evaluations;
        return;
    }
    flx_predictor_clear(p);
    *p = result->predictor;
    result->predictor = (flx_predictor){0};
    double sum = 0;
    for (int i = 0; i < l->n && p->is_log; i++)
        sum += fabs(exp(result->loo_mean[i]) - exp(l->y[i]));
    if (p->is_log)
        p->loo_mae = sum / l->n;
}
