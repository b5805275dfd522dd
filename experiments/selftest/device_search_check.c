/* SPDX-License-Identifier: MIT
 * Checks searches that stay on a device against the host's optimizers with the losses of
 * the cpu backend, generation by generation: the same members with the same values. */
#include "experiments/selftest/checks.h"
#include "host/optimization.h"

#include <stdlib.h>

enum { N = 90, K = 5, MEMBERS = 24, GENERATIONS = 50, N_SEARCHES = 4 };

/* rand/1/bin and L-SHADE, of a sum and of a mean, twice. */
typedef struct {
    flx_backend *cpu, *device;
    flx_weighting_set *cpu_set, *device_set;
    flx_population *population;
    flx_search *searches[N_SEARCHES];
    double numbers[N * (K + 1)], units[MEMBERS * K], values[MEMBERS];
} comparison;

static void close_comparison(comparison *c)
{
    if (c->population)
        c->device->operations->search_release(c->population);
    if (c->device_set)
        c->device->operations->weighting_release(c->device_set);
    if (c->cpu_set)
        c->cpu->operations->weighting_release(c->cpu_set);
    for (int s = 0; s < N_SEARCHES; s++)
        flx_search_destroy(c->searches[s]);
    flx_backend_close(c->cpu);
    free(c);
}

static bool is_mean(int s)
{
    return s % 2 == 1;
}

static flx_population_search describe_search(int s)
{
    return (flx_population_search){.kind =
                                       s < 2 ? FLX_POPULATION_DE : FLX_POPULATION_LSHADE,
                                   .is_normalized = is_mean(s),
                                   .n_dimensions = K,
                                   .members = MEMBERS,
                                   .budget = MEMBERS * GENERATIONS,
                                   .seed = 48 + (uint64_t)s,
                                   .scale = 0.5,
                                   .crossover_rate = 0.9,
                                   .history = 6,
                                   .smallest_members = 4,
                                   .best_share = 0.11,
                                   .archive_rate = 2.6};
}

static flx_status create_searches(comparison *c, flx_error *error)
{
    flx_weighting_problem problem = {N, K, false, c->numbers, c->numbers + N * K};
    flx_population_search searches[N_SEARCHES];
    FLX_TRY(flx_backend_open("cpu", 1, &c->cpu, error));
    FLX_TRY(
        c->cpu->operations->weighting_create(c->cpu, &problem, 1, &c->cpu_set, error));
    FLX_TRY(c->device->operations->weighting_create(c->device, &problem, 1,
                                                    &c->device_set, error));
    for (int s = 0; s < N_SEARCHES; s++) {
        searches[s] = describe_search(s);
        flx_problem weights = {.n_dimensions = K};
        flx_optimizer_options options = {.budget = searches[s].budget,
                                         .population = searches[s].members,
                                         .seed = searches[s].seed};
        FLX_TRY(flx_search_create(s < 2 ? "de" : "lshade", &weights, &options,
                                  &c->searches[s], error));
    }
    return c->device->operations->weighting_search(c->device_set, searches, N_SEARCHES,
                                                   &c->population, error);
}

static flx_status step_host(comparison *c, int s, flx_error *error)
{
    double scaled[MEMBERS * K], losses[MEMBERS];
    int count = 0;
    const double *weights = flx_search_propose(c->searches[s], &count);
    if (is_mean(s))
        flx_weights_normalize(weights, count, K, scaled);
    flx_weighting_query query = {0, count, is_mean(s) ? scaled : weights, losses};
    FLX_TRY(c->cpu->operations->weighting_losses(c->cpu_set, &query, 1, error));
    flx_search_accept(c->searches[s], losses);
    return FLX_OK;
}

static flx_status compare(comparison *c, int s, const flx_population_report *report,
                          double *worst, flx_error *error)
{
    const double *units, *values;
    int members = flx_search_population(c->searches[s], &units, &values);
    flx_population_state state = {.units = c->units, .values = c->values};
    FLX_TRY(c->device->operations->search_read(c->population, s, &state, error));
    if (members != report->n_members)
        *worst = INFINITY;
    else {
        *worst = flx_worse(*worst, flx_worst_of(members * K, c->units, units));
        *worst = flx_worse(*worst, flx_worst_of(members, c->values, values));
    }
    return FLX_OK;
}

static flx_status run(comparison *c, double *worst, flx_error *error)
{
    flx_population_report reports[N_SEARCHES];
    FLX_TRY(create_searches(c, error));
    for (int g = 0; g < GENERATIONS; g++) {
        FLX_TRY(c->device->operations->search_advance(c->population, 1, reports, error));
        for (int s = 0; s < N_SEARCHES; s++) {
            if (!flx_search_is_done(c->searches[s]))
                FLX_TRY(step_host(c, s, error));
            FLX_TRY(compare(c, s, &reports[s], worst, error));
        }
    }
    return FLX_OK;
}

flx_status flx_check_agreed_populations(const flx_check_context *context, double *worst,
                                        flx_error *error)
{
    if (!context->backend->operations->weighting_search)
        return FLX_OK; /* populations are the host's own there */
    comparison *c;
    if (!FLX_NEW(c, 1))
        return flx_no_memory(error, "%d populations", 2 * N_SEARCHES);
    c->device = context->backend;
    for (int i = 0; i < N * (K + 1); i++)
        c->numbers[i] = flx_uniform(5, 0x5E31, (uint32_t)i, 0, 0);
    /* A blend can be right: then gains do not shrink to the rounding of losses. */
    for (int i = 0; i < N; i++)
        c->numbers[N * K + i] = 0.3 * c->numbers[i * K] + 0.7 * c->numbers[i * K + 3];
    flx_status status = run(c, worst, error);
    close_comparison(c);
    return status;
}
