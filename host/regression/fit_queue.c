/* SPDX-License-Identifier: MIT
 * Looks the tasks of a batch up, and deals the others out to their kinds. */
#include "host/regression/fit_cache.h"
#include "host/regression/gp_multistart.h"
#include "host/regression/regressor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    flx_backend *backend;
    const flx_fit_task *tasks;
    flx_fit_result *results;
    int count;
    const flx_fit_options *options;
    int settled;                 /* tasks found, or of kinds that are done */
    int *numbers;                /* (count) tasks of the kind in work */
    flx_fit_task *packed;        /* (count) side by side, as Gaussian processes want */
    flx_fit_result *found;       /* (count) of those */
    const flx_fit_task **chosen; /* (count) or pointed at, as the other kinds do */
    flx_fit_result **answers;    /* (count) */
} queue;

/* Progress of a part as that of the whole. */
typedef struct {
    const queue *q;
    int part; /* tasks in it */
} share;

static void report_share(void *context, double done, double total)
{
    const share *of = context;
    double part = total > 0 ? of->part * done / total : 0;
    flx_progress_report(of->q->options->progress, of->q->settled + part, of->q->count);
}

/* A result that stands is dated and goes to the repository. */
static flx_status settle(const queue *q, const flx_fit_task *task, flx_fit_result *result,
                         flx_error *error)
{
    result->created = (int64_t)time(NULL);
    if (!q->options->repository || result->has_failed)
        return FLX_OK;
    return flx_fit_cache_put(q->options->repository, task, result, error);
}

static flx_status settle_packed(void *context, int packed, flx_error *error)
{
    const queue *q = context;
    return settle(q, &q->packed[packed], &q->found[packed], error);
}

/* Numbers of the tasks of a kind that are still to be fitted. */
static int select_kind(queue *q, flx_predictor_kind kind)
{
    int n = 0;
    for (int t = 0; t < q->count; t++)
        if (q->tasks[t].kind == kind && !q->results[t].is_cache_hit)
            q->numbers[n++] = t;
    return n;
}

static flx_status fit_gaussian(queue *q, flx_error *error)
{
    int n = select_kind(q, FLX_PREDICTOR_GP);
    for (int i = 0; i < n; i++) {
        q->packed[i] = q->tasks[q->numbers[i]];
        q->found[i] = q->results[q->numbers[i]];
    }
    share part = {q, n};
    flx_progress progress = {report_share, &part};
    flx_fit_observer watch = {&progress, settle_packed, q};
    flx_status status = FLX_OK;
    if (n)
        status = flx_fit_gps(q->backend, q->packed, n, q->found, &watch, error);
    for (int i = 0; i < n; i++)
        q->results[q->numbers[i]] = q->found[i];
    q->settled += n;
    return status;
}

/* Kinds answer when all that they were given is done: with a repository it is less at a
 * time, so that a kill loses less. */
enum { PORTION = 32 };

static flx_status fit_portion(queue *q, const flx_regressor *table, int first, int n,
                              flx_error *error)
{
    for (int i = 0; i < n; i++) {
        q->chosen[i] = &q->tasks[q->numbers[first + i]];
        q->answers[i] = &q->results[q->numbers[first + i]];
        q->answers[i]->predictor.loo_mae = NAN;
    }
    share part = {q, n};
    flx_progress progress = {report_share, &part};
    FLX_TRY(table->fit(q->backend, q->chosen, n, q->answers, &progress, error));
    for (int i = 0; i < n; i++)
        FLX_TRY(settle(q, q->chosen[i], q->answers[i], error));
    q->settled += n;
    return FLX_OK;
}

static flx_status fit_kind(queue *q, flx_predictor_kind kind, flx_error *error)
{
    int n = select_kind(q, kind), portion = q->options->repository ? PORTION : n;
    if (!n)
        return FLX_OK;
    const flx_regressor *table = flx_regressor_of(kind);
    if (!table)
        return flx_fail(error, FLX_BAD_INPUT, "%s: models of kind %s are not fitted",
                        q->tasks[q->numbers[0]].name, flx_predictor_kind_text(kind));
    for (int first = 0; first < n; first += portion) {
        int left = n - first;
        FLX_TRY(fit_portion(q, table, first, left < portion ? left : portion, error));
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

static flx_status create(queue *q, flx_error *error)
{
    size_t room = (size_t)q->count + 1;
    q->numbers = calloc(room, sizeof *q->numbers);
    q->packed = calloc(room, sizeof *q->packed);
    q->found = calloc(room, sizeof *q->found);
    q->chosen = calloc(room, sizeof *q->chosen);
    q->answers = calloc(room, sizeof *q->answers);
    if (!q->numbers || !q->packed || !q->found || !q->chosen || !q->answers)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", q->count);
    return FLX_OK;
}

static void release(queue *q)
{
    free(q->numbers);
    free(q->packed);
    free(q->found);
    free(q->chosen);
    free(q->answers);
}

flx_status flx_fit_with(flx_backend *backend, const flx_fit_task *tasks, int count,
                        flx_fit_result *results, const flx_fit_options *options,
                        flx_error *error)
{
    static const flx_fit_options none = {0};
    options = options ? options : &none;
    queue q = {.backend = backend,
               .tasks = tasks,
               .results = results,
               .count = count,
               .options = options};
    for (int t = 0; t < count; t++)
        results[t] = (flx_fit_result){0};
    flx_status status = create(&q, error);
    if (status == FLX_OK)
        status = look_up(&q, error);
    if (status == FLX_OK)
        status = fit_gaussian(&q, error);
    for (int kind = FLX_PREDICTOR_CONSTANT;
         kind <= FLX_PREDICTOR_FOREST && status == FLX_OK; kind++)
        status = fit_kind(&q, (flx_predictor_kind)kind, error);
    release(&q);
    return status;
}

flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error)
{
    const flx_fit_options options = {.progress = progress};
    return flx_fit_with(backend, tasks, count, results, &options, error);
}
