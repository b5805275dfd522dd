/* SPDX-License-Identifier: MIT
 * What happens to one assignment in a school: its lesson becomes a task, and the task's
 * result a predictor. */
#include "host/training/trainer.h"

#include "host/model.h"
#include "host/regression.h"

#include <math.h>
#include <stdlib.h>

/* The one model that training gives every assignment. */
static flx_hosted_model *hosted_by(const flx_trainer *s, int a)
{
    return &s->model->assignments[a].models[0];
}

static flx_predictor *predictor_of(const flx_trainer *s, int a)
{
    return &hosted_by(s, a)->predictor;
}

static flx_status note_dropped(flx_trainer *s, int a, const bool *is_dropped,
                               flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    for (int i = 0; i < assignment->n_inputs; i++)
        if (is_dropped[i] &&
            !flx_model_add_warning(
                s->model, assignment->name, false,
                "input %s is missing in more than half of its %d rows and "
                "was dropped",
                assignment->inputs[i].label, s->lessons[a].n))
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    return FLX_OK;
}

static flx_status learn_features(flx_trainer *s, int a, flx_predictor *p,
                                 flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    const flx_training_set *l = &s->lessons[a];
    flx_feature_options options = {
        .keep_unit_cube = s->model->prior == FLX_PRIOR_NONE,
        .log_metrics = s->model->wants_log,
    };
    bool *is_dropped = calloc((size_t)assignment->n_inputs + 1, 1);
    if (!is_dropped)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    flx_status status =
        flx_features_learn(l->raw, l->n, assignment, &options, p, is_dropped, error);
    if (status == FLX_OK)
        status = note_dropped(s, a, is_dropped, error);
    free(is_dropped);
    return status;
}

/* Fewer rows say nothing of a function; with more, one covariance matrix takes 2 GB and
 * each of some hundred factorizations half a minute. */
enum { FEWEST_ROWS = 5, MOST_ROWS = 16384 };

/* The optimum of the same assignment on more rows, where it has the same shape. */
static const double *warm_start(const flx_trainer *s, int a, const flx_predictor *p)
{
    if (!s->warm)
        return NULL;
    const flx_predictor *warm = &s->warm->assignments[a].models[0].predictor;
    bool is_alike = warm->kind == FLX_PREDICTOR_GP && warm->theta &&
                    warm->n_features == p->n_features &&
                    warm->is_isotropic == p->is_isotropic &&
                    warm->covariance == p->covariance;
    return is_alike ? warm->theta : NULL;
}

/* Puts the assignment's fit into the batch. */
static flx_status submit_fit(flx_trainer *s, int a, flx_predictor *p, flx_error *error)
{
    flx_training_set *l = &s->lessons[a];
    const char *name = s->model->graph->assignments[a].name;
    if (l->n > MOST_ROWS &&
        flx_composition_kind(s->model->composition) == FLX_PREDICTOR_GP)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%s has %d rows to be trained on, but at most %d are possible: draw "
            "fewer with --rows",
            name, l->n, MOST_ROWS);
    l->X = malloc((size_t)l->n * (size_t)p->n_features * sizeof(double));
    if (!l->X)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for its inputs", name);
    flx_features_apply(p, l->raw, l->n, l->X);
    p->kind = flx_composition_kind(s->model->composition);
    p->n = l->n;
    p->is_isotropic = s->model->paper_mode || s->model->composition == FLX_BLACK_BOX_ISO;
    if (p->kind == FLX_PREDICTOR_GP)
        p->covariance = s->model->covariance;
    l->task = s->n_tasks++;
    s->tasks[l->task] = (flx_fit_task){.name = name,
                                       .n = l->n,
                                       .d = p->n_features,
                                       .X = l->X,
                                       .y = l->y,
                                       .kind = p->kind,
                                       .prior = s->model->prior,
                                       .is_isotropic = p->is_isotropic,
                                       .covariance = p->covariance,
                                       .starts = s->starts,
                                       .start = warm_start(s, a, p),
                                       .wants_paper_ranges = s->model->paper_mode,
                                       .seed = s->seed,
                                       .wants_residuals = s->wants_residuals,
                                       .predictor_template = p,
                                       .inputs = l->labels};
    return FLX_OK;
}

/* A rule's output lies among its inputs: it is in their unit and needs no bounds. */
static void free_output(flx_predictor *p)
{
    p->output_low = -INFINITY;
    p->output_high = INFINITY;
    p->is_log = false;
}

static flx_status note_constant(flx_trainer *s, int a, const char *why, flx_error *error)
{
    return flx_model_add_warning(s->model, s->model->graph->assignments[a].name, false,
                                 "%s %d of %d rows and became a constant", why,
                                 s->lessons[a].n, s->model->rows->rows)
               ? FLX_OK
               : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
}

flx_status flx_trainer_prepare(flx_trainer *s, int a, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    flx_predictor *p = predictor_of(s, a);
    flx_training_set *l = &s->lessons[a];
    FLX_TRY(flx_training_set_build(s->model, s->binding, s->inputs, a, l, error));
    p->n_inputs = assignment->n_inputs;
    flx_training_set_set_output_range(l, s->model->wants_log, p);
    if (l->n < FEWEST_ROWS && assignment->kind == FLX_SERVICE_VERTEX) {
        p->kind = FLX_PREDICTOR_RULE;
        free_output(p);
        return FLX_OK;
    }
    flx_training_set_make_constant(l, p);
    if (l->n < FEWEST_ROWS)
        return note_constant(s, a, "has an output in only", error);
    FLX_TRY(learn_features(s, a, p, error));
    if (flx_training_set_is_constant(l))
        return FLX_OK; /* which a constant predicts exactly */
    if (p->n_features == 0)
        return note_constant(s, a, "has no input that varies in its", error);
    return submit_fit(s, a, p, error);
}

static void drop_points(flx_predictor *p)
{
    free(p->X);
    free(p->y);
    free(p->theta);
    p->X = p->y = p->theta = NULL;
    p->n_theta = 0;
}

static flx_status accept_fit(flx_trainer *s, int a, flx_error *error)
{
    flx_predictor *p = predictor_of(s, a);
    flx_training_set *l = &s->lessons[a];
    flx_fit_result *result = &s->results[l->task];
    flx_fit_key(&s->tasks[l->task], hosted_by(s, a)->cause);
    hosted_by(s, a)->created = result->created;
    hosted_by(s, a)->was_found = result->is_cache_hit;
    if (result->has_failed) {
        flx_training_set_make_constant(l, p);
        p->evaluations = result->predictor.evaluations;
        return flx_model_add_warning(s->model, s->tasks[l->task].name, true, "%s",
                                     result->why)
                   ? FLX_OK
                   : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    }
    flx_predictor_clear(p);
    *p = result->predictor;
    result->predictor = (flx_predictor){0};
    double sum = 0;
    for (int i = 0; i < l->n && p->is_log && result->loo_mean; i++)
        sum += fabs(exp(result->loo_mean[i]) - exp(l->y[i]));
    if (p->is_log && result->loo_mean)
        p->loo_mae = sum / l->n;
    return FLX_OK;
}

/* A service-vertex keeps its rule where the fit is no better out of sample. */
static flx_status compare_with_rule(flx_trainer *s, int a, flx_error *error)
{
    flx_predictor *p = predictor_of(s, a);
    if (s->model->graph->assignments[a].kind != FLX_SERVICE_VERTEX ||
        s->model->paper_mode)
        return FLX_OK;
    double mae, fitted = p->kind == FLX_PREDICTOR_CONSTANT ? INFINITY : p->loo_mae;
    FLX_TRY(flx_training_set_measure_rule(
        &s->lessons[a], &s->model->graph->assignments[a], p, &mae, error));
    if (mae > fitted || isinf(mae))
        return FLX_OK;
    p->kind = FLX_PREDICTOR_RULE;
    p->loo_mae = mae;
    free_output(p);
    return FLX_OK;
}

flx_status flx_trainer_accept(flx_trainer *s, int a, flx_error *error)
{
    FLX_TRY(accept_fit(s, a, error));
    FLX_TRY(compare_with_rule(s, a, error));
    flx_predictor_kind kept = predictor_of(s, a)->kind;
    if (kept == FLX_PREDICTOR_RULE)
        drop_points(predictor_of(s, a));
    if (kept != s->tasks[s->lessons[a].task].kind)
        hosted_by(s, a)->cause[0] = '\0'; /* that of a fit which was not kept */
    return FLX_OK;
}
