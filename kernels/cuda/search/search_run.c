/* SPDX-License-Identifier: MIT
 * Generations of searches: a number of launches that does not depend on how many searches
 * there are, and only what the caller wants is downloaded. */
#include "kernels/cuda/search/search.h"

/* The most rows of a search that goes on: of its trials, of its ranking. */
static int most_rows(const flx_population *all, bool is_ranking)
{
    int most = 0;
    for (int i = 0; i < all->count; i++) {
        const flx_cuda_progress *s = &all->progress[i];
        int rows = s->members + (is_ranking ? all->populations[i].keep : 0);
        most = s->live > 0 && rows > most ? rows : most;
    }
    return most;
}

static flx_status step(const flx_population *all, int trials, int entries,
                       flx_error *error)
{
    const flx_cuda_population *populations = all->memory;
    const flx_cuda_objective *objective = &all->objective;
    cudaStream_t stream = all->cuda->stream;
    FLX_TRY(flx_cuda_check(flx_cuda_draw_trials(populations, all->count, trials, stream),
                           "launching the trials", error));
    FLX_TRY(objective->evaluate(objective->state, all->lists, all->count, all->workspace,
                                error));
    FLX_TRY(flx_cuda_check(flx_cuda_select_trials(populations, all->count, stream),
                           "launching the selection", error));
    FLX_TRY(
        flx_cuda_check(flx_cuda_rank_entries(populations, all->count, entries, stream),
                       "launching the ranking", error));
    FLX_TRY(flx_cuda_check(
        flx_cuda_reduce_population(populations, all->count, entries, stream),
        "launching the reduction", error));
    return flx_cuda_check(flx_cuda_end_generation(populations, all->count, stream),
                          "launching the next generation", error);
}

static int rows_of(const flx_population *all, int search)
{
    const flx_cuda_population *p = &all->populations[search];
    const flx_cuda_progress *s = &all->progress[search];
    if (s->n_generations == 0)
        return 0;
    if (p->kind != FLX_POPULATION_RANDOM)
        return s->members;
    return s->evaluations < p->keep ? (int)s->evaluations : p->keep;
}

flx_status flx_cuda_search_advance(flx_population *all, int generations,
                                   flx_population_report *reports, flx_error *error)
{
    int trials = most_rows(all, false), entries = most_rows(all, true);
    for (int g = 0; g < generations && trials > 0; g++)
        FLX_TRY(step(all, trials, entries, error));
    if (generations > 0 && trials > 0) {
        FLX_TRY(flx_cuda_download(all->cuda, all->progress, all->populations[0].progress,
                                  (size_t)all->count * sizeof *all->progress, error));
        FLX_TRY(flx_cuda_wait(all->cuda, error));
    }
    for (int i = 0; i < all->count; i++) {
        const flx_cuda_progress *s = &all->progress[i];
        reports[i] = (flx_population_report){.evaluations = s->evaluations,
                                             .n_generations = s->n_generations,
                                             .n_members = rows_of(all, i),
                                             .value = s->best_value,
                                             .stop = (flx_stop)s->stop};
    }
    return FLX_OK;
}

flx_status flx_cuda_search_read(flx_population *all, int search,
                                const flx_population_state *out, flx_error *error)
{
    if (search < 0 || search >= all->count)
        return flx_fail(error, FLX_BAD_INPUT, "there is no search %d of %d", search,
                        all->count);
    const flx_cuda_population *p = &all->populations[search];
    int buffer = all->progress[search].buffer;
    size_t rows = (size_t)rows_of(all, search), dimensions = (size_t)p->n_dimensions;
    if (out->best)
        FLX_TRY(flx_cuda_download(all->cuda, out->best, p->best,
                                  dimensions * sizeof(double), error));
    if (out->units)
        FLX_TRY(flx_cuda_download(all->cuda, out->units, p->units[buffer],
                                  rows * dimensions * sizeof(double), error));
    if (out->values)
        FLX_TRY(flx_cuda_download(all->cuda, out->values, p->values[buffer],
                                  rows * sizeof(double), error));
    return flx_cuda_wait(all->cuda, error);
}
