/* SPDX-License-Identifier: MIT
 * Differential evolution rand/1/bin (Storn & Price 1997), deferred: a whole generation is
 * drawn from the population before it, then evaluated, and a trial that is not worse than
 * its parent takes the parent's place. The paper's mode of output weighting and tuning.
 */
#include "host/optimization/optimizer_kind.h"
#include "kernels/formulas/evolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_POPULATION = 100, SMALLEST_POPULATION = 4 };

typedef struct {
    flx_problem problem;
    uint64_t seed;
    double scale, crossover_rate, resample;
    int n_members;
    uint32_t generation; /* 0: the first population has not been evaluated */
    double *units;       /* (n_members, n_dimensions) */
    double *values;      /* (n_members) */
    double *trials;      /* (n_members, n_dimensions) */
} evolution;

static void destroy(void *state)
{
    evolution *search = state;
    free(search->trials);
    free(search->values);
    free(search->units);
    free(search);
}

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

static flx_status fill(evolution *search, flx_error *error)
{
    int n_members = search->n_members, n_dimensions = search->problem.n_dimensions;
    search->units = flx_new_matrix(n_members, n_dimensions);
    search->trials = flx_new_matrix(n_members, n_dimensions);
    search->values = flx_new_matrix(n_members, 1);
    if (!search->units || !search->trials || !search->values)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for a population of %d x %d",
                        n_members, n_dimensions);
    flx_first_population(&search->problem, search->seed, n_members, search->units);
    for (int i = 0; i < n_members; i++)
        search->values[i] = INFINITY;
    return FLX_OK;
}

static flx_status create(const flx_problem *problem, const flx_optimizer_options *options,
                         void **out, flx_error *error)
{
    *out = NULL;
    evolution *search = calloc(1, sizeof *search);
    if (!search)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for an evolution");
    search->problem = *problem;
    search->seed = options->seed;
    search->scale = options->scale;
    search->crossover_rate = options->crossover_rate;
    search->resample = flx_resample_chance(problem->genes, problem->n_dimensions);
    search->n_members = options->population;
    flx_status status = fill(search, error);
    if (status != FLX_OK) {
        destroy(search);
        return status;
    }
    *out = search;
    return FLX_OK;
}

static int largest_batch(const void *state)
{
    return ((const evolution *)state)->n_members;
}

static void draw_trial(const evolution *search, int i)
{
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    flx_rng_key moment = {search->seed, (uint32_t)i, search->generation};
    flx_de_indices c = flx_draw_rand1(
        moment, search->n_members, search->problem.n_dimensions,
        (flx_rates){search->scale, search->crossover_rate, search->resample, 0});
    const double *parent = search->units + (size_t)i * n_dimensions;
    const double *base = search->units + (size_t)c.base * n_dimensions;
    const double *plus = search->units + (size_t)c.plus * n_dimensions;
    const double *minus = search->units + (size_t)c.minus * n_dimensions;
    double *trial = search->trials + (size_t)i * n_dimensions;
    for (int d = 0; d < search->problem.n_dimensions; d++) {
        flx_donors donors = {parent[d], base[d], base[d], plus[d], minus[d]};
        flx_dimension gene = flx_search_dimension_of(&search->problem, d);
        trial[d] = flx_trial_dimension(moment, d, gene, donors, c.rates);
    }
}

static const double *propose(void *state, int limit, int *count)
{
    evolution *search = state;
    int n_dimensions = search->problem.n_dimensions;
    *count = limit < search->n_members ? limit : search->n_members;
    if (search->generation == 0)
        return search->units;
#pragma omp parallel for schedule(static) if (flx_is_worth_threads(*count, n_dimensions))
    for (int i = 0; i < *count; i++)
        draw_trial(search, i);
    return search->trials;
}

static void accept(void *state, const double *values, int count)
{
    evolution *search = state;
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    for (int i = 0; i < count; i++) {
        size_t row = (size_t)i * n_dimensions;
        if (search->generation > 0 && values[i] <= search->values[i])
            memcpy(search->units + row, search->trials + row,
                   n_dimensions * sizeof(double));
        if (values[i] <= search->values[i])
            search->values[i] = values[i];
    }
    search->generation++;
}

static double spread(const void *state)
{
    const evolution *search = state;
    double lowest = INFINITY, highest = -INFINITY;
    for (int i = 0; i < search->n_members; i++) {
        lowest = fmin(lowest, search->values[i]);
        highest = fmax(highest, search->values[i]);
    }
    return highest - lowest;
}

static int population(const void *state, const double **units, const double **values)
{
    const evolution *search = state;
    *units = search->units;
    *values = search->values;
    return search->n_members;
}

const flx_optimizer flx_differential_evolution = {
    .name = "de",
    .summary = "differential evolution rand/1/bin, F 0.5, CR 0.9",
    .budget = 20000,
    .fill_defaults = fill_defaults,
    .check = check,
    .create = create,
    .destroy = destroy,
    .largest_batch = largest_batch,
    .propose = propose,
    .accept = accept,
    .spread = spread,
    .population = population,
};
