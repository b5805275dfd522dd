/* SPDX-License-Identifier: MIT
 * Weights searched for on the device: the losses of what a search proposes, two
 * launches a generation for all searches. */
#include "kernels/cuda/search.h"

#include "formats/memory.h"
#include "kernels/cuda/weighting.h"

#include <stdlib.h>
#include <string.h>

/* Offsets into the memory of an objective: what is uploaded, then partial sums. */
typedef struct {
    size_t tiles, sums, partial, end;
    int n_tiles;
} places;

static const flx_cuda_weighting_member *member_of(const flx_weighting_set *set,
                                                  const flx_cuda_candidates *list)
{
    return &set->members[list->problem];
}

static size_t partial_size(const flx_weighting_set *set, const flx_cuda_candidates *list)
{
    return (size_t)flx_cuda_weighting_parts(member_of(set, list)) *
           (size_t)list->capacity * sizeof(double);
}

static places place(const flx_weighting_set *set, const flx_cuda_candidates *lists,
                    int count)
{
    places at = {0};
    for (int i = 0; i < count; i++)
        at.n_tiles +=
            flx_cuda_weighting_tile_count(member_of(set, &lists[i]), lists[i].capacity);
    at.tiles =
        flx_cuda_take(&at.end, (size_t)at.n_tiles * sizeof(flx_cuda_weighting_tile));
    at.sums = flx_cuda_take(&at.end, (size_t)count * sizeof(flx_cuda_weighting_sum));
    at.partial = at.end;
    for (int i = 0; i < count; i++)
        flx_cuda_take(&at.end, partial_size(set, &lists[i]));
    return at;
}

static size_t workspace_size(const void *state, const flx_cuda_candidates *lists,
                             int count)
{
    return place(state, lists, count).end;
}

static void describe(const flx_weighting_set *set, const flx_cuda_candidates *lists,
                     int count, places at, char *memory, char *image)
{
    flx_cuda_weighting_tile *tiles =
        (flx_cuda_weighting_tile *)(void *)(image + at.tiles);
    flx_cuda_weighting_sum *sums = (flx_cuda_weighting_sum *)(void *)(image + at.sums);
    size_t cursor = at.partial;
    for (int i = 0; i < count; i++) {
        const flx_cuda_candidates *list = &lists[i];
        const flx_cuda_weighting_member *m = member_of(set, list);
        double *partial =
            (double *)(void *)(memory + flx_cuda_take(&cursor, partial_size(set, list)));
        flx_cuda_weighting_query query = {list->capacity, list->live, list->candidates,
                                          partial, list->values};
        tiles += flx_cuda_weighting_fill(m, &query, tiles, &sums[i]);
    }
}

static flx_status prepare(void *state, const flx_cuda_candidates *lists, int count,
                          void *memory, flx_error *error)
{
    const flx_weighting_set *set = state;
    places at = place(set, lists, count);
    FLX_SCOPED char *image = NULL;
    if (!FLX_NEW(image, at.partial))
        return flx_no_memory(error, "%d tiles of candidates", at.n_tiles);
    describe(set, lists, count, at, memory, image);
    flx_status status = flx_cuda_upload(set->cuda, memory, image, at.partial, error);
    flx_status waited = flx_cuda_wait(set->cuda, status == FLX_OK ? error : NULL);
    return status != FLX_OK ? status : waited;
}

static flx_status evaluate(void *state, const flx_cuda_candidates *lists, int count,
                           void *memory, flx_error *error)
{
    const flx_weighting_set *set = state;
    places at = place(set, lists, count);
    const char *base = memory;
    FLX_TRY(flx_cuda_check(flx_cuda_weighting_tiles((const void *)(base + at.tiles),
                                                    at.n_tiles, set->cuda->stream),
                           "launching the losses", error));
    return flx_cuda_check(
        flx_cuda_weighting_sums((const void *)(base + at.sums), count, set->cuda->stream),
        "launching the sums of losses", error);
}

flx_status flx_cuda_weighting_search(flx_weighting_set *set,
                                     const flx_population_search *searches, int count,
                                     flx_population **out, flx_error *error)
{
    *out = NULL;
    for (int i = 0; i < count; i++) {
        const flx_population_search *search = &searches[i];
        if (search->problem < 0 || search->problem >= set->count)
            return flx_fail(error, FLX_BAD_INPUT, "search %d names weighting %d of %d", i,
                            search->problem, set->count);
        int k = set->members[search->problem].k;
        if (search->n_dimensions != k)
            return flx_fail(error, FLX_BAD_INPUT,
                            "search %d has %d dimensions, weighting %d has %d models", i,
                            search->n_dimensions, search->problem, k);
    }
    flx_cuda_objective objective = {set, workspace_size, prepare, evaluate};
    return flx_cuda_search_create(set->cuda, objective, searches, count, out, error);
}
