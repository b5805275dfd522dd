/* SPDX-License-Identifier: MIT
 * Uniform random search: setting number e is a function of (seed, e), whatever the batch.
 * The caller's initial settings are the first ones. */
#include "host/optimization/optimizer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BATCH = 4096 };

typedef struct {
    flx_problem problem;
    uint64_t seed;
    int64_t n_proposed;
    int batch;
    double lowest, highest; /* values of the last batch */
    double *trials;         /* (batch, n_dimensions) */
} random_search;

static void destroy(void *state)
{
    random_search *search = state;
    free(search->trials);
    free(search);
}

static void fill_defaults(const flx_problem *problem, flx_optimizer_options *options)
{
    (void)problem;
    if (options->population == 0)
        options->population = DEFAULT_BATCH;
    if (options->budget < options->population)
        options->population = (int)options->budget;
}

static flx_status check(const flx_optimizer_options *options, flx_error *error)
{
    (void)options, (void)error;
    return FLX_OK;
}

static flx_status create(const flx_problem *problem, const flx_optimizer_options *options,
                         void **out, flx_error *error)
{
    *out = NULL;
    random_search *search = calloc(1, sizeof *search);
    if (!search)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for a random search");
    search->problem = *problem;
    search->seed = options->seed;
    search->batch = options->population;
    search->trials = flx_new_matrix(search->batch, problem->n_dimensions);
    if (!search->trials) {
        destroy(search);
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings of %d genes",
                        options->population, problem->n_dimensions);
    }
    *out = search;
    return FLX_OK;
}

static int largest_batch(const void *state)
{
    return ((const random_search *)state)->batch;
}

static const double *propose(void *state, int limit, int *count)
{
    random_search *search = state;
    const flx_problem *problem = &search->problem;
    size_t n_dimensions = (size_t)problem->n_dimensions;
    *count = limit;
    for (int i = 0; i < limit; i++) {
        double *trial = search->trials + (size_t)i * n_dimensions;
        int64_t number = search->n_proposed++;
        flx_rng_key moment = {search->seed, (uint32_t)number, (uint32_t)(number >> 32)};
        for (int d = 0; d < problem->n_dimensions; d++)
            trial[d] =
                flx_first_dimension(moment, d, flx_search_dimension_of(problem, d));
        if (number < problem->n_initial)
            memcpy(trial, problem->initial + (size_t)number * n_dimensions,
                   n_dimensions * sizeof(double));
    }
    return search->trials;
}

static void accept(void *state, const double *values, int count)
{
    random_search *search = state;
    search->lowest = INFINITY;
    search->highest = -INFINITY;
    for (int i = 0; i < count; i++) {
        search->lowest = fmin(search->lowest, values[i]);
        search->highest = fmax(search->highest, values[i]);
    }
}

static double spread(const void *state)
{
    const random_search *search = state;
    return search->highest - search->lowest;
}

const flx_optimizer flx_random_search = {
    .name = "random",
    .summary = "the best of uniformly random settings",
    .budget = 100000,
    .fill_defaults = fill_defaults,
    .check = check,
    .create = create,
    .destroy = destroy,
    .largest_batch = largest_batch,
    .propose = propose,
    .accept = accept,
    .spread = spread,
};
