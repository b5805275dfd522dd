/* SPDX-License-Identifier: MIT
 * Uniform random search: setting number e is a function of (seed, e), whatever the batch.
 * The caller's initial settings are the first ones. */
#include "host/optimization/optimizer_kind.h"

#include <string.h>

enum { DEFAULT_BATCH = 4096 };

typedef struct {
    flx_optimizer_state base;
    int64_t n_proposed;
} random_search;

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

static void propose(flx_optimizer_state *base, int count)
{
    random_search *search = (random_search *)base;
    const flx_problem *problem = &base->problem;
    size_t n_dimensions = (size_t)problem->n_dimensions;
    for (int i = 0; i < count; i++) {
        double *trial = base->trials + (size_t)i * n_dimensions;
        int64_t number = search->n_proposed++;
        flx_rng_key key = {base->seed, (uint32_t)number, (uint32_t)(number >> 32)};
        for (int d = 0; d < problem->n_dimensions; d++)
            trial[d] = flx_first_dimension(key, d, flx_search_dimension_of(problem, d));
        if (number < problem->n_initial)
            memcpy(trial, problem->initial + (size_t)number * n_dimensions,
                   n_dimensions * sizeof *trial);
    }
}

const flx_optimizer flx_random_search = {
    .name = "random",
    .budget = 100000,
    .state_size = sizeof(random_search),
    .fill_defaults = fill_defaults,
    .check = check,
    .propose = propose,
};
