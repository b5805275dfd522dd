/* SPDX-License-Identifier: MIT
 * Looks the tasks of a batch up, and deals the others out to their kinds. */
#include "host/regression/fit_queue.h"

#include "formats/memory.h"
#include "host/regression/fit_cache.h"
#include "host/regression/regressor.h"

#include <time.h>

typedef struct {
    flx_backend *backend;
    const flx_fit_task *tasks;
    flx_fit_result *results;
    int count;
    const flx_fit_options *options;
    int settled;                 /* tasks found, or of kinds that are done */
    const flx_fit_task **chosen; /* (count) those of the kind in work */
    flx_fit_result **chosen_results;
} queue;

/* Tasks first .. first + count - 1 of the chosen ones, which a kind fits at once. */
typedef struct {
    queue *q;
    int first, count;
} portion;

/* Progress of a portion as that of the whole. */
static void report(void *context, double done, double total)
{
    const portion *part = context;
    const queue *q = part->q;
    double share = total > 0 ? part->count * done / total : 0;
    flx_progress_report(q->options->progress, q->settled + share, q->count);
}

/* A result that stands is dated and goes to the repository. */
static flx_status settle(void *context, int task, flx_error *error)
{
    const portion *part = context;
    const queue *q = part->q;
    int t = part->first + task;
    if (q->chosen_results[t]->has_failed || q->chosen_results[t]->created)
        return FLX_OK;
    q->chosen_results[t]->created = (int64_t)time(NULL);
    if (!q->options->repository)
        return FLX_OK;
    return flx_fit_cache_put(q->options->repository, q->chosen[t], q->chosen_results[t],
                             error);
}

static flx_status fit_portion(portion *part, const flx_regressor *regressor,
                              flx_error *error)
{
    queue *q = part->q;
    flx_progress progress = {report, part};
    flx_fit_observer observer = {&progress, settle, part};
    FLX_TRY(regressor->fit(q->backend, q->chosen + part->first, part->count,
                           q->chosen_results + part->first, &observer, error));
    for (int i = 0; i < part->count; i++)
        FLX_TRY(settle(part, i, error));
    q->settled += part->count;
    return FLX_OK;
}

/* Chooses the tasks of a kind that are still to be fitted; returns how many. */
static int choose(queue *q, flx_predictor_kind kind)
{
    int n = 0;
    for (int t = 0; t < q->count; t++)
        if (q->tasks[t].kind == kind && !q->results[t].is_cache_hit) {
            q->chosen[n] = &q->tasks[t];
            q->chosen_results[n++] = &q->results[t];
        }
    return n;
}

/* A kind that does not tell of its results before all are done gets less at a time where
 * they are stored, so that a kill loses less. */
enum { PORTION = 32 };

static flx_status fit_kind(queue *q, flx_predictor_kind kind, flx_error *error)
{
    int n = choose(q, kind);
    if (!n)
        return FLX_OK;
    const flx_regressor *regressor = flx_regressor_of(kind);
    if (!regressor)
        return flx_fail(error, FLX_BAD_INPUT, "%s: models of kind %s are not fitted",
                        q->chosen[0]->name, flx_predictor_kind_text(kind));
    int most = q->options->repository && !regressor->tells_observer ? PORTION : n;
    for (int first = 0; first < n; first += most) {
        portion part = {q, first, n - first < most ? n - first : most};
        FLX_TRY(fit_portion(&part, regressor, error));
    }
    return FLX_OK;
}

static flx_status look_up(queue *q, flx_error *error)
{
    for (int t = 0; t < q->count; t++) {
        FLX_TRY(flx_fit_result_begin(&q->tasks[t], &q->results[t], error));
        if (!q->options->repository)
            continue;
        FLX_TRY(flx_fit_cache_get(q->options->repository, &q->tasks[t], &q->results[t],
                                  error));
        q->settled += q->results[t].is_cache_hit;
    }
    return FLX_OK;
}

flx_status flx_fit_with(flx_backend *backend, const flx_fit_task *tasks, int count,
                        flx_fit_result *results, const flx_fit_options *options,
                        flx_error *error)
{
    static const flx_fit_options none = {0};
    FLX_SCOPED const flx_fit_task **chosen = NULL;
    FLX_SCOPED flx_fit_result **chosen_results = NULL;
    for (int t = 0; t < count; t++)
        results[t] = (flx_fit_result){0};
    if (!FLX_NEW(chosen, count) || !FLX_NEW(chosen_results, count))
        return flx_no_memory(error, "%d fits", count);
    queue q = {.backend = backend,
               .tasks = tasks,
               .results = results,
               .count = count,
               .options = options ? options : &none,
               .chosen = chosen,
               .chosen_results = chosen_results};
    FLX_TRY(look_up(&q, error));
    for (int kind = 0; kind < FLX_PREDICTOR_KINDS; kind++)
        FLX_TRY(fit_kind(&q, (flx_predictor_kind)kind, error));
    return FLX_OK;
}

flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error)
{
    const flx_fit_options options = {.progress = progress};
    return flx_fit_with(backend, tasks, count, results, &options, error);
}
