/* SPDX-License-Identifier: MIT
 * Differential evolution rand/1/bin (Storn & Price 1997), deferred: a whole generation is
 * drawn from the population before it, then evaluated, and a trial that is not worse than
 * its parent takes the parent's place. The paper's mode of output weighting and tuning.
 */
#include "host/optimization/optimizer_kind.h"
#include "kernels/formulas/evolution.h"

#include <string.h>

enum { DEFAULT_POPULATION = 100, SMALLEST_POPULATION = 4 };

typedef struct {
    flx_optimizer_state base;
    double scale, crossover_rate;
} evolution;

static void fill_defaults(const flx_problem *problem, flx_optimizer_options *options)
{
    if (options->scale == 0)
        options->scale = 0.5;
    if (options->crossover_rate == 0)
        options->crossover_rate = 0.9;
    if (options->population == 0)
        options->population = problem->n_initial > DEFAULT_POPULATION
                                  ? problem->n_initial
                                  : DEFAULT_POPULATION;
}

static flx_status check(const flx_optimizer_options *options, flx_error *error)
{
    if (options->population < SMALLEST_POPULATION)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "a population of %d is too small: rand/1 needs at least %d members",
            options->population, SMALLEST_POPULATION);
    if (!(options->scale > 0 && options->scale <= 2) ||
        !(options->crossover_rate > 0 && options->crossover_rate <= 1))
        return flx_fail(error, FLX_BAD_INPUT,
                        "F = %g must be in (0, 2] and CR = %g in (0, 1]", options->scale,
                        options->crossover_rate);
    return FLX_OK;
}

static flx_status create(flx_optimizer_state *base, const flx_optimizer_options *options,
                         flx_error *error)
{
    evolution *search = (evolution *)base;
    (void)error;
    search->scale = options->scale;
    search->crossover_rate = options->crossover_rate;
    return FLX_OK;
}

static void draw_trial(const evolution *search, int i)
{
    const flx_optimizer_state *s = &search->base;
    int n_dimensions = s->problem.n_dimensions;
    size_t width = (size_t)n_dimensions;
    flx_rng_key key = {s->seed, (uint32_t)i, s->generation};
    flx_rates rates = {search->scale, search->crossover_rate, s->resample, 0};
    flx_de_indices c = flx_draw_rand1(key, s->n_members, n_dimensions, rates);
    const double *parent = s->units + (size_t)i * width;
    const double *base = s->units + (size_t)c.base * width;
    const double *r1 = s->units + (size_t)c.r1 * width;
    const double *r2 = s->units + (size_t)c.r2 * width;
    double *trial = s->trials + (size_t)i * width;
    for (int d = 0; d < n_dimensions; d++) {
        flx_de_values values = {parent[d], base[d], base[d], r1[d], r2[d]};
        trial[d] = flx_trial_dimension(key, d, flx_search_dimension_of(&s->problem, d),
                                       values, c.rates);
    }
}

static void propose(flx_optimizer_state *base, int count)
{
#pragma omp parallel for schedule(                                                       \
    static) if (flx_is_worth_threads(count, base->problem.n_dimensions))
    for (int i = 0; i < count; i++)
        draw_trial((const evolution *)base, i);
}

static void accept(flx_optimizer_state *s, const double *values, int count)
{
    size_t n_dimensions = (size_t)s->problem.n_dimensions;
    for (int i = 0; i < count && s->generation > 0; i++) {
        size_t row = (size_t)i * n_dimensions;
        if (values[i] > s->values[i])
            continue;
        memcpy(s->units + row, s->trials + row, n_dimensions * sizeof *s->units);
        s->values[i] = values[i];
    }
}

const flx_optimizer flx_differential_evolution = {
    .name = "de",
    .budget = 20000,
    .keeps_population = true,
    .state_size = sizeof(evolution),
    .fill_defaults = fill_defaults,
    .check = check,
    .create = create,
    .propose = propose,
    .accept = accept,
};
