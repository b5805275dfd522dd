/* SPDX-License-Identifier: MIT
 * The loop over the searches of Gaussian processes and what it leaves in the results. */
#include "host/fit.h"

#include "host/fit_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The failing member's own way out: more jitter up to 1e-4 of the mean diagonal, after
 * that the step counts as failed. Returns whether the same point is to be tried again. */
static bool raise_jitter(flx_fit_search *state)
{
    const double *theta = state->search.trial;
    double diagonal = exp(theta[0]) + exp(theta[state->search.size - 1]);
    if (state->jitter * 10 > 1e-4 * diagonal)
        return false;
    state->jitter *= 10;
    return true;
}

static void tell_state(flx_fit_plan *plan, int at)
{
    flx_fit_search *state = &plan->states[at];
    const flx_gp_evaluation *evaluation = &plan->evaluations[at];
    const flx_gp_description *gp = &plan->descriptions[state->task];
    int n = plan->tasks[state->task].n;
    plan->results[state->task].evaluations++;
    if (evaluation->info != 0 && raise_jitter(state))
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
static void report(flx_fit_plan *plan, const flx_progress *progress)
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
static flx_status advance(flx_backend *backend, flx_gp_batch *batch, flx_fit_plan *plan,
                          flx_gp_evaluation *packed, int count, flx_error *error)
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

static flx_status search_all(flx_backend *backend, flx_fit_plan *plan,
                             const flx_progress *progress, flx_error *error)
{
    flx_gp_batch *batch = NULL;
    flx_gp_evaluation *packed = calloc((size_t)plan->n_states + 1, sizeof *packed);
    if (!packed)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d searches",
                        plan->n_states);
    flx_status status = backend->operations->batch_create(backend, plan->problems,
                                                          plan->n_tasks, &batch, error);
    int count = status == FLX_OK ? flx_fit_plan_collect(plan) : 0;
    while (status == FLX_OK && count > 0) {
        status = advance(backend, batch, plan, packed, count, error);
        report(plan, progress);
        count = flx_fit_plan_collect(plan);
    }
    if (batch)
        backend->operations->batch_release(batch);
    free(packed);
    return status;
}

/* Leaves the best search's hyper-parameters in the result, with room for leave-one-out.
 */
static flx_status keep_best(flx_fit_plan *plan, int t, flx_error *error)
{
    flx_fit_result *result = &plan->results[t];
    if (result->has_failed)
        return FLX_OK;
    double best, second;
    int at = flx_fit_plan_best(plan, t, &best, &second);
    if (at < 0) {
        flx_fit_fail(result, "no start gave a positive definite covariance");
        return FLX_OK;
    }
    const flx_lbfgs *search = &plan->states[at].search;
    size_t n = (size_t)plan->tasks[t].n, size = (size_t)search->size;
    result->theta = malloc(size * sizeof(double));
    result->loo_mean = malloc(n * sizeof(double));
    result->loo_variance = malloc(n * sizeof(double));
    if (!result->theta || !result->loo_mean || !result->loo_variance)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for fit %d", t);
    memcpy(result->theta, search->x, size * sizeof(double));
    result->n_theta = search->size;
    result->jitter = plan->states[at].jitter;
    result->objective = best;
    return FLX_OK;
}

/* Back to the unit of y. */
static void finish_result(const flx_fit_task *task, const flx_gp_condition *member,
                          flx_fit_result *result)
{
    if (member->info) {
        flx_fit_fail(result, "the covariance at the optimum is not positive definite");
        return;
    }
    double sum = 0;
    for (int i = 0; i < task->n; i++) {
        result->loo_mean[i] = result->y_mean + result->y_sd * result->loo_mean[i];
        result->loo_variance[i] *= result->y_sd * result->y_sd;
        sum += fabs(result->loo_mean[i] - task->y[i]);
    }
    result->loo_mae = sum / task->n;
    result->lml = member->value;
}

/* Conditions `count` fitted tasks from `first` on, for likelihood and leave-one-out. */
static flx_status condition_some(flx_backend *backend, flx_fit_plan *plan, int first,
                                 int count, flx_gp_condition *members, flx_error *error)
{
    int used = 0;
    for (int t = first; t < first + count; t++) {
        flx_fit_result *result = &plan->results[t];
        if (!result->has_failed)
            members[used++] = (flx_gp_condition){.problem = plan->problems[t],
                                                 .theta = result->theta,
                                                 .jitter = result->jitter,
                                                 .loo_mean = result->loo_mean,
                                                 .loo_variance = result->loo_variance};
    }
    flx_gp_posterior *posterior = NULL;
    FLX_TRY(backend->operations->condition(backend, members, used, &posterior, error));
    backend->operations->posterior_release(posterior);
    used = 0;
    for (int t = first; t < first + count; t++)
        if (!plan->results[t].has_failed)
            finish_result(&plan->tasks[t], &members[used++], &plan->results[t]);
    return FLX_OK;
}

enum { CONDITION_CHUNK = 256 }; /* bounds the memory of posteriors that are not kept */

static flx_status finish_all(flx_backend *backend, flx_fit_plan *plan, flx_error *error)
{
    for (int t = 0; t < plan->n_tasks; t++)
        FLX_TRY(keep_best(plan, t, error));
    flx_gp_condition members[CONDITION_CHUNK];
    for (int first = 0; first < plan->n_tasks; first += CONDITION_CHUNK) {
        int left = plan->n_tasks - first;
        FLX_TRY(condition_some(backend, plan, first,
                               left < CONDITION_CHUNK ? left : CONDITION_CHUNK, members,
                               error));
    }
    return FLX_OK;
}

flx_status flx_fit_gps(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error)
{
    flx_fit_plan plan;
    flx_status status = flx_fit_plan_create(tasks, count, results, &plan, error);
    if (status == FLX_OK)
        status = search_all(backend, &plan, progress, error);
    if (status == FLX_OK)
        status = finish_all(backend, &plan, error);
    flx_fit_plan_release(&plan);
    return status;
}
