/* SPDX-License-Identifier: MIT
 * Gaussian processes as a kind of model (Rasmussen & Williams 2006). Every (task, start)
 * is one L-BFGS state; all live states are evaluated as one batch on the backend, and
 * finished ones drop out. Minimized is -(log marginal likelihood + log prior) / n over
 * log hyper-parameters. The predictor keeps its points, and is conditioned on the backend
 * before it predicts. A task fails as host/regression/regressor_target.h says, and where
 * its target is constant: nothing tells signal from noise there. */
#include "host/regression/regressor.h"

#include "formats/memory.h"
#include "host/regression/gp_multistart.h"

#include <math.h>
#include <stdlib.h>

/* The failing member's own way out: more jitter up to 1e-4 of the mean diagonal, after
 * that the step counts as failed. Returns whether the same point is to be tried again. */
static bool raise_jitter(flx_fit_search *state, const flx_gp_description *gp)
{
    const double *theta = state->search.trial;
    double diagonal =
        flx_signal_variance(theta) + flx_noise_variance(theta, gp->d, gp->is_isotropic);
    if (state->jitter * 10 > 1e-4 * diagonal)
        return false;
    state->jitter *= 10;
    return true;
}

static void tell_state(flx_gp_multistart *fits, int at)
{
    flx_fit_search *state = &fits->states[at];
    const flx_gp_evaluation *evaluation = &fits->evaluations[at];
    const flx_gp_description *gp = &fits->descriptions[state->task];
    int n = fits->tasks[state->task]->n;
    fits->results[state->task]->predictor.evaluations++;
    if (evaluation->info != 0 && raise_jitter(state, gp))
        return;
    double value = INFINITY, *gradient = evaluation->gradient;
    if (evaluation->info == 0) {
        value =
            -(evaluation->value + flx_gp_log_prior(gp, state->search.trial, gradient)) /
            n;
        for (int k = 0; k < state->search.size; k++)
            gradient[k] = -gradient[k] / n;
    }
    flx_lbfgs_tell(&state->search, value, gradient);
    if (state->search.is_done) {
        state->is_live = false;
        fits->running[state->task]--;
    }
}

/* How far the batch is: finished states of those begun, each live one by its iterations.
 */
static void report(flx_gp_multistart *fits, const flx_progress *progress)
{
    double done = 0, total = 0;
    for (int t = 0; t < fits->n_tasks; t++) {
        if (fits->results[t]->has_failed)
            continue;
        total += 1;
        double share = 0;
        int begun = fits->results[t]->starts;
        for (int s = fits->first_state[t]; s < fits->first_state[t] + begun; s++) {
            const flx_fit_search *state = &fits->states[s];
            share += state->is_live ? 1 - 10.0 / (10 + state->search.iteration) : 1;
        }
        done += begun ? share / begun : 0;
    }
    fits->reported = fmax(fits->reported, done);
    flx_progress_report(progress, fits->reported, total);
}

/* Evaluations of live states, gathered, run and scattered back. */
static flx_status advance(flx_backend *backend, flx_gp_batch *batch,
                          flx_gp_multistart *fits, flx_gp_evaluation *packed, int count,
                          flx_error *error)
{
    for (int i = 0; i < count; i++) {
        flx_fit_search *state = &fits->states[fits->live[i]];
        packed[i] = fits->evaluations[fits->live[i]];
        packed[i].problem = state->task;
        packed[i].theta = state->search.trial;
        packed[i].jitter = state->jitter;
    }
    FLX_TRY(backend->operations->evaluate(batch, packed, count, error));
    for (int i = 0; i < count; i++) {
        fits->evaluations[fits->live[i]] = packed[i];
        tell_state(fits, fits->live[i]);
    }
    return FLX_OK;
}

static flx_status search_all(flx_backend *backend, flx_gp_multistart *fits,
                             const flx_fit_observer *observer, flx_error *error)
{
    flx_gp_batch *batch = NULL;
    FLX_SCOPED flx_gp_evaluation *packed = NULL;
    if (!FLX_NEW(packed, fits->n_states))
        return flx_no_memory(error, "%d searches", fits->n_states);
    flx_status status = backend->operations->batch_create(backend, fits->problems,
                                                          fits->n_tasks, &batch, error);
    int count = status == FLX_OK ? flx_gp_multistart_collect(fits) : 0;
    while (status == FLX_OK && count > 0) {
        status = advance(backend, batch, fits, packed, count, error);
        report(fits, observer->progress);
        count = flx_gp_multistart_collect(fits);
        if (status == FLX_OK)
            status = flx_gp_fit_store_result(backend, fits, observer, count == 0, error);
    }
    if (batch)
        backend->operations->batch_release(batch);
    return status;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error)
{
    flx_gp_multistart fits;
    flx_status status = flx_gp_multistart_create(tasks, count, results, &fits, error);
    if (status == FLX_OK)
        status = search_all(backend, &fits, observer, error);
    flx_gp_multistart_release(&fits);
    return status;
}

/* Models conditioned on the backend. */
typedef struct {
    flx_backend *backend;
    flx_gp_posterior *posterior;
} conditioned;

static void release(void *prepared)
{
    conditioned *set = prepared;
    if (set && set->posterior)
        set->backend->operations->posterior_release(set->posterior);
    free(set);
}

/* Standardized targets (all points) and members (count) of a posterior. */
static void list_members(const flx_query_target *targets, int count, double *y,
                         flx_gp_condition *members)
{
    for (int t = 0; t < count; t++) {
        const flx_predictor *p = targets[t].predictor;
        members[t] = (flx_gp_condition){.problem = {.n = p->n,
                                                    .d = p->n_features,
                                                    .is_isotropic = p->is_isotropic,
                                                    .covariance = p->covariance,
                                                    .X = p->X,
                                                    .y = y},
                                        .theta = p->theta,
                                        .jitter = p->jitter};
        for (int i = 0; i < p->n; i++)
            *y++ = (p->y[i] - p->y_mean) / p->y_sd;
    }
}

static flx_status condition(conditioned *set, const flx_query_target *targets, int count,
                            flx_error *error)
{
    size_t points = 0;
    for (int t = 0; t < count; t++)
        points += (size_t)targets[t].predictor->n;
    FLX_SCOPED double *y = NULL;
    FLX_SCOPED flx_gp_condition *members = NULL;
    if (!FLX_NEW(y, points) || !FLX_NEW(members, count))
        return flx_no_memory(error, "%zu points", points);
    list_members(targets, count, y, members);
    FLX_TRY(set->backend->operations->condition(set->backend, members, count,
                                                &set->posterior, error));
    for (int t = 0; t < count; t++)
        if (members[t].info)
            return flx_fail(error, FLX_NUMERIC,
                            "%s: the covariance of its model is not positive definite",
                            targets[t].name);
    return FLX_OK;
}

static flx_status prepare(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error)
{
    conditioned *set = NULL;
    *prepared = NULL;
    if (!FLX_NEW(set, 1))
        return flx_no_memory(error, "%d models", count);
    set->backend = backend;
    flx_status status = condition(set, targets, count, error);
    if (status == FLX_OK)
        *prepared = set;
    else
        release(set);
    return status;
}

static flx_status predict(const void *prepared, flx_query *queries, int count,
                          flx_error *error)
{
    const conditioned *set = prepared;
    return set->backend->operations->predict(set->posterior, queries, count, error);
}

const flx_regressor flx_gp_regressor = {.fit = fit,
                                        .tells_observer = true,
                                        .prepare = prepare,
                                        .release = release,
                                        .predict = predict};
