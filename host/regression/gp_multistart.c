/* SPDX-License-Identifier: MIT */
#include "host/regression/gp_multistart.h"

#include "formats/memory.h"
#include "host/regression/regressor_target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const flx_lbfgs_options map_options = {80, 1e-5, 1e-9, 2.0};
static const flx_lbfgs_options mle_options = {200, 1e-6, 1e-10, 2.0};

static double *take(flx_gp_multistart *plan, size_t count)
{
    double *taken = plan->memory + plan->used;
    plan->used += count;
    return taken;
}

static const double dummy_point[1] = {0.0};

static int max_starts(const flx_gp_description *gp)
{
    return flx_gp_first_starts(gp) + flx_gp_scattered_starts(gp) + flx_gp_max_probes(gp);
}

static size_t task_memory(const flx_gp_description *gp, int n)
{
    size_t size = (size_t)flx_gp_size(gp), starts = (size_t)max_starts(gp);
    return (size_t)n + 2 * size + starts * (size + flx_lbfgs_memory_size((int)size));
}

/* Where a task's next search lays out its starting point. */
static double *next_start(flx_gp_multistart *plan, int t)
{
    return plan->states[plan->first_state[t] + plan->results[t]->starts].search.direction;
}

/* Sets the task's next search going from what stands in next_start. */
static void begin_next(flx_gp_multistart *plan, int t)
{
    flx_fit_search *state =
        &plan->states[plan->first_state[t] + plan->results[t]->starts++];
    flx_lbfgs_begin(&state->search, state->search.direction);
    state->jitter = FLX_GP_JITTER;
    state->is_live = true;
    plan->running[t]++;
}

static void begin_starts(flx_gp_multistart *plan, int t, int first, int count)
{
    for (int s = first; s < first + count; s++) {
        flx_gp_start(&plan->descriptions[t], s, next_start(plan, t));
        begin_next(plan, t);
    }
}

/* The starts that a task makes at once. */
static void begin_first(flx_gp_multistart *plan, int t)
{
    const flx_fit_task *task = plan->tasks[t];
    const flx_gp_description *gp = &plan->descriptions[t];
    int count = flx_gp_first_starts(gp);
    plan->is_extended[t] = task->start || task->starts > 0;
    if (task->start) {
        memcpy(next_start(plan, t), task->start,
               (size_t)flx_gp_size(gp) * sizeof *task->start);
        begin_next(plan, t);
    } else {
        begin_starts(plan, t, 0,
                     task->starts > 0 && task->starts < count ? task->starts : count);
    }
}

/* Lays out one task: target, box, and a search for every possible start. */
static void plan_task(flx_gp_multistart *plan, int t)
{
    const flx_fit_task *task = plan->tasks[t];
    flx_fit_result *result = plan->results[t];
    const flx_gp_description *gp = &plan->descriptions[t];
    plan->problems[t] =
        (flx_gp_problem){.n = 1, .d = 1, .X = dummy_point, .y = dummy_point};
    double *y = take(plan, (size_t)(task->n > 0 ? task->n : 0));
    if (!flx_regressor_target_admit(task, result))
        return;
    if (!flx_regressor_target_standardize(task, result, y)) {
        flx_fit_result_fail(result, "the target is constant");
        return;
    }
    plan->problems[t] = (flx_gp_problem){.n = task->n,
                                         .d = task->d,
                                         .is_isotropic = task->is_isotropic,
                                         .covariance = task->covariance,
                                         .X = task->X,
                                         .y = y};
    int size = flx_gp_size(gp);
    double *lower = take(plan, (size_t)size), *upper = take(plan, (size_t)size);
    flx_gp_bounds(gp, lower, upper);
    const flx_lbfgs_options *options =
        gp->prior == FLX_PRIOR_NONE ? &mle_options : &map_options;
    for (int s = plan->first_state[t]; s < plan->first_state[t + 1]; s++) {
        plan->states[s].task = t;
        plan->evaluations[s].gradient = take(plan, (size_t)size);
        flx_lbfgs_bind(&plan->states[s].search, size, options, lower, upper,
                       take(plan, flx_lbfgs_memory_size(size)));
    }
    begin_first(plan, t);
}

void flx_gp_multistart_release(flx_gp_multistart *plan)
{
    free(plan->descriptions);
    free(plan->problems);
    free(plan->first_state);
    free(plan->running);
    free(plan->is_extended);
    free(plan->is_finished);
    free(plan->states);
    free(plan->evaluations);
    free(plan->live);
    free(plan->memory);
}

flx_status flx_gp_multistart_create(const flx_fit_task *const *tasks, int count,
                                    flx_fit_result *const *results,
                                    flx_gp_multistart *plan, flx_error *error)
{
    size_t memory = 0;
    *plan = (flx_gp_multistart){.tasks = tasks, .results = results, .n_tasks = count};
    if (!FLX_NEW(plan->descriptions, count) || !FLX_NEW(plan->problems, count) ||
        !FLX_NEW(plan->first_state, count + 1) || !FLX_NEW(plan->running, count) ||
        !FLX_NEW(plan->is_extended, count) || !FLX_NEW(plan->is_finished, count))
        return flx_no_memory(error, "%d fits", count);
    for (int t = 0; t < count; t++) {
        flx_gp_description *gp = &plan->descriptions[t];
        *gp = (flx_gp_description){tasks[t]->prior, tasks[t]->d, tasks[t]->is_isotropic};
        plan->n_states += max_starts(gp);
        plan->first_state[t + 1] = plan->n_states;
        memory += task_memory(gp, tasks[t]->n > 0 ? tasks[t]->n : 0);
    }
    if (!FLX_NEW(plan->states, plan->n_states) ||
        !FLX_NEW(plan->evaluations, plan->n_states) ||
        !FLX_NEW(plan->live, plan->n_states) || !FLX_NEW(plan->memory, memory))
        return flx_no_memory(error, "%d searches", plan->n_states);
    for (int t = 0; t < count; t++)
        plan_task(plan, t);
    return FLX_OK;
}

/* The best and second best value among a task's started searches. */
int flx_gp_multistart_best(const flx_gp_multistart *plan, int t, double *best,
                           double *second)
{
    int at = -1;
    *best = *second = INFINITY;
    for (int s = plan->first_state[t]; s < plan->first_state[t + 1]; s++) {
        const flx_lbfgs *search = &plan->states[s].search;
        if (!search->is_started)
            continue;
        if (search->value < *best) {
            *second = *best;
            *best = search->value;
            at = s;
        } else if (search->value < *second) {
            *second = search->value;
        }
    }
    return at;
}

/* After the first starts: probes of the best optimum, and scattered starts where fewer
 * than two searches found it (0.1 nats) or where it is the trivial one that calls
 * everything noise (LML = -n/2 (1 + ln 2 pi)). */
static void extend_task(flx_gp_multistart *plan, int t)
{
    const flx_gp_description *gp = &plan->descriptions[t];
    int n = plan->tasks[t]->n;
    double best, second, trivial = 0.5 * (1.0 + 1.8378770664093454836);
    int at = flx_gp_multistart_best(plan, t, &best, &second);
    plan->is_extended[t] = true;
    bool is_trivial = gp->prior == FLX_PRIOR_NONE && best > trivial - 0.5 / n;
    if ((second - best) * n > 0.1 || is_trivial || at < 0)
        begin_starts(plan, t, flx_gp_first_starts(gp), flx_gp_scattered_starts(gp));
    for (int i = 0; at >= 0 && i < flx_gp_max_probes(gp); i++)
        if (flx_gp_probe(gp, plan->states[at].search.x, i, next_start(plan, t)))
            begin_next(plan, t);
}

int flx_gp_multistart_collect(flx_gp_multistart *plan)
{
    int count = 0;
    for (int t = 0; t < plan->n_tasks; t++)
        if (!plan->results[t]->has_failed && plan->running[t] == 0 &&
            !plan->is_extended[t])
            extend_task(plan, t);
    for (int s = 0; s < plan->n_states; s++)
        if (plan->states[s].is_live)
            plan->live[count++] = s;
    return count;
}
