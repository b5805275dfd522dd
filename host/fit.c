/* SPDX-License-Identifier: MIT
 * The loop of the fit queue. All memory is taken before it starts. */
#include "host/fit.h"

#include "host/lbfgs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One (task, start): where its search stands. */
typedef struct {
    int task;
    flx_lbfgs search;
    double jitter;
    bool is_live;
} start_state;

typedef struct {
    const flx_fit_task *tasks;
    flx_fit_result *results;
    int n_tasks, n_states;
    flx_gp_description *descriptions; /* (n_tasks) */
    flx_gp_problem *problems;         /* (n_tasks); failed tasks hold a dummy point */
    int *first_state;                 /* (n_tasks + 1) */
    int *running;                     /* (n_tasks) live states */
    bool *is_extended;                /* (n_tasks) probes and scattered starts are out */
    start_state *states;
    flx_gp_evaluation *evaluations;   /* (n_states) */
    int *live;                        /* (n_states) */
    double *memory;                   /* targets, boxes, searches, gradients */
    size_t used;
    double reported;                  /* progress so far: new starts do not lower it */
} fit_plan;

static const flx_lbfgs_options map_options = {80, 1e-5, 1e-9, 2.0};
static const flx_lbfgs_options mle_options = {200, 1e-6, 1e-10, 2.0};

static double *take(fit_plan *plan, size_t count)
{
    double *taken = plan->memory + plan->used;
    plan->used += count;
    return taken;
}

static void fail_task(flx_fit_result *result, const char *why)
{
    result->has_failed = true;
    snprintf(result->why, sizeof result->why, "%s", why);
}

/* NULL, or why the task cannot be fitted. */
static const char *find_fault(const flx_fit_task *task)
{
    if (task->n < 2)
        return "fewer than 2 points";
    if (task->d < 1)
        return "no input that varies";
    for (int i = 0; i < task->n; i++)
        if (!isfinite(task->y[i]))
            return "a target value is not finite";
    for (int i = 0; i < task->n; i++)
        if (fabs(task->y[i]) > 1e150)
            return "a target value is beyond 1e150, where its square overflows";
    for (size_t i = 0; i < (size_t)task->n * (size_t)task->d; i++)
        if (!isfinite(task->X[i]))
            return "an input value is not finite";
    return NULL;
}

/* Standardises into `y`; false where the target is constant. */
static bool standardise(const flx_fit_task *task, flx_fit_result *result, double *y)
{
    double mean = 0, square = 0;
    for (int i = 0; i < task->n; i++)
        mean += task->y[i] / task->n;
    for (int i = 0; i < task->n; i++)
        square += (task->y[i] - mean) * (task->y[i] - mean) / task->n;
    result->y_mean = mean;
    result->y_sd = sqrt(square);
    if (!(result->y_sd > 1e-12 * fabs(mean)))
        return false;
    for (int i = 0; i < task->n; i++)
        y[i] = (task->y[i] - mean) / result->y_sd;
    return true;
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
static double *next_start(fit_plan *plan, int t)
{
    return plan->states[plan->first_state[t] + plan->results[t].starts].search.direction;
}

/* Sets the task's next search going from what stands in next_start. */
static void begin_next(fit_plan *plan, int t)
{
    start_state *state = &plan->states[plan->first_state[t] + plan->results[t].starts++];
    flx_lbfgs_begin(&state->search, state->search.direction);
    state->jitter = FLX_GP_JITTER;
    state->is_live = true;
    plan->running[t]++;
}

static void begin_starts(fit_plan *plan, int t, int first, int count)
{
    for (int s = first; s < first + count; s++) {
        flx_gp_start(&plan->descriptions[t], s, next_start(plan, t));
        begin_next(plan, t);
    }
}

/* Lays out one task: target, box, and a search for every possible start. */
static void plan_task(fit_plan *plan, int t)
{
    const flx_fit_task *task = &plan->tasks[t];
    flx_fit_result *result = &plan->results[t];
    const flx_gp_description *gp = &plan->descriptions[t];
    plan->problems[t] =
        (flx_gp_problem){.n = 1, .d = 1, .X = dummy_point, .y = dummy_point};
    const char *fault = find_fault(task);
    double *y = take(plan, (size_t)(task->n > 0 ? task->n : 0));
    if (!fault && !standardise(task, result, y))
        fault = "the target is constant";
    if (fault) {
        fail_task(result, fault);
        return;
    }
    plan->problems[t] = (flx_gp_problem){
        .n = task->n, .d = task->d, .is_isotropic = task->is_isotropic, .X = task->X,
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
    begin_starts(plan, t, 0, flx_gp_first_starts(gp));
}

static void release_plan(fit_plan *plan)
{
    free(plan->descriptions);
    free(plan->problems);
    free(plan->first_state);
    free(plan->running);
    free(plan->is_extended);
    free(plan->states);
    free(plan->evaluations);
    free(plan->live);
    free(plan->memory);
}

static flx_status create_plan(const flx_fit_task *tasks, int count,
                              flx_fit_result *results, fit_plan *plan, flx_error *error)
{
    size_t slots = (size_t)count + 1, memory = 1;
    *plan = (fit_plan){.tasks = tasks, .results = results, .n_tasks = count};
    plan->descriptions = calloc(slots, sizeof *plan->descriptions);
    plan->problems = calloc(slots, sizeof *plan->problems);
    plan->first_state = calloc(slots, sizeof *plan->first_state);
    plan->running = calloc(slots, sizeof *plan->running);
    plan->is_extended = calloc(slots, sizeof *plan->is_extended);
    bool complete = plan->descriptions && plan->problems && plan->first_state &&
                    plan->running && plan->is_extended;
    for (int t = 0; t < count && complete; t++) {
        flx_gp_description *gp = &plan->descriptions[t];
        *gp = (flx_gp_description){tasks[t].prior, tasks[t].d, tasks[t].is_isotropic};
        plan->n_states += max_starts(gp);
        plan->first_state[t + 1] = plan->n_states;
        memory += task_memory(gp, tasks[t].n > 0 ? tasks[t].n : 0);
    }
    size_t states = (size_t)plan->n_states + 1;
    plan->states = calloc(states, sizeof *plan->states);
    plan->evaluations = calloc(states, sizeof *plan->evaluations);
    plan->live = calloc(states, sizeof *plan->live);
    plan->memory = calloc(memory, sizeof *plan->memory);
    if (!complete || !plan->states || !plan->evaluations || !plan->live || !plan->memory)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", count);
    for (int t = 0; t < count; t++)
        plan_task(plan, t);
    return FLX_OK;
}

/* The failing member's own way out: more jitter up to 1e-4 of the mean diagonal, after that
 * the step counts as failed. Returns whether the same point is to be tried again. */
static bool raise_jitter(start_state *state)
{
    const double *theta = state->search.trial;
    double diagonal = exp(theta[0]) + exp(theta[state->search.size - 1]);
    if (state->jitter * 10 > 1e-4 * diagonal)
        return false;
    state->jitter *= 10;
    return true;
}

static void tell_state(fit_plan *plan, int at)
{
    start_state *state = &plan->states[at];
    const flx_gp_evaluation *evaluation = &plan->evaluations[at];
    const flx_gp_description *gp = &plan->descriptions[state->task];
    int n = plan->tasks[state->task].n;
    plan->results[state->task].evaluations++;
    if (evaluation->info != 0 && raise_jitter(state))
        return;
    double value = INFINITY, *gradient = evaluation->gradient;
    if (evaluation->info == 0) {
        value = -(evaluation->value +
                  flx_gp_log_prior(gp, state->search.trial, gradient)) / n;
        for (int k = 0; k < state->search.size; k++)
            gradient[k] = -gradient[k] / n;
    }
    flx_lbfgs_tell(&state->search, value, gradient);
    if (state->search.is_done) {
        state->is_live = false;
        plan->running[state->task]--;
    }
}

/* The best and second best value among a task's started searches. */
static int best_state(const fit_plan *plan, int t, double *best, double *second)
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
static void extend_task(fit_plan *plan, int t)
{
    const flx_gp_description *gp = &plan->descriptions[t];
    int n = plan->tasks[t].n;
    double best, second, trivial = 0.5 * (1.0 + 1.8378770664093454836);
    int at = best_state(plan, t, &best, &second);
    plan->is_extended[t] = true;
    bool is_trivial = gp->prior == FLX_PRIOR_NONE && best > trivial - 0.5 / n;
    if ((second - best) * n > 0.1 || is_trivial || at < 0)
        begin_starts(plan, t, flx_gp_first_starts(gp), flx_gp_scattered_starts(gp));
    for (int i = 0; at >= 0 && i < flx_gp_max_probes(gp); i++)
        if (flx_gp_probe(gp, plan->states[at].search.x, i, next_start(plan, t)))
            begin_next(plan, t);
}

static int collect_live(fit_plan *plan)
{
    int count = 0;
    for (int t = 0; t < plan->n_tasks; t++)
        if (!plan->results[t].has_failed && plan->running[t] == 0 && !plan->is_extended[t])
            extend_task(plan, t);
    for (int s = 0; s < plan->n_states; s++)
        if (plan->states[s].is_live)
            plan->live[count++] = s;
    return count;
}

/* How far the batch is: finished states of those begun, each live one by its iterations. */
static void report(fit_plan *plan, const flx_progress *progress)
{
    double done = 0, total = 0;
    for (int t = 0; t < plan->n_tasks; t++) {
        if (plan->results[t].has_failed)
            continue;
        total += 1;
        double share = 0;
        int begun = plan->results[t].starts;
        for (int s = plan->first_state[t]; s < plan->first_state[t] + begun; s++) {
            const start_state *state = &plan->states[s];
            share += state->is_live ? 1 - 10.0 / (10 + state->search.iteration) : 1;
        }
        done += begun ? share / begun : 0;
    }
    plan->reported = fmax(plan->reported, done);
    flx_progress_report(progress, plan->reported, total);
}

/* Evaluations of live states, gathered, run and scattered back. */
static flx_status advance(flx_backend *backend, flx_gp_batch *batch, fit_plan *plan,
                          flx_gp_evaluation *packed, int count, flx_error *error)
{
    for (int i = 0; i < count; i++) {
        start_state *state = &plan->states[plan->live[i]];
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

static flx_status search_all(flx_backend *backend, fit_plan *plan,
                             const flx_progress *progress, flx_error *error)
{
    flx_gp_batch *batch = NULL;
    flx_gp_evaluation *packed = calloc((size_t)plan->n_states + 1, sizeof *packed);
    if (!packed)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d searches",
                        plan->n_states);
    flx_status status = backend->operations->batch_create(backend, plan->problems,
                                                          plan->n_tasks, &batch, error);
    int count = status == FLX_OK ? collect_live(plan) : 0;
    while (status == FLX_OK && count > 0) {
        status = advance(backend, batch, plan, packed, count, error);
        report(plan, progress);
        count = collect_live(plan);
    }
    if (batch)
        backend->operations->batch_release(batch);
    free(packed);
    return status;
}

/* Leaves the best search's hyper-parameters in the result, with room for leave-one-out. */
static flx_status keep_best(fit_plan *plan, int t, flx_error *error)
{
    flx_fit_result *result = &plan->results[t];
    if (result->has_failed)
        return FLX_OK;
    double best, second;
    int at = best_state(plan, t, &best, &second);
    if (at < 0) {
        fail_task(result, "no start gave a positive definite covariance");
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
        fail_task(result, "the covariance at the optimum is not positive definite");
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
static flx_status condition_some(flx_backend *backend, fit_plan *plan, int first, int count,
                                 flx_gp_condition *members, flx_error *error)
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

static flx_status finish_all(flx_backend *backend, fit_plan *plan, flx_error *error)
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

flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error)
{
    memset(results, 0, (size_t)count * sizeof *results);
    fit_plan plan;
    flx_status status = create_plan(tasks, count, results, &plan, error);
    if (status == FLX_OK)
        status = search_all(backend, &plan, progress, error);
    if (status == FLX_OK)
        status = finish_all(backend, &plan, error);
    release_plan(&plan);
    return status;
}

void flx_fit_result_clear(flx_fit_result *result)
{
    free(result->theta);
    free(result->loo_mean);
    free(result->loo_variance);
    *result = (flx_fit_result){0};
}
