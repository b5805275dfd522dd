/* SPDX-License-Identifier: MIT */
#include "host/optimization/weight_search.h"

#include "formats/memory.h"

#include <stdlib.h>

/* A search that the host runs. */
typedef struct {
    const flx_search_task *task;
    flx_search *search;
    int k;
    double *scaled; /* (largest batch, k) normalized settings; NULL for a sum */
    double *losses; /* (largest batch) */
} host_search;

typedef struct {
    flx_backend *backend;
    flx_weighting_set *set;
    int n_searches;
    host_search *searches;
    flx_weighting_query *queries; /* (n_searches) of the searches that are not done */
    int *live;                    /* (n_searches) their indices */
} rounds;

void flx_weights_normalize(const double *weights, int count, int k, double *scaled)
{
    for (size_t i = 0; i < (size_t)count; i++) {
        size_t row = i * (size_t)k;
        double sum = 0;
        for (size_t j = 0; j < (size_t)k; j++)
            sum += weights[row + j];
        double factor = 1 / sum;
        for (size_t j = 0; j < (size_t)k; j++)
            scaled[row + j] = weights[row + j] * factor;
    }
}

static void clear(rounds *r)
{
    for (int t = 0; t < r->n_searches && r->searches; t++) {
        flx_search_destroy(r->searches[t].search);
        free(r->searches[t].scaled);
        free(r->searches[t].losses);
    }
    free(r->searches);
    free(r->queries);
    free(r->live);
}

static flx_status create_trial(const flx_search_task *task, host_search *t,
                               flx_error *error)
{
    *t = (host_search){.task = task, .k = task->problem.n_dimensions};
    FLX_TRY(flx_search_create(task->optimizer, &task->problem, &task->options, &t->search,
                              error));
    size_t largest = (size_t)flx_search_largest_batch(t->search);
    bool is_whole = FLX_NEW(t->losses, largest) &&
                    (!task->is_normalized || FLX_NEW(t->scaled, largest * (size_t)t->k));
    return is_whole ? FLX_OK : flx_no_memory(error, "%zu candidates", largest);
}

static flx_status create(rounds *r, const flx_search_task *searches, flx_error *error)
{
    if (!FLX_NEW(r->searches, r->n_searches) || !FLX_NEW(r->queries, r->n_searches) ||
        !FLX_NEW(r->live, r->n_searches))
        return flx_no_memory(error, "%d searches", r->n_searches);
    for (int t = 0; t < r->n_searches; t++)
        FLX_TRY(create_trial(&searches[t], &r->searches[t], error));
    return FLX_OK;
}

static void propose(rounds *r, int at)
{
    host_search *t = &r->searches[r->live[at]];
    int count;
    const double *weights = flx_search_propose(t->search, &count);
    if (t->scaled)
        flx_weights_normalize(weights, count, t->k, t->scaled);
    r->queries[at] = (flx_weighting_query){.problem = t->task->objective,
                                           .count = count,
                                           .weights = t->scaled ? t->scaled : weights,
                                           .losses = t->losses};
}

static int gather_live(rounds *r)
{
    int count = 0;
    for (int t = 0; t < r->n_searches; t++)
        if (!flx_search_is_done(r->searches[t].search))
            r->live[count++] = t;
    return count;
}

/* Rounds until every search is done. */
static flx_status search(rounds *r, const flx_progress *progress, flx_error *error)
{
    int threads = r->backend->threads;
    double done = 0, total = 0;
    for (int t = 0; t < r->n_searches; t++)
        total += (double)r->searches[t].task->options.budget;
    for (int live = gather_live(r); live > 0; live = gather_live(r)) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (live > 1)
        for (int at = 0; at < live; at++)
            propose(r, at);
        FLX_TRY(
            r->backend->operations->weighting_losses(r->set, r->queries, live, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (live > 1)
        for (int at = 0; at < live; at++) {
            host_search *t = &r->searches[r->live[at]];
            flx_search_accept(t->search, t->losses);
        }
        for (int at = 0; at < live; at++)
            done += r->queries[at].count;
        flx_progress_report(progress, done, total);
    }
    return FLX_OK;
}

static flx_status search_on_host(rounds *r, const flx_search_task *searches,
                                 const flx_progress *progress, flx_optimum **optima,
                                 flx_error *error)
{
    FLX_TRY(create(r, searches, error));
    FLX_TRY(search(r, progress, error));
    for (int t = 0; t < r->n_searches; t++)
        FLX_TRY(flx_search_result(r->searches[t].search, &optima[t], error));
    return FLX_OK;
}

static bool is_for_device(const rounds *r, const flx_search_task *searches)
{
    bool fits = r->backend->operations->weighting_search != NULL;
    for (int t = 0; t < r->n_searches && fits; t++)
        fits = flx_device_search_fits(&searches[t]);
    return fits;
}

flx_status flx_weight_search_run(flx_backend *backend, flx_weighting_set *set,
                                 const flx_search_task *searches, int count,
                                 const flx_progress *progress, flx_optimum **optima,
                                 flx_error *error)
{
    rounds r = {.backend = backend, .set = set, .n_searches = count};
    if (is_for_device(&r, searches)) {
        flx_device_objective objective = {.backend = backend, .set = set};
        return flx_device_search_run(&objective, searches, count, progress, optima,
                                     error);
    }
    for (int t = 0; t < count; t++)
        optima[t] = NULL;
    flx_status status = search_on_host(&r, searches, progress, optima, error);
    for (int t = 0; t < count && status != FLX_OK; t++) {
        flx_optimum_destroy(optima[t]);
        optima[t] = NULL;
    }
    clear(&r);
    return status;
}
