/* SPDX-License-Identifier: MIT
 * Populations of searches on the device, laid out and uploaded once. */
#include "kernels/cuda/search/search.h"

#include "formats/memory.h"
#include "kernels/formulas/evolution.h"

#include <stdlib.h>
#include <string.h>

/* Device memory being laid out: inputs are uploaded, what follows them starts at 0. */
typedef struct {
    char *base; /* NULL: only measured */
    size_t cursor;
} region;

static void *take(region *r, size_t count, size_t size)
{
    size_t at = flx_cuda_take(&r->cursor, count * size);
    return r->base ? r->base + at : NULL;
}

static double *take_doubles(region *r, size_t rows, size_t columns)
{
    return take(r, rows * columns, sizeof(double));
}

static bool needs_no_candidates(const flx_population_search *search)
{
    return !search->dimensions && !search->is_normalized;
}

static flx_cuda_population describe(const flx_population_search *search)
{
    return (flx_cuda_population){
        .kind = (int)search->kind,
        .n_dimensions = search->n_dimensions,
        .members = search->members,
        .is_normalized = search->is_normalized,
        .is_maximized = search->is_maximized,
        .n_initial = search->n_initial,
        .has_target = search->has_target,
        .patience = search->patience,
        .keep = search->kind == FLX_POPULATION_RANDOM ? search->keep : 0,
        .n_slots = search->kind == FLX_POPULATION_LSHADE ? search->history : 0,
        .smallest_members = search->smallest_members,
        .budget = search->budget,
        .seed = search->seed,
        .target = search->target,
        .tolerance = search->tolerance,
        .scale = search->scale,
        .crossover_rate = search->crossover_rate,
        .resample = flx_resample_chance(search->dimensions, search->n_dimensions),
        .best_share = search->best_share,
        .archive_rate = search->archive_rate,
    };
}

static void place_inputs(const flx_population_search *search, flx_cuda_population *p,
                         region *r)
{
    size_t dimensions = (size_t)search->n_dimensions, slots = (size_t)p->n_slots;
    p->dimensions =
        search->dimensions ? take(r, dimensions, sizeof(flx_dimension)) : NULL;
    p->initial = take_doubles(r, (size_t)search->n_initial, dimensions);
    p->memory_scale = take_doubles(r, slots, 1);
    p->memory_rate = take_doubles(r, slots, 1);
}

static void place_lshade(flx_cuda_population *p, region *r)
{
    size_t members = (size_t)p->members;
    size_t cap = (size_t)flx_archive_cap(p->archive_rate, p->members);
    p->trial_scale = take_doubles(r, members, 1);
    p->trial_rate = take_doubles(r, members, 1);
    p->terms = take_doubles(r, members, 4);
    p->archive = take_doubles(r, cap, (size_t)p->n_dimensions);
    p->archive_from = take(r, cap, sizeof(int));
    p->gains = take_doubles(r, members, 1);
    p->evicted_slots = take(r, members, sizeof(int));
    p->successes = take(r, members, sizeof(int));
}

static void place_population(const flx_population_search *search, flx_cuda_population *p,
                             region *r)
{
    size_t members = (size_t)p->members, keep = (size_t)p->keep;
    size_t rows = keep ? keep : members, dimensions = (size_t)p->n_dimensions;
    for (int b = 0; b < 2; b++) {
        p->units[b] = take_doubles(r, rows, dimensions);
        p->values[b] = take_doubles(r, rows, 1);
    }
    p->trials = take_doubles(r, members, dimensions);
    p->candidates =
        needs_no_candidates(search) ? p->trials : take_doubles(r, members, dimensions);
    p->trial_values = take_doubles(r, members, 1);
    p->best = take_doubles(r, dimensions, 1);
    p->is_replaced = take(r, members, sizeof(int));
    p->places = take(r, members + keep, sizeof(int));
    p->ranked = take(r, members, sizeof(int));
    if (p->kind == FLX_POPULATION_LSHADE)
        place_lshade(p, r);
}

/* Everything; returns how many bytes of it are uploaded. */
static size_t place(flx_population *all, const flx_population_search *searches, region *r)
{
    size_t count = (size_t)all->count;
    take(r, count, sizeof(flx_cuda_population));
    flx_cuda_progress *progress = take(r, count, sizeof *progress);
    for (size_t i = 0; i < count; i++) {
        all->populations[i] = describe(&searches[i]);
        all->populations[i].progress = progress ? progress + i : NULL;
        place_inputs(&searches[i], &all->populations[i], r);
    }
    size_t uploaded = r->cursor;
    for (size_t i = 0; i < count; i++)
        place_population(&searches[i], &all->populations[i], r);
    return uploaded;
}

/* The same place in the image of what is uploaded. */
static void *in_image(const flx_population *all, char *image, const void *device)
{
    return image + ((const char *)device - (const char *)all->memory);
}

static void write_search(const flx_population *all, const flx_population_search *search,
                         int at, char *image)
{
    const flx_cuda_population *p = &all->populations[at];
    flx_cuda_progress *progress = in_image(all, image, p->progress);
    int64_t members = search->members;
    *progress = (flx_cuda_progress){
        .live = (int)(search->budget < members ? search->budget : members),
        .members = search->members,
        .best_value = HUGE_VAL};
    all->progress[at] = *progress;
    size_t dimensions = (size_t)search->n_dimensions;
    if (search->dimensions)
        memcpy(in_image(all, image, p->dimensions), search->dimensions,
               dimensions * sizeof(flx_dimension));
    if (search->n_initial)
        memcpy(in_image(all, image, p->initial), search->initial,
               (size_t)search->n_initial * dimensions * sizeof(double));
    double *scale = in_image(all, image, p->memory_scale);
    double *rate = in_image(all, image, p->memory_rate);
    for (int slot = 0; slot < p->n_slots; slot++)
        scale[slot] = rate[slot] = 0.5;
}

static flx_status upload(const flx_population *all, const flx_population_search *searches,
                         size_t uploaded, size_t size, flx_error *error)
{
    FLX_SCOPED char *image = NULL;
    if (!FLX_NEW(image, uploaded))
        return flx_no_memory(error, "%d searches", all->count);
    memcpy(image, all->populations, (size_t)all->count * sizeof *all->populations);
    for (int i = 0; i < all->count; i++)
        write_search(all, &searches[i], i, image);
    flx_status status =
        flx_cuda_check(cudaMemsetAsync((char *)all->memory + uploaded, 0, size - uploaded,
                                       all->cuda->stream),
                       "clearing the searches", error);
    if (status == FLX_OK)
        status = flx_cuda_upload(all->cuda, all->memory, image, uploaded, error);
    flx_status waited = flx_cuda_wait(all->cuda, status == FLX_OK ? error : NULL);
    return status != FLX_OK ? status : waited;
}

static flx_status prepare_objective(flx_population *all, flx_error *error)
{
    for (int i = 0; i < all->count; i++) {
        const flx_cuda_population *p = &all->populations[i];
        all->lists[i] = (flx_cuda_candidates){.problem = all->lists[i].problem,
                                              .capacity = p->members,
                                              .n_dimensions = p->n_dimensions,
                                              .candidates = p->candidates,
                                              .live = &p->progress->live,
                                              .values = p->trial_values};
    }
    const flx_cuda_objective *objective = &all->objective;
    size_t size = objective->workspace_size(objective->state, all->lists, all->count);
    FLX_TRY(flx_cuda_allocate(all->cuda, &all->workspace, size,
                              "evaluating the candidates", error));
    return objective->prepare(objective->state, all->lists, all->count, all->workspace,
                              error);
}

static flx_status fill(flx_population *all, const flx_population_search *searches,
                       flx_error *error)
{
    if (!FLX_NEW(all->populations, all->count) || !FLX_NEW(all->progress, all->count) ||
        !FLX_NEW(all->lists, all->count))
        return flx_no_memory(error, "%d searches", all->count);
    for (int i = 0; i < all->count; i++)
        all->lists[i].problem = searches[i].problem;
    if (all->count == 0)
        return FLX_OK;
    region measured = {0};
    place(all, searches, &measured);
    FLX_TRY(flx_cuda_allocate(all->cuda, &all->memory, measured.cursor,
                              "the populations of the searches", error));
    region laid = {all->memory, 0};
    size_t uploaded = place(all, searches, &laid);
    FLX_TRY(upload(all, searches, uploaded, laid.cursor, error));
    return prepare_objective(all, error);
}

flx_status flx_cuda_search_create(flx_cuda *cuda, flx_cuda_objective objective,
                                  const flx_population_search *searches, int count,
                                  flx_population **out, flx_error *error)
{
    *out = NULL;
    FLX_TRY(flx_population_check(searches, count, error));
    flx_population *all;
    if (!FLX_NEW(all, 1))
        return flx_no_memory(error, "%d searches", count);
    *all = (flx_population){.cuda = cuda, .objective = objective, .count = count};
    flx_status status = fill(all, searches, error);
    if (status == FLX_OK)
        *out = all;
    else
        flx_cuda_search_release(all);
    return status;
}

void flx_cuda_search_release(flx_population *all)
{
    if (!all)
        return;
    cudaFree(all->workspace);
    cudaFree(all->memory);
    free(all->lists);
    free(all->progress);
    free(all->populations);
    free(all);
}
