/* SPDX-License-Identifier: MIT
 * What ended searches leave in the results: the best one's hyper-parameters, and
 * likelihood and leave-one-out at them, while searches of other tasks still run. */
#include "formats/memory.h"
#include "host/regression/gp_multistart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool copy(const double *from, size_t count, double **to)
{
    if (FLX_NEW(*to, count))
        memcpy(*to, from, count * sizeof **to);
    return *to != NULL;
}

/* Leaves the best search's hyper-parameters and the points in the result, with room for
 * leave-one-out. */
static flx_status keep_best(flx_gp_multistart *fits, int t, flx_error *error)
{
    const flx_fit_task *task = fits->tasks[t];
    flx_fit_result *result = fits->results[t];
    flx_predictor *p = &result->predictor;
    if (result->has_failed)
        return FLX_OK;
    double best, second;
    int at = flx_gp_multistart_best(fits, t, &best, &second);
    if (at < 0) {
        flx_fit_result_fail(result, "no start gave a positive definite covariance");
        return FLX_OK;
    }
    const flx_lbfgs *search = &fits->states[at].search;
    size_t n = (size_t)task->n, d = (size_t)task->d;
    if (!copy(search->x, (size_t)search->size, &p->theta) ||
        !copy(task->X, n * d, &p->X) || !copy(task->y, n, &p->y) ||
        !FLX_NEW(result->loo_mean, n) || !FLX_NEW(result->loo_variance, n))
        return flx_no_memory(error, "the fit of %zu rows", n);
    p->n_theta = search->size;
    p->jitter = fits->states[at].jitter;
    result->objective = best;
    return FLX_OK;
}

/* Back to the unit of y. */
static void finish_result(const flx_fit_task *task, const flx_gp_condition *member,
                          flx_fit_result *result)
{
    if (member->info) {
        flx_fit_result_fail(result,
                            "the covariance at the optimum is not positive definite");
        return;
    }
    double sum = 0;
    for (int i = 0; i < task->n; i++) {
        result->loo_mean[i] =
            result->predictor.y_mean + result->predictor.y_sd * result->loo_mean[i];
        result->loo_variance[i] *= result->predictor.y_sd * result->predictor.y_sd;
        sum += fabs(result->loo_mean[i] - task->y[i]);
    }
    result->predictor.loo_mae = sum / task->n;
    result->predictor.lml = member->value;
}

/* Conditions the tasks of these numbers, for likelihood and leave-one-out. */
static flx_status condition_some(flx_backend *backend, flx_gp_multistart *fits,
                                 const int *tasks, int count, flx_error *error)
{
    FLX_SCOPED flx_gp_condition *members = NULL;
    if (!FLX_NEW(members, count))
        return flx_no_memory(error, "%d fits", count);
    for (int i = 0; i < count; i++) {
        flx_fit_result *result = fits->results[tasks[i]];
        members[i] = (flx_gp_condition){.problem = fits->problems[tasks[i]],
                                        .theta = result->predictor.theta,
                                        .jitter = result->predictor.jitter,
                                        .loo_mean = result->loo_mean,
                                        .loo_variance = result->loo_variance};
    }
    flx_gp_posterior *posterior = NULL;
    FLX_TRY(backend->operations->condition(backend, members, count, &posterior, error));
    backend->operations->posterior_release(posterior);
    for (int i = 0; i < count; i++)
        finish_result(fits->tasks[tasks[i]], &members[i], fits->results[tasks[i]]);
    return FLX_OK;
}

/* A batch of conditionings wants many members to share the threads, and their memory, as
 * the posteriors are not kept, a bound; a finished fit should not wait long for its
 * results to be told of. */
enum { ENOUGH_TASKS = 16, MOST_TASKS = 256, LONGEST_WAIT_S = 1 };

static bool has_ended(const flx_gp_multistart *fits, int t)
{
    return !fits->results[t]->has_failed && !fits->is_finished[t] &&
           fits->is_extended[t] && fits->running[t] == 0;
}

/* The first ended tasks, MOST_TASKS at most, with their best searches kept. */
static flx_status gather_ended(flx_gp_multistart *fits, int *tasks, int *count,
                               flx_error *error)
{
    *count = 0;
    for (int t = 0; t < fits->n_tasks && *count < MOST_TASKS; t++) {
        if (!has_ended(fits, t))
            continue;
        FLX_TRY(keep_best(fits, t, error));
        fits->is_finished[t] = true;
        if (!fits->results[t]->has_failed)
            tasks[(*count)++] = t;
    }
    return FLX_OK;
}

static bool is_worth_a_batch(flx_gp_multistart *fits)
{
    int ended = 0;
    for (int t = 0; t < fits->n_tasks; t++)
        ended += has_ended(fits, t);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (ended < ENOUGH_TASKS &&
        (ended == 0 || now.tv_sec - fits->finished_s < LONGEST_WAIT_S))
        return false;
    fits->finished_s = now.tv_sec;
    return true;
}

flx_status flx_gp_fit_store_result(flx_backend *backend, flx_gp_multistart *fits,
                                   const flx_fit_observer *observer, bool is_last,
                                   flx_error *error)
{
    if (!is_last && !is_worth_a_batch(fits))
        return FLX_OK;
    int tasks[MOST_TASKS], count;
    FLX_TRY(gather_ended(fits, tasks, &count, error));
    while (count > 0) {
        FLX_TRY(condition_some(backend, fits, tasks, count, error));
        for (int i = 0; i < count && observer->finished; i++)
            if (!fits->results[tasks[i]]->has_failed)
                FLX_TRY(observer->finished(observer->context, tasks[i], error));
        FLX_TRY(gather_ended(fits, tasks, &count, error));
    }
    return FLX_OK;
}
