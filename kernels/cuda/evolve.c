/* SPDX-License-Identifier: MIT
 * Differential evolution of the weights of blends: populations go to the device once,
 * then four launches a generation, whatever the number of runs, and come back once. */
#include "kernels/cuda/blend.h"

#include <string.h>

/* A run is a y index, and a grid has 65535 of those. */
enum { MOST_RUNS = 32768 };

typedef struct {
    flx_blend_set *set;
    flx_evolution *runs;
    int count, n_tiles, members, generations; /* the last two: the most of all runs */
    size_t described, tiles, sums;            /* offsets */
} chunk;

typedef struct {
    size_t weights, losses, trials, candidates, trial_losses, partial;
} places;

static const flx_cuda_blend_member *member_of(const chunk *c, const flx_evolution *run)
{
    return &c->set->members[run->problem];
}

static size_t weights_size(const chunk *c, const flx_evolution *run)
{
    return (size_t)run->members * (size_t)member_of(c, run)->k * sizeof(double);
}

/* Weights and losses are answered, and uploaded to the same place. */
static places place_run(const chunk *c, const flx_evolution *run, flx_cuda_layout *l)
{
    size_t genes = weights_size(c, run), members = (size_t)run->members;
    size_t parts = (size_t)flx_cuda_blend_parts(member_of(c, run));
    places at = {.weights = flx_cuda_take(&l->answer, genes),
                 .losses = flx_cuda_take(&l->answer, members * sizeof(double)),
                 .trials = flx_cuda_take(&l->scratch, genes),
                 .trial_losses = flx_cuda_take(&l->scratch, members * sizeof(double)),
                 .partial = flx_cuda_take(&l->scratch, members * parts * sizeof(double))};
    at.candidates = run->is_normalised ? flx_cuda_take(&l->scratch, genes) : at.trials;
    return at;
}

static void place_shared(chunk *c, flx_cuda_layout *l)
{
    size_t count = (size_t)c->count, tiles = (size_t)c->n_tiles;
    c->described = flx_cuda_take(&l->upload, count * sizeof(flx_cuda_run));
    c->tiles = flx_cuda_take(&l->upload, tiles * sizeof(flx_cuda_blend_tile));
    c->sums = flx_cuda_take(&l->upload, count * sizeof(flx_cuda_blend_sum));
}

static flx_cuda_run describe(const chunk *c, const flx_evolution *run, places at)
{
    const flx_cuda *cuda = c->set->cuda;
    return (flx_cuda_run){
        .members = run->members,
        .k = member_of(c, run)->k,
        .is_normalised = run->is_normalised,
        .generations = run->generations,
        .seed = run->seed,
        .first = run->generation,
        .scale = run->scale,
        .crossover_rate = run->crossover_rate,
        .weights = flx_cuda_on_device(cuda, at.weights),
        .losses = flx_cuda_on_device(cuda, at.losses),
        .trials = flx_cuda_on_device(cuda, at.trials),
        .candidates = flx_cuda_on_device(cuda, at.candidates),
        .trial_losses = flx_cuda_on_device(cuda, at.trial_losses),
    };
}

static void fill_chunk(const chunk *c, flx_cuda_layout l)
{
    const flx_cuda *cuda = c->set->cuda;
    flx_cuda_run *described = flx_cuda_on_host(cuda, c->described);
    flx_cuda_blend_tile *tiles = flx_cuda_on_host(cuda, c->tiles);
    flx_cuda_blend_sum *sums = flx_cuda_on_host(cuda, c->sums);
    for (int r = 0; r < c->count; r++) {
        const flx_evolution *run = &c->runs[r];
        const flx_cuda_blend_member *m = member_of(c, run);
        places at = place_run(c, run, &l);
        described[r] = describe(c, run, at);
        tiles += flx_cuda_blend_fill(m, run->members, described[r].candidates,
                                     flx_cuda_on_device(cuda, at.partial), tiles);
        sums[r] =
            (flx_cuda_blend_sum){.parts = flx_cuda_blend_parts(m),
                                 .count = run->members,
                                 .partial = flx_cuda_on_device(cuda, at.partial),
                                 .losses = flx_cuda_on_device(cuda, at.trial_losses)};
        memcpy(flx_cuda_on_host(cuda, at.weights), run->weights, weights_size(c, run));
        if (run->generation > 0)
            memcpy(flx_cuda_on_host(cuda, at.losses), run->losses,
                   (size_t)run->members * sizeof(double));
    }
}

static flx_status advance(const chunk *c, int step, flx_error *error)
{
    const flx_cuda *cuda = c->set->cuda;
    const flx_cuda_run *runs = flx_cuda_on_device(cuda, c->described);
    FLX_TRY(flx_cuda_check(
        flx_cuda_draw_trials(runs, c->count, c->members, step, cuda->stream),
        "launching the trials", error));
    FLX_TRY(flx_cuda_check(flx_cuda_blend_tiles(flx_cuda_on_device(cuda, c->tiles),
                                                c->n_tiles, cuda->stream),
                           "launching the losses", error));
    FLX_TRY(flx_cuda_check(
        flx_cuda_blend_sums(flx_cuda_on_device(cuda, c->sums), c->count, cuda->stream),
        "launching the sums of losses", error));
    return flx_cuda_check(flx_cuda_select(runs, c->count, c->members, step, cuda->stream),
                          "launching the selection", error);
}

static void collect(const chunk *c, flx_cuda_layout l)
{
    const flx_cuda *cuda = c->set->cuda;
    for (int r = 0; r < c->count; r++) {
        flx_evolution *run = &c->runs[r];
        places at = place_run(c, run, &l);
        if (run->generations < 1)
            continue;
        memcpy(run->weights, flx_cuda_on_host(cuda, at.weights), weights_size(c, run));
        memcpy(run->losses, flx_cuda_on_host(cuda, at.losses),
               (size_t)run->members * sizeof(double));
    }
}

static flx_status run_chunk(chunk *c, flx_error *error)
{
    flx_cuda *cuda = c->set->cuda;
    if (c->generations == 0)
        return FLX_OK;
    flx_cuda_layout l = {0};
    place_shared(c, &l);
    for (int r = 0; r < c->count; r++)
        place_run(c, &c->runs[r], &l);
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_room(cuda, &l, error));
    place_shared(c, &l);
    fill_chunk(c, l);
    FLX_TRY(flx_cuda_upload(cuda, cuda->device.memory, cuda->host.memory, l.first_scratch,
                            error));
    for (int step = 0; step < c->generations; step++)
        FLX_TRY(advance(c, step, error));
    FLX_TRY(flx_cuda_layout_answer(cuda, &l, error));
    collect(c, l);
    return FLX_OK;
}

static flx_status check_run(const flx_blend_set *set, const flx_evolution *run, int at,
                            flx_error *error)
{
    if (run->problem < 0 || run->problem >= set->count)
        return flx_fail(error, FLX_BAD_INPUT,
                        "run %d asks for blend %d, which is not there", at, run->problem);
    if (run->members < 4)
        return flx_fail(error, FLX_BAD_INPUT,
                        "run %d has a population of %d: rand/1 needs at least 4", at,
                        run->members);
    return FLX_OK;
}

static size_t run_size(const chunk *c, const flx_evolution *run)
{
    flx_cuda_layout l = {0};
    place_run(c, run, &l);
    return l.answer + l.scratch + sizeof(flx_cuda_run) + sizeof(flx_cuda_blend_sum) +
           (size_t)flx_cuda_blend_tile_count(member_of(c, run), run->members) *
               sizeof(flx_cuda_blend_tile);
}

static void add_run(chunk *c, const flx_evolution *run)
{
    c->n_tiles += flx_cuda_blend_tile_count(member_of(c, run), run->members);
    c->members = run->members > c->members ? run->members : c->members;
    c->generations =
        run->generations > c->generations ? run->generations : c->generations;
    c->count++;
}

flx_status flx_cuda_evolve(flx_blend_set *set, flx_evolution *runs, int count,
                           flx_error *error)
{
    for (int r = 0; r < count; r++)
        FLX_TRY(check_run(set, &runs[r], r, error));
    size_t budget = count ? flx_cuda_budget(set->cuda) : 0, used = 0;
    chunk c = {.set = set, .runs = runs};
    for (int r = 0; r < count; r++) {
        size_t size = run_size(&c, &runs[r]);
        if (c.count == MOST_RUNS || (c.count > 0 && used + size > budget)) {
            FLX_TRY(run_chunk(&c, error));
            c = (chunk){.set = set, .runs = runs + r};
            used = 0;
        }
        used += size;
        add_run(&c, &runs[r]);
    }
    return run_chunk(&c, error);
}
