/* SPDX-License-Identifier: MIT
 * L-SHADE, current-to-pbest/1/bin with success history and linear population reduction.
 * Chosen as the default because it found the exact optimum of convex and mixed problems
 * to four digits where rand/1/bin of equal budget did not. N_init is capped at 4096 (the
 * source: 18 per dimension) and at a fiftieth of the budget, so that many knobs or a
 * small budget still leave generations enough: on the 47 knobs of a measured system 5000
 * and 20000 evaluations did best with 100 and 400 members, not the source's 846.
 *
 * Equal values: the trial wins (it may drift along a plateau), but only a
 * strictly better one counts as a success and sends its parent to the archive. */
#include "host/optimization/lshade.h"

#include "formats/memory.h"
#include "host/statistics.h"
#include "kernels/formulas/evolution.h"
#include "kernels/uniform_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int flx_lshade_population(int n_dimensions, int64_t budget)
{
    int64_t members = 18 * (int64_t)n_dimensions;
    members = members < 256 ? 256 : members > 4096 ? 4096 : members;
    int64_t share = budget / 50 > 16 ? budget / 50 : 16;
    return (int)(members < share ? members : share);
}

int flx_lshade_archive_cap(const flx_lshade *search, int n_members)
{
    return flx_archive_cap(search->archive_rate, n_members);
}

/* sum(w v^2) / sum(w v) with w = gain / largest gain; 0 where all v are 0. */
static double lehmer_mean(const double *v, const double *gain, int count, double largest)
{
    double above = 0, below = 0;
    for (int i = 0; i < count; i++) {
        double weight = flx_success_weight(gain[i], largest);
        above += weight * v[i] * v[i];
        below += weight * v[i];
    }
    return below > 0 ? above / below : 0;
}

void flx_success_memory_update(flx_success_memory *memory, const flx_successes *successes)
{
    if (successes->count == 0)
        return;
    double largest_gain = 0, largest_rate = 0;
    for (int i = 0; i < successes->count; i++) {
        if (isfinite(successes->gain[i]))
            largest_gain = fmax(largest_gain, successes->gain[i]);
        largest_rate = fmax(largest_rate, successes->crossover_rate[i]);
    }
    int slot = memory->next;
    memory->next = (slot + 1) % memory->n_slots;
    memory->scale[slot] =
        lehmer_mean(successes->scale, successes->gain, successes->count, largest_gain);
    memory->crossover_rate[slot] =
        memory->crossover_rate[slot] < 0 || largest_rate == 0
            ? -1
            : lehmer_mean(successes->crossover_rate, successes->gain, successes->count,
                          largest_gain);
}

static void destroy(flx_optimizer_state *base)
{
    flx_lshade *search = (flx_lshade *)base;
    free(search->scale);
    free(search->crossover_rate);
    free(search->ranked);
    free(search->archive);
    free(search->memory.scale);
    free(search->memory.crossover_rate);
    free(search->successes.scale);
    free(search->successes.crossover_rate);
    free(search->successes.gain);
}

static void fill_defaults(const flx_problem *problem, flx_optimizer_options *options)
{
    int usual = flx_lshade_population(problem->n_dimensions, options->budget);
    if (options->population == 0)
        options->population = usual > problem->n_initial ? usual : problem->n_initial;
    if (options->smallest_population == 0)
        options->smallest_population = 4;
    if (options->history == 0)
        options->history = 6;
    if (options->best_share == 0)
        options->best_share = 0.11;
    if (options->archive_rate == 0)
        options->archive_rate = 2.6;
}

static flx_status check(const flx_optimizer_options *options, flx_error *error)
{
    if (options->smallest_population < 4 ||
        options->population < options->smallest_population)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a population cannot shrink from %d to %d: it needs 4 members at "
                        "least",
                        options->population, options->smallest_population);
    if (options->history < 1 || !(options->best_share > 0 && options->best_share <= 1) ||
        !(options->archive_rate >= 0 && options->archive_rate <= 100))
        return flx_fail(error, FLX_BAD_INPUT,
                        "history %d must be positive, p = %g in (0, 1] and the archive "
                        "rate %g in [0, 100]",
                        options->history, options->best_share, options->archive_rate);
    return FLX_OK;
}

static flx_status allocate(flx_lshade *search, flx_error *error)
{
    int members = search->base.first_members;
    size_t width = (size_t)search->base.problem.n_dimensions;
    flx_success_memory *memory = &search->memory;
    flx_successes *successes = &search->successes;
    search->archive_rows = flx_lshade_archive_cap(search, members);
    if (FLX_NEW(search->scale, members) && FLX_NEW(search->crossover_rate, members) &&
        FLX_NEW(search->ranked, members) &&
        FLX_NEW(search->archive, (size_t)(search->archive_rows + 1) * width) &&
        FLX_NEW(memory->scale, memory->n_slots) &&
        FLX_NEW(memory->crossover_rate, memory->n_slots) &&
        FLX_NEW(successes->scale, members) &&
        FLX_NEW(successes->crossover_rate, members) && FLX_NEW(successes->gain, members))
        return FLX_OK;
    return flx_no_memory(error, "an archive of %d x %zu", search->archive_rows, width);
}

static flx_status create(flx_optimizer_state *base, const flx_optimizer_options *options,
                         flx_error *error)
{
    flx_lshade *search = (flx_lshade *)base;
    search->budget = (double)options->budget;
    search->best_share = options->best_share;
    search->archive_rate = options->archive_rate;
    search->smallest_members = options->smallest_population;
    search->memory.n_slots = options->history;
    FLX_TRY(allocate(search, error));
    for (int s = 0; s < search->memory.n_slots; s++)
        search->memory.scale[s] = search->memory.crossover_rate[s] = 0.5;
    return FLX_OK;
}

static const double *member_row(const flx_lshade *search, int index)
{
    size_t n_dimensions = (size_t)search->base.problem.n_dimensions;
    return index < search->base.n_members
               ? search->base.units + (size_t)index * n_dimensions
               : search->archive +
                     (size_t)(index - search->base.n_members) * n_dimensions;
}

/* The vectors of a trial, and the trial to be filled. */
typedef struct {
    const double *parent, *pbest, *r1, *r2;
    double *trial;
} rows;

/* Crosses over: the random numbers in `trial` become its coordinates. */
static void cross(const flx_problem *problem, flx_rng_key key, flx_rates rates, rows r)
{
    r.trial[rates.j_rand] = -1;
    if (!problem->dimensions) {
#pragma omp simd
        for (int d = 0; d < problem->n_dimensions; d++) {
            flx_de_values values = {r.parent[d], r.parent[d], r.pbest[d], r.r1[d],
                                    r.r2[d]};
            r.trial[d] = flx_cross_continuous(r.trial[d], values, rates);
        }
        return;
    }
    for (int d = 0; d < problem->n_dimensions; d++) {
        flx_de_values values = {r.parent[d], r.parent[d], r.pbest[d], r.r1[d], r.r2[d]};
        r.trial[d] = flx_cross_dimension(r.trial[d], key, d, problem->dimensions[d],
                                         values, rates);
    }
}

/* Draws F, CR and the values of member i, and its trial. */
static void draw_trial(const flx_lshade *search, int i)
{
    int n_members = search->base.n_members,
        n_dimensions = search->base.problem.n_dimensions;
    flx_rng_key key = {search->base.seed, (uint32_t)i, search->base.generation};
    int slot = flx_pick(key, FLX_PICK_SLOT, search->memory.n_slots);
    search->scale[i] = flx_draw_scale(key, search->memory.scale[slot]);
    search->crossover_rate[i] =
        flx_draw_crossover_rate(key, search->memory.crossover_rate[slot]);
    flx_de_indices c =
        flx_draw_pbest(key, n_members, search->n_archived,
                       flx_pbest_count(search->best_share, n_members), n_dimensions);
    c.rates.scale = search->scale[i];
    c.rates.crossover_rate = search->crossover_rate[i];
    c.rates.resample = search->base.resample;
    rows r = {member_row(search, i), member_row(search, search->ranked[c.pbest]),
              member_row(search, c.r1), member_row(search, c.r2),
              search->base.trials + (size_t)i * (size_t)n_dimensions};
    flx_uniform_row(search->base.seed, FLX_STREAM_CROSSOVER, key.individual,
                    key.generation, n_dimensions, r.trial);
    cross(&search->base.problem, key, c.rates, r);
}

static void propose(flx_optimizer_state *base, int count)
{
    flx_lshade *search = (flx_lshade *)base;
    flx_rank(base->values, base->n_members, search->ranked);
#pragma omp parallel for schedule(                                                       \
    static) if (flx_is_worth_threads(count, base->problem.n_dimensions))
    for (int i = 0; i < count; i++)
        draw_trial(search, i);
}

/* A full archive loses a random row; the last row then takes its place. */
static void evict(flx_lshade *search)
{
    size_t n_dimensions = (size_t)search->base.problem.n_dimensions;
    int victim =
        flx_below(search->base.seed, FLX_STREAM_EVICT, 0, search->base.generation,
                  search->n_evicted++, search->n_archived);
    search->n_archived--;
    memmove(search->archive + (size_t)victim * n_dimensions,
            search->archive + (size_t)search->n_archived * n_dimensions,
            n_dimensions * sizeof(double));
}

static void archive_parent(flx_lshade *search, int i)
{
    size_t n_dimensions = (size_t)search->base.problem.n_dimensions;
    memcpy(search->archive + (size_t)search->n_archived * n_dimensions,
           search->base.units + (size_t)i * n_dimensions, n_dimensions * sizeof(double));
    search->n_archived++;
    if (search->n_archived > flx_lshade_archive_cap(search, search->base.n_members))
        evict(search);
}

static void record_success(flx_lshade *search, int i, double value)
{
    flx_successes *successes = &search->successes;
    successes->scale[successes->count] = search->scale[i];
    successes->crossover_rate[successes->count] = search->crossover_rate[i];
    successes->gain[successes->count] = search->base.values[i] - value;
    successes->count++;
}

/* Of equal ones the last, as flx_rank has it. A few are found faster than all are ranked.
 */
static int worst_member(const flx_lshade *search)
{
    int worst = -1;
    for (int i = 0; i < search->base.n_members; i++)
        if (!isnan(search->base.values[i]) &&
            (worst < 0 || search->base.values[i] >= search->base.values[worst]))
            worst = i;
    return worst;
}

/* Drops the worst until the population has the size that its share of the budget gives.
 */
static void shrink(flx_lshade *search)
{
    size_t n_dimensions = (size_t)search->base.problem.n_dimensions;
    int wanted = flx_population_size(search->base.first_members, search->smallest_members,
                                     search->evaluations, search->budget);
    if (wanted >= search->base.n_members)
        return;
    for (int left = search->base.n_members; left > wanted; left--)
        search->base.values[worst_member(search)] = NAN; /* marks who leaves */
    int kept = 0;
    for (int i = 0; i < search->base.n_members; i++) {
        if (isnan(search->base.values[i]))
            continue;
        memmove(search->base.units + (size_t)kept * n_dimensions,
                search->base.units + (size_t)i * n_dimensions,
                n_dimensions * sizeof(double));
        search->base.values[kept++] = search->base.values[i];
    }
    search->base.n_members = wanted;
    while (search->n_archived > flx_lshade_archive_cap(search, wanted))
        evict(search);
}

static void select_survivors(flx_lshade *search, const double *values, int count)
{
    size_t n_dimensions = (size_t)search->base.problem.n_dimensions;
    search->successes.count = 0;
    for (int i = 0; i < count; i++) {
        if (values[i] > search->base.values[i])
            continue;
        if (values[i] < search->base.values[i]) {
            archive_parent(search, i);
            record_success(search, i, values[i]);
        }
        memcpy(search->base.units + (size_t)i * n_dimensions,
               search->base.trials + (size_t)i * n_dimensions,
               n_dimensions * sizeof(double));
        search->base.values[i] = values[i];
    }
    flx_success_memory_update(&search->memory, &search->successes);
}

static void accept(flx_optimizer_state *base, const double *values, int count)
{
    flx_lshade *search = (flx_lshade *)base;
    if (base->generation > 0)
        select_survivors(search, values, count);
    search->evaluations += count;
    search->n_evicted = 0;
    shrink(search);
}

const flx_optimizer flx_lshade_optimizer = {
    .name = "lshade",
    .budget = 100000,
    .keeps_population = true,
    .state_size = sizeof(flx_lshade),
    .fill_defaults = fill_defaults,
    .check = check,
    .create = create,
    .destroy = destroy,
    .propose = propose,
    .accept = accept,
};
