/* SPDX-License-Identifier: MIT */
#include "tests/kernels/searches.h"

#include "kernels/backend.h"

#include "host/optimization/optimizer_kind.h"
#include "host/optimization/weight_search.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>

double search_P[SEARCH_ROWS * SEARCH_MODELS], search_y[SEARCH_ROWS];

void fill_search_rows(void)
{
    for (uint32_t i = 0; i < SEARCH_ROWS * SEARCH_MODELS; i++)
        search_P[i] = 10 * flx_uniform(1, SEARCH_STREAM, i, 0, 0);
    for (int i = 0; i < SEARCH_ROWS; i++)
        search_y[i] =
            0.2 * search_P[i * SEARCH_MODELS] + 0.6 * search_P[i * SEARCH_MODELS + 3];
}

flx_weighting_set *create_search_set(flx_backend *backend, const double *target)
{
    flx_error error = {0};
    flx_weighting_set *set = NULL;
    flx_weighting_problem problems[2] = {
        {SEARCH_ROWS, SEARCH_MODELS, false, search_P, target},
        {SEARCH_ROWS, 1, true, search_P, target}};
    assert_int(backend->operations->weighting_create(backend, problems, 2, &set, &error),
               FLX_OK);
    return set;
}

flx_population_search describe_search(const search_setup *s)
{
    const flx_optimizer *optimizer;
    flx_optimizer_options o;
    flx_error error = {0};
    assert_int(
        flx_optimizer_resolve(s->name, &s->problem, &s->options, &optimizer, &o, &error),
        FLX_OK);
    flx_population_kind kind = optimizer == &flx_random_search ? FLX_POPULATION_RANDOM
                               : optimizer == &flx_differential_evolution
                                   ? FLX_POPULATION_DE
                                   : FLX_POPULATION_LSHADE;
    return (flx_population_search){.kind = kind,
                                   .is_normalized = s->is_mean,
                                   .is_maximized = s->is_maximized,
                                   .n_dimensions = s->problem.n_dimensions,
                                   .dimensions = s->problem.dimensions,
                                   .initial = s->problem.initial,
                                   .n_initial = s->problem.n_initial,
                                   .members = o.population,
                                   .budget = o.budget,
                                   .seed = o.seed,
                                   .has_target = o.has_target,
                                   .target = o.target,
                                   .patience = o.patience,
                                   .tolerance = o.tolerance,
                                   .keep = o.keep,
                                   .scale = o.scale,
                                   .crossover_rate = o.crossover_rate,
                                   .history = o.history,
                                   .smallest_members = o.smallest_population,
                                   .best_share = o.best_share,
                                   .archive_rate = o.archive_rate};
}

flx_population *create_population(flx_backend *backend, flx_weighting_set *set,
                                  const flx_population_search *searches, int count)
{
    flx_error error = {0};
    flx_population *population = NULL;
    assert_int(
        backend->operations->weighting_search(set, searches, count, &population, &error),
        FLX_OK);
    assert_text(error.message, "");
    return population;
}

void advance_searches(flx_backend *backend, flx_population *population, int generations,
                      flx_population_report *reports)
{
    flx_error error = {0};
    assert_int(
        backend->operations->search_advance(population, generations, reports, &error),
        FLX_OK);
}

void read_search(flx_backend *backend, flx_population *population, int search,
                 flx_population_state reading)
{
    flx_error error = {0};
    assert_int(backend->operations->search_read(population, search, &reading, &error),
               FLX_OK);
}

const flx_dimension search_dimensions[SEARCH_MODELS] = {{FLX_DIMENSION_CONTINUOUS, 1, 0},
                                                        {FLX_DIMENSION_CATEGORY, 3, 0},
                                                        {FLX_DIMENSION_LEVELS, 7, 0},
                                                        {FLX_DIMENSION_LEVELS, 40, 2},
                                                        {FLX_DIMENSION_CATEGORY, 5, 0}};

search_setup make_search(const char *name, flx_optimizer_options options)
{
    return (search_setup){
        .name = name, .problem = {.n_dimensions = SEARCH_MODELS}, .options = options};
}

bool searches_on_host(const flx_backend *backend)
{
    const struct flx_backend_operations *call = backend->operations;
    bool has_none = !call->weighting_search;
    if (has_none)
        assert_true(!call->search_advance && !call->search_read && !call->search_release);
    return has_none;
}
