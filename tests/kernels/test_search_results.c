/* SPDX-License-Identifier: MIT
 * Searches on the device: what they keep, many of them at once, and what is refused. */
#include "kernels/backend.h"

#include "host/optimization/optimizer_kind.h"
#include "host/optimization/weight_search.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"
#include "tests/kernels/searches.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

/* The best of all that were drawn, in order, of equal ones the first. */
static void check_random(flx_backend *backend)
{
    enum { DRAWN = 270, KEEP = 20 };
    static double drawn[DRAWN * SEARCH_MODELS], scaled[DRAWN * SEARCH_MODELS],
        losses[DRAWN];
    static const double initial[2 * SEARCH_MODELS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    flx_error error = {0};
    fill_search_rows();
    if (searches_on_host(backend))
        return;
    flx_weighting_set *set = create_search_set(backend, search_y);
    flx_population_search search = {.kind = FLX_POPULATION_RANDOM,
                                    .n_dimensions = SEARCH_MODELS,
                                    .dimensions = search_dimensions,
                                    .initial = initial,
                                    .n_initial = 2,
                                    .members = 100,
                                    .budget = DRAWN,
                                    .seed = 9,
                                    .keep = KEEP};
    for (uint32_t i = 0; i < DRAWN; i++)
        for (int d = 0; d < SEARCH_MODELS; d++) {
            flx_rng_key key = {9, i, 0};
            drawn[i * SEARCH_MODELS + (uint32_t)d] =
                i < 2 ? 1 : flx_first_dimension(key, d, search_dimensions[d]);
            scaled[i * SEARCH_MODELS + (uint32_t)d] = flx_dimension_snap(
                search_dimensions[d], drawn[i * SEARCH_MODELS + (uint32_t)d]);
        }
    flx_weighting_query query = {0, DRAWN, scaled, losses};
    assert_int(backend->operations->weighting_losses(set, &query, 1, &error), FLX_OK);
    flx_population *population = create_population(backend, set, &search, 1);
    flx_population_report report;
    double units[KEEP * SEARCH_MODELS], values[KEEP], best[SEARCH_MODELS];
    advance_searches(backend, population, 5, &report);
    assert_int(report.stop, FLX_STOP_BUDGET);
    assert_int(report.n_generations, 3);
    assert_int(report.evaluations, DRAWN);
    assert_int(report.n_members, KEEP);
    read_search(backend, population, 0, (flx_population_state){best, units, values});
    for (int place = 0; place < KEEP; place++) {
        int next = 0;
        for (int i = 1; i < DRAWN; i++)
            next = losses[i] < losses[next] ? i : next;
        assert_close(values[place], losses[next], 0, 0);
        for (int d = 0; d < SEARCH_MODELS; d++)
            assert_close(units[place * SEARCH_MODELS + d],
                         drawn[next * SEARCH_MODELS + d], 0, 1e-15);
        for (int d = 0; d < SEARCH_MODELS && place == 0; d++)
            assert_close(best[d], scaled[next * SEARCH_MODELS + d], 0, 1e-15);
        losses[next] = INFINITY;
    }
    backend->operations->search_release(population);
    backend->operations->weighting_release(set);
}

static void random_search_keeps_the_best(void)
{
    with_every_backend(check_random);
}

enum { MIXED = 5 };

static void make_mixed(flx_population_search *searches)
{
    static const char *const names[MIXED] = {"lshade", "de", "random", "de", "lshade"};
    for (int i = 0; i < MIXED; i++) {
        search_setup s =
            make_search(names[i], (flx_optimizer_options){.budget = 60 + 40 * i,
                                                          .population = 8 + 3 * i,
                                                          .seed = (uint64_t)i,
                                                          .keep = 4});
        s.is_mean = i == 1;
        s.problem.dimensions = i == 2 ? search_dimensions : NULL;
        searches[i] = describe_search(&s);
    }
    searches[3].problem = 1;
    searches[3].n_dimensions = 1;
}

typedef struct {
    flx_population_report reports[MIXED];
    double best[MIXED][SEARCH_MODELS], units[MIXED][32 * SEARCH_MODELS],
        values[MIXED][32];
} found;

static void read_found(flx_backend *backend, flx_population *population, int search,
                       int at, found *f)
{
    read_search(backend, population, search,
                (flx_population_state){f->best[at], f->units[at], f->values[at]});
}

static bool is_same(const found *a, const found *b)
{
    bool is_same_report = true;
    for (int i = 0; i < MIXED; i++)
        is_same_report = is_same_report && a->reports[i].stop == b->reports[i].stop &&
                         a->reports[i].evaluations == b->reports[i].evaluations &&
                         a->reports[i].n_generations == b->reports[i].n_generations &&
                         a->reports[i].n_members == b->reports[i].n_members;
    return is_same_report && memcmp(a->best, b->best, sizeof a->best) == 0 &&
           memcmp(a->units, b->units, sizeof a->units) == 0 &&
           memcmp(a->values, b->values, sizeof a->values) == 0;
}

/* All at once and each alone; in one call and generation by generation. */
static void check_many(flx_backend *backend)
{
    static found together, alone, stepped;
    flx_population_search searches[MIXED];
    fill_search_rows();
    if (searches_on_host(backend))
        return;
    make_mixed(searches);
    flx_weighting_set *set = create_search_set(backend, search_y);
    flx_population *all = create_population(backend, set, searches, MIXED);
    advance_searches(backend, all, 50, together.reports);
    for (int i = 0; i < MIXED; i++)
        read_found(backend, all, i, i, &together);
    backend->operations->search_release(all);
    for (int i = 0; i < MIXED; i++) {
        flx_population *one = create_population(backend, set, &searches[i], 1);
        advance_searches(backend, one, 50, &alone.reports[i]);
        read_found(backend, one, 0, i, &alone);
        backend->operations->search_release(one);
        assert_int(together.reports[i].stop, FLX_STOP_BUDGET);
    }
    all = create_population(backend, set, searches, MIXED);
    for (int g = 0; g < 50; g++)
        advance_searches(backend, all, 1, stepped.reports);
    for (int i = 0; i < MIXED; i++)
        read_found(backend, all, i, i, &stepped);
    backend->operations->search_release(all);
    assert_true(is_same(&alone, &together));
    assert_true(is_same(&stepped, &together));
    backend->operations->weighting_release(set);
}

static void many_searches_are_as_good_as_one(void)
{
    with_every_backend(check_many);
}

static void refuse(flx_backend *backend, flx_weighting_set *set,
                   flx_population_search search, const char *message)
{
    flx_error error = {0};
    flx_population *population = NULL;
    assert_int(
        backend->operations->weighting_search(set, &search, 1, &population, &error),
        FLX_BAD_INPUT);
    assert_contains(error.message, message);
    assert_true(population == NULL);
}

static void check_refusals(flx_backend *backend)
{
    static const double outside[SEARCH_MODELS] = {0, 0, 1.5, 0, 0};
    static const flx_dimension none[SEARCH_MODELS] = {{FLX_DIMENSION_LEVELS, 0, 0}};
    search_setup usual =
        make_search("lshade", (flx_optimizer_options){.budget = 100, .population = 10});
    fill_search_rows();
    if (searches_on_host(backend))
        return;
    flx_weighting_set *set = create_search_set(backend, search_y);
    flx_population_search good = describe_search(&usual), s;
    s = good, s.members = 3, refuse(backend, set, s, "a population of 3");
    s = good, s.members = 4097, refuse(backend, set, s, "a population of 4097");
    s = good, s.budget = 0, refuse(backend, set, s, "a budget of 0");
    s = good, s.smallest_members = 3, refuse(backend, set, s, "shrink from 10 to 3");
    s = good, s.history = 0, refuse(backend, set, s, "history 0");
    s = good, s.archive_rate = NAN, refuse(backend, set, s, "archive rate nan");
    s = good, s.kind = FLX_POPULATION_DE, refuse(backend, set, s, "F = 0");
    s = good, s.kind = FLX_POPULATION_RANDOM, s.keep = 0;
    refuse(backend, set, s, "keeps 0");
    s = good, s.problem = 2, refuse(backend, set, s, "search 0 names weighting 2");
    s = good, s.n_dimensions = 4,
    refuse(backend, set, s, "4 dimensions, weighting 0 has 5");
    s = good, s.initial = outside, s.n_initial = 1;
    refuse(backend, set, s, "1.5 in dimension 2");
    s = good, s.dimensions = none, refuse(backend, set, s, "0 levels");
    s.is_normalized = true, s.dimensions = search_dimensions,
    refuse(backend, set, s, "by their sum");
    flx_population_report report;
    flx_population *empty = create_population(backend, set, NULL, 0);
    advance_searches(backend, empty, 3, &report);
    backend->operations->search_release(empty);
    backend->operations->search_release(NULL);
    backend->operations->weighting_release(set);
}

static void unusable_searches_are_refused(void)
{
    with_every_backend(check_refusals);
}

CU_TestInfo search_results_tests[] = {
    {"random search keeps the best", random_search_keeps_the_best},
    {"many searches are as good as one", many_searches_are_as_good_as_one},
    {"unusable searches are refused", unusable_searches_are_refused},
    CU_TEST_INFO_NULL,
};
