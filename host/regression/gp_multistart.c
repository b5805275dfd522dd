/* SPDX-License-Identifier: MIT */
#include "host/regression/gp_multistart.h"

#include "formats/memory.h"
#include "host/regression/regressor_target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const flx_lbfgs_options map_options = {80, 1e-5, 1e-9, 2.0};
static const flx_lbfgs_options mle_options = {200, 1e-6, 1e-10, 2.0};

static double *take(flx_gp_multistart *fits, size_t count)
{
    double *taken = fits->memory + fits->used;
    fits->used += count;
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
static double *next_start(flx_gp_multistart *fits, int t)
{
    return fits->states[fits->first_state[t] + fits->results[t]->starts].search.direction;
}

/* Sets the task's next search going from what stands in next_start. */
static void begin_next(flx_gp_multistart *fits, int t)
{
    flx_fit_search *state =
        &fits->states[fits->first_state[t] + fits->results[t]->starts++];
    flx_lbfgs_begin(&state->search, state->search.direction);
    state->jitter = FLX_GP_JITTER;
    state->is_live = true;
    fits->running[t]++;
}

static void begin_starts(flx_gp_multistart *fits, int t, int first, int count)
{
    for (int s = first; s < first + count; s++) {
        flx_gp_start(&fits->descriptions[t], s, next_start(fits, t));
        begin_next(fits, t);
    }
}

/* The starts that a task makes at once. */
static void begin_first(flx_gp_multistart *fits, int t)
{
    const flx_fit_task *task = fits->tasks[t];
    const flx_gp_description *gp = &fits->descriptions[t];
    int count = flx_gp_first_starts(gp);
    fits->is_extended[t] = task->start || task->starts > 0;
    if (task->start) {
        memcpy(next_start(fits, t), task->start,
               (size_t)flx_gp_size(gp) * sizeof *task->start);
        begin_next(fits, t);
    } else {
        begin_starts(fits, t, 0,
                     task->starts > 0 && task->starts < count ? task->starts : count);
    }
}

/* Lays out one task: target, box, and a search for every possible start. */
static void prepare_task(flx_gp_multistart *fits, int t)
{
    const flx_fit_task *task = fits->tasks[t];
    flx_fit_result *result = fits->results[t];
    const flx_gp_description *gp = &fits->descriptions[t];
    fits->problems[t] =
        (flx_gp_problem){.n = 1, .d = 1, .X = dummy_point, .y = dummy_point};
    double *y = take(fits, (size_t)(task->n > 0 ? task->n : 0));
    if (!flx_regressor_target_admit(task, result))
        return;
    if (!flx_regressor_target_standardize(task, result, y)) {
        flx_fit_result_fail(result, "the target is constant");
        return;
    }
    fits->problems[t] = (flx_gp_problem){.n = task->n,
                                         .d = task->d,
                                         .is_isotropic = task->is_isotropic,
                                         .covariance = task->covariance,
                                         .X = task->X,
                                         .y = y};
    int size = flx_gp_size(gp);
    double *lower = take(fits, (size_t)size), *upper = take(fits, (size_t)size);
    flx_gp_bounds(gp, lower, upper);
    const flx_lbfgs_options *options =
        gp->prior == FLX_PRIOR_NONE ? &mle_options : &map_options;
    for (int s = fits->first_state[t]; s < fits->first_state[t + 1]; s++) {
        fits->states[s].task = t;
        fits->evaluations[s].gradient = take(fits, (size_t)size);
        flx_lbfgs_bind(&fits->states[s].search, size, options, lower, upper,
                       take(fits, flx_lbfgs_memory_size(size)));
    }
    begin_first(fits, t);
}

void flx_gp_multistart_release(flx_gp_multistart *fits)
{
    free(fits->descriptions);
    free(fits->problems);
    free(fits->first_state);
    free(fits->running);
    free(fits->is_extended);
    free(fits->is_finished);
    free(fits->states);
    free(fits->evaluations);
    free(fits->live);
    free(fits->memory);
}

flx_status flx_gp_multistart_create(const flx_fit_task *const *tasks, int count,
                                    flx_fit_result *const *results,
                                    flx_gp_multistart *fits, flx_error *error)
{
    size_t memory = 0;
    *fits = (flx_gp_multistart){.tasks = tasks, .results = results, .n_tasks = count};
    if (!FLX_NEW(fits->descriptions, count) || !FLX_NEW(fits->problems, count) ||
        !FLX_NEW(fits->first_state, count + 1) || !FLX_NEW(fits->running, count) ||
        !FLX_NEW(fits->is_extended, count) || !FLX_NEW(fits->is_finished, count))
        return flx_no_memory(error, "%d fits", count);
    for (int t = 0; t < count; t++) {
        flx_gp_description *gp = &fits->descriptions[t];
        *gp = (flx_gp_description){tasks[t]->prior, tasks[t]->d, tasks[t]->is_isotropic};
        fits->n_states += max_starts(gp);
        fits->first_state[t + 1] = fits->n_states;
        memory += task_memory(gp, tasks[t]->n > 0 ? tasks[t]->n : 0);
    }
    if (!FLX_NEW(fits->states, fits->n_states) ||
        !FLX_NEW(fits->evaluations, fits->n_states) ||
        !FLX_NEW(fits->live, fits->n_states) || !FLX_NEW(fits->memory, memory))
        return flx_no_memory(error, "%d searches", fits->n_states);
    for (int t = 0; t < count; t++)
        prepare_task(fits, t);
    return FLX_OK;
}

/* The best and second best value among a task's started searches. */
int flx_gp_multistart_best(const flx_gp_multistart *fits, int t, double *best,
                           double *second)
{
    int at = -1;
    *best = *second = INFINITY;
    for (int s = fits->first_state[t]; s < fits->first_state[t + 1]; s++) {
        const flx_lbfgs *search = &fits->states[s].search;
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
static void add_restarts(flx_gp_multistart *fits, int t)
{
    const flx_gp_description *gp = &fits->descriptions[t];
    int n = fits->tasks[t]->n;
    double best, second, trivial = 0.5 * (1.0 + 1.8378770664093454836);
    int at = flx_gp_multistart_best(fits, t, &best, &second);
    fits->is_extended[t] = true;
    bool is_trivial = gp->prior == FLX_PRIOR_NONE && best > trivial - 0.5 / n;
    if ((second - best) * n > 0.1 || is_trivial || at < 0)
        begin_starts(fits, t, flx_gp_first_starts(gp), flx_gp_scattered_starts(gp));
    for (int i = 0; at >= 0 && i < flx_gp_max_probes(gp); i++)
        if (flx_gp_probe(gp, fits->states[at].search.x, i, next_start(fits, t)))
            begin_next(fits, t);
}

int flx_gp_multistart_collect(flx_gp_multistart *fits)
{
    int count = 0;
    for (int t = 0; t < fits->n_tasks; t++)
        if (!fits->results[t]->has_failed && fits->running[t] == 0 &&
            !fits->is_extended[t])
            add_restarts(fits, t);
    for (int s = 0; s < fits->n_states; s++)
        if (fits->states[s].is_live)
            fits->live[count++] = s;
    return count;
}
