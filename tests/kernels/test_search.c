/* SPDX-License-Identifier: MIT
 * Searches that stay on the device, against the host's optimizers on the same losses,
 * generation by generation. What draws a logarithm may differ in its last bit; all else
 * is equal bit by bit. */
#include "kernels/backend.h"

#include "host/optimization/optimizer_kind.h"
#include "host/optimization/weight_search.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"
#include "tests/kernels/searches.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* A generation of the host's search with the losses of `backend`. */
static void step_host(flx_backend *backend, flx_weighting_set *set, const search_setup *s,
                      flx_search *search)
{
    static double scaled[MOST_MEMBERS * SEARCH_MODELS], losses[MOST_MEMBERS];
    flx_error error = {0};
    int count = 0;
    const double *weights = flx_search_propose(search, &count);
    if (s->is_mean)
        flx_weights_normalize(weights, count, SEARCH_MODELS, scaled);
    flx_weighting_query query = {0, count, s->is_mean ? scaled : weights, losses};
    assert_int(backend->operations->weighting_losses(set, &query, 1, &error), FLX_OK);
    for (int i = 0; i < count && s->is_maximized; i++)
        losses[i] = -losses[i];
    flx_search_accept(search, losses);
}

static void compare_population(flx_backend *backend, flx_population *population,
                               const flx_search *search, int n_members, double bound)
{
    static double units[MOST_MEMBERS * SEARCH_MODELS], values[MOST_MEMBERS];
    const double *host_units = NULL, *host_values = NULL;
    assert_int(flx_search_population(search, &host_units, &host_values), n_members);
    read_search(backend, population, 0,
                (flx_population_state){.units = units, .values = values});
    for (int i = 0; i < n_members * SEARCH_MODELS; i++)
        assert_close(units[i], host_units[i], 0, bound);
    for (int i = 0; i < n_members; i++)
        assert_close(values[i], host_values[i], bound, bound);
}

/* Both sides to the end, one generation at a time. */
static void expect_host_search(flx_backend *backend, const search_setup *s,
                               const double *target)
{
    flx_error error = {0};
    flx_search *search = NULL;
    flx_weighting_set *set = create_search_set(backend, target);
    flx_population_search described = describe_search(s);
    flx_population *population = create_population(backend, set, &described, 1);
    assert_int(flx_search_create(s->name, &s->problem, &s->options, &search, &error),
               FLX_OK);
    flx_population_report report = {0};
    double best[SEARCH_MODELS],
        bound = described.kind == FLX_POPULATION_LSHADE ? 1e-12 : 0;
    while (!flx_search_is_done(search) && report.stop == FLX_STOP_NONE) {
        step_host(backend, set, s, search);
        advance_searches(backend, population, 1, &report);
        if (described.kind != FLX_POPULATION_RANDOM)
            compare_population(backend, population, search, report.n_members, bound);
    }
    flx_optimum *optimum = NULL;
    if (flx_search_result(search, &optimum, &error) == FLX_OK) {
        assert_int(report.stop, optimum->stop);
        assert_int(report.n_generations, optimum->n_generations);
        assert_int(report.evaluations, optimum->evaluations);
        assert_close(report.value, optimum->value, bound, bound);
        read_search(backend, population, 0, (flx_population_state){.best = best});
        for (int d = 0; d < SEARCH_MODELS; d++)
            assert_close(best[d], optimum->best[d], 0, bound);
    } else
        assert_close(report.value, INFINITY, 0, 0);
    flx_optimum_destroy(optimum);
    flx_search_destroy(search);
    backend->operations->search_release(population);
    backend->operations->weighting_release(set);
}

static void check_generations(flx_backend *backend)
{
    static const double corner[2 * SEARCH_MODELS] = {0, 0,   0,    0,    0,
                                                     1, 0.5, 0.25, 0.75, 1};
    fill_search_rows();
    for (int form = 0; form < 3 && !searches_on_host(backend); form++) {
        search_setup de = make_search(
            "de", (flx_optimizer_options){.budget = 110, .population = 9, .seed = 3});
        de.is_mean = form == 1;
        de.problem.dimensions = form == 2 ? search_dimensions : NULL;
        de.problem.initial = corner; /* zeros have no mean: NaN, until replaced */
        de.problem.n_initial = 2;
        expect_host_search(backend, &de, search_y);
        search_setup lshade = de;
        lshade.name = "lshade";
        lshade.options =
            (flx_optimizer_options){.budget = 400, .population = 24, .seed = 4};
        expect_host_search(backend, &lshade, search_y);
    }
}

static void generations_are_the_hosts(void)
{
    with_every_backend(check_generations);
}

/* Archives of no row and of a few, that are filled, full and shrunk; a memory of one
 * slot; populations larger than a block and than a tile of the ranking. */
static void check_archives(flx_backend *backend)
{
    static const flx_optimizer_options options[] = {
        {.budget = 200, .population = 16, .seed = 5, .archive_rate = 0.01},
        {.budget = 200, .population = 16, .seed = 6, .archive_rate = 0.3, .history = 1},
        {.budget = 150, .population = 30, .seed = 7, .archive_rate = 1, .best_share = 1},
        {.budget = 900, .population = 270, .seed = 8},
    };
    fill_search_rows();
    for (int i = 0; i < 4 && !searches_on_host(backend); i++) {
        search_setup s = make_search("lshade", options[i]);
        expect_host_search(backend, &s, search_y);
    }
}

static void archives_are_the_hosts(void)
{
    with_every_backend(check_archives);
}

static void check_stops(flx_backend *backend)
{
    fill_search_rows();
    if (searches_on_host(backend))
        return;
    search_setup target = make_search(
        "lshade", (flx_optimizer_options){.budget = 5000, .population = 16, .seed = 1});
    target.options.has_target = true;
    target.options.target = 60; /* the first population has 73 */
    expect_host_search(backend, &target, search_y);
    search_setup spread = make_search(
        "de", (flx_optimizer_options){.budget = 4000, .population = 8, .seed = 2});
    spread.options.patience = 2;
    spread.options.tolerance = 0.2;
    expect_host_search(backend, &spread, search_y);
    search_setup partial = make_search(
        "de", (flx_optimizer_options){.budget = 3, .population = 8, .seed = 2});
    expect_host_search(backend, &partial, search_y);
    search_setup largest = make_search(
        "lshade", (flx_optimizer_options){.budget = 100, .population = 10, .seed = 2});
    largest.is_maximized = true;
    expect_host_search(backend, &largest, search_y);
}

static void searches_stop_where_the_hosts_do(void)
{
    with_every_backend(check_stops);
}

/* Losses that are no numbers are the worst there is; of none else there is no best. */
static void check_no_number(flx_backend *backend)
{
    double unknown[SEARCH_ROWS];
    fill_search_rows();
    for (int i = 0; i < SEARCH_ROWS; i++)
        unknown[i] = NAN;
    for (int i = 0; i < 3 && !searches_on_host(backend); i++) {
        static const char *const names[] = {"random", "de", "lshade"};
        search_setup s = make_search(
            names[i], (flx_optimizer_options){.budget = 60, .population = 12, .seed = 3});
        expect_host_search(backend, &s, unknown);
    }
}

static void what_has_no_number_is_worst(void)
{
    with_every_backend(check_no_number);
}

CU_TestInfo search_tests[] = {
    {"generations are the host's", generations_are_the_hosts},
    {"archives are the host's", archives_are_the_hosts},
    {"searches stop where the host's do", searches_stop_where_the_hosts_do},
    {"what has no number is worst", what_has_no_number_is_worst},
    CU_TEST_INFO_NULL,
};
