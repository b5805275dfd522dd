/* SPDX-License-Identifier: MIT
 * The loop over the searches of Gaussian processes. */
#include "host/regression/fit_queue.h"

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

static void tell_state(flx_gp_multistart *plan, int at)
{
    flx_fit_search *state = &plan->states[at];
    const flx_gp_evaluation *evaluation = &plan->evaluations[at];
    const flx_gp_description *gp = &plan->descriptions[state->task];
    int n = plan->tasks[state->task].n;
    plan->results[state->task].predictor.evaluations++;
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
        plan->running[state->task]--;
    }
}

/* How far the batch is: finished states of those begun, each live one by its iterations.
 */
static void report(flx_gp_multistart *plan, const flx_progress *progress)
{
    double done = 0, total = 0;
    for (int t = 0; t < plan->n_tasks; t++) {
        if (plan->results[t].has_failed)
            continue;
        total += 1;
        double share = 0;
        int begun = plan->results[t].starts;
        for (int s = plan->first_state[t]; s < plan->first_state[t] + begun; s++) {
            const flx_fit_search *state = &plan->states[s];
            share += state->is_live ? 1 - 10.0 / (10 + state->search.iteration) : 1;
        }
        done += begun ? share / begun : 0;
    }
    plan->reported = fmax(plan->reported, done);
    flx_progress_report(progress, plan->reported, total);
}

/* Evaluations of live states, gathered, run and scattered back. */
static flx_status advance(flx_backend *backend, flx_gp_batch *batch,
                          flx_gp_multistart *plan, flx_gp_evaluation *packed, int count,
                          flx_error *error)
{
    for (int i = 0; i < count; i++) {
        flx_fit_search *state = &plan->states[plan->live[i]];
        packed[i] = plan->evaluations[plan->live[i]];
        packed[i].problem = state->task;
        packed[i].theta = state->search.trial;
        packed[i].jitter = state->jitter;
    }
    FLX_TRY(backend->operations->evaluate(batch, packed, count, error));
    for (int i = 0; i < count; i++) {
        plan->evaluations[plan->live[i]] = packed[i];
        tell_state(plan, plan->live[i]);
    }
    return FLX_OK;
}

static flx_status search_all(flx_backend *backend, flx_gp_multistart *plan,
                             const flx_fit_observer *watch, flx_error *error)
{
    flx_gp_batch *batch = NULL;
    flx_gp_evaluation *packed = calloc((size_t)plan->n_states + 1, sizeof *packed);
    if (!packed)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d searches",
                        plan->n_states);
    flx_status status = backend->operations->batch_create(backend, plan->problems,
                                                          plan->n_tasks, &batch, error);
    int count = status == FLX_OK ? flx_gp_multistart_collect(plan) : 0;
    while (status == FLX_OK && count > 0) {
        status = advance(backend, batch, plan, packed, count, error);
        report(plan, watch->progress);
        count = flx_gp_multistart_collect(plan);
        if (status == FLX_OK)
            status = flx_gp_fit_store_result(backend, plan, watch, count == 0, error);
    }
    if (batch)
        backend->operations->batch_release(batch);
    free(packed);
    return status;
}

flx_status flx_fit_gps(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_fit_observer *watch,
                       flx_error *error)
{
    flx_gp_multistart plan;
    flx_status status = flx_gp_multistart_create(tasks, count, results, &plan, error);
    if (status == FLX_OK)
        status = search_all(backend, &plan, watch, error);
    flx_gp_multistart_release(&plan);
    return status;
}
