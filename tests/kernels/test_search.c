/* SPDX-License-Identifier: MIT
 * Searches that stay on the device, against the host's optimizers on the same losses,
 * generation by generation. What draws a logarithm may differ in its last bit; all else
 * is equal bit by bit. */
#include "kernels/backend.h"

#include "host/optimization/optimizer_kind.h"
#include "host/optimization/weight_search.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40, K = 5, MOST = 320, FACTS = 0x7001 };

static double P[N * K], y[N];

/* y is 0.2 p_0 + 0.6 p_3. */
static void fill_facts(void)
{
    for (uint32_t i = 0; i < N * K; i++)
        P[i] = 10 * flx_uniform(1, FACTS, i, 0, 0);
    for (int i = 0; i < N; i++)
        y[i] = 0.2 * P[i * K] + 0.6 * P[i * K + 3];
}

static flx_weighting_set *create_set(flx_backend *backend, const double *target)
{
    flx_error error = {0};
    flx_weighting_set *set = NULL;
    flx_weighting_problem problems[2] = {{N, K, false, P, target},
                                         {N, 1, true, P, target}};
    assert_int(backend->operations->weighting_create(backend, problems, 2, &set, &error),
               FLX_OK);
    return set;
}

/* One search, as either side takes it. */
typedef struct {
    const char *name;
    bool is_mean, is_maximized;
    flx_problem problem;
    flx_optimizer_options options;
} setup;

static flx_population_search describe(const setup *s)
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

static flx_population *create(flx_backend *backend, flx_weighting_set *set,
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

static void advance(flx_backend *backend, flx_population *population, int generations,
                    flx_population_report *reports)
{
    flx_error error = {0};
    assert_int(
        backend->operations->search_advance(population, generations, reports, &error),
        FLX_OK);
}

static void read_search(flx_backend *backend, flx_population *population, int search,
                        flx_population_state reading)
{
    flx_error error = {0};
    assert_int(backend->operations->search_read(population, search, &reading, &error),
               FLX_OK);
}

/* A generation of the host's search with the losses of `backend`. */
static void step_host(flx_backend *backend, flx_weighting_set *set, const setup *s,
                      flx_search *search)
{
    static double scaled[MOST * K], losses[MOST];
    flx_error error = {0};
    int count = 0;
    const double *weights = flx_search_propose(search, &count);
    if (s->is_mean)
        flx_weights_normalize(weights, count, K, scaled);
    flx_weighting_query query = {0, count, s->is_mean ? scaled : weights, losses};
    assert_int(backend->operations->weighting_losses(set, &query, 1, &error), FLX_OK);
    for (int i = 0; i < count && s->is_maximized; i++)
        losses[i] = -losses[i];
    flx_search_accept(search, losses);
}

static void compare_population(flx_backend *backend, flx_population *population,
                               const flx_search *search, int n_members, double bound)
{
    static double units[MOST * K], values[MOST];
    const double *host_units = NULL, *host_values = NULL;
    assert_int(flx_search_population(search, &host_units, &host_values), n_members);
    read_search(backend, population, 0,
                (flx_population_state){.units = units, .values = values});
    for (int i = 0; i < n_members * K; i++)
        assert_close(units[i], host_units[i], 0, bound);
    for (int i = 0; i < n_members; i++)
        assert_close(values[i], host_values[i], bound, bound);
}

/* Both sides to the end, one generation at a time. */
static void expect_host_search(flx_backend *backend, const setup *s, const double *target)
{
    flx_error error = {0};
    flx_search *search = NULL;
    flx_weighting_set *set = create_set(backend, target);
    flx_population_search described = describe(s);
    flx_population *population = create(backend, set, &described, 1);
    assert_int(flx_search_create(s->name, &s->problem, &s->options, &search, &error),
               FLX_OK);
    flx_population_report report = {0};
    double best[K], bound = described.kind == FLX_POPULATION_LSHADE ? 1e-12 : 0;
    while (!flx_search_is_done(search) && report.stop == FLX_STOP_NONE) {
        step_host(backend, set, s, search);
        advance(backend, population, 1, &report);
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
        for (int d = 0; d < K; d++)
            assert_close(best[d], optimum->best[d], 0, bound);
    } else
        assert_close(report.value, INFINITY, 0, 0);
    flx_optimum_destroy(optimum);
    flx_search_destroy(search);
    backend->operations->search_release(population);
    backend->operations->weighting_release(set);
}

static const flx_dimension kinds[K] = {{FLX_DIMENSION_CONTINUOUS, 1, 0},
                                       {FLX_DIMENSION_CATEGORY, 3, 0},
                                       {FLX_DIMENSION_LEVELS, 7, 0},
                                       {FLX_DIMENSION_LEVELS, 40, 2},
                                       {FLX_DIMENSION_CATEGORY, 5, 0}};

static setup make_setup(const char *name, flx_optimizer_options options)
{
    return (setup){.name = name, .problem = {.n_dimensions = K}, .options = options};
}

static bool stays_on_host(const flx_backend *backend)
{
    const struct flx_backend_operations *call = backend->operations;
    bool has_none = !call->weighting_search;
    if (has_none)
        assert_true(!call->search_advance && !call->search_read && !call->search_release);
    return has_none;
}

static void check_generations(flx_backend *backend)
{
    static const double corner[2 * K] = {0, 0, 0, 0, 0, 1, 0.5, 0.25, 0.75, 1};
    fill_facts();
    for (int form = 0; form < 3 && !stays_on_host(backend); form++) {
        setup de = make_setup(
            "de", (flx_optimizer_options){.budget = 110, .population = 9, .seed = 3});
        de.is_mean = form == 1;
        de.problem.dimensions = form == 2 ? kinds : NULL;
        de.problem.initial = corner; /* zeros have no mean: NaN, until replaced */
        de.problem.n_initial = 2;
        expect_host_search(backend, &de, y);
        setup lshade = de;
        lshade.name = "lshade";
        lshade.options =
            (flx_optimizer_options){.budget = 400, .population = 24, .seed = 4};
        expect_host_search(backend, &lshade, y);
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
    fill_facts();
    for (int i = 0; i < 4 && !stays_on_host(backend); i++) {
        setup s = make_setup("lshade", options[i]);
        expect_host_search(backend, &s, y);
    }
}

static void archives_are_the_hosts(void)
{
    with_every_backend(check_archives);
}

static void check_stops(flx_backend *backend)
{
    fill_facts();
    if (stays_on_host(backend))
        return;
    setup target = make_setup(
        "lshade", (flx_optimizer_options){.budget = 5000, .population = 16, .seed = 1});
    target.options.has_target = true;
    target.options.target = 60; /* the first population has 73 */
    expect_host_search(backend, &target, y);
    setup spread = make_setup(
        "de", (flx_optimizer_options){.budget = 4000, .population = 8, .seed = 2});
    spread.options.patience = 2;
    spread.options.tolerance = 0.2;
    expect_host_search(backend, &spread, y);
    setup partial = make_setup(
        "de", (flx_optimizer_options){.budget = 3, .population = 8, .seed = 2});
    expect_host_search(backend, &partial, y);
    setup largest = make_setup(
        "lshade", (flx_optimizer_options){.budget = 100, .population = 10, .seed = 2});
    largest.is_maximized = true;
    expect_host_search(backend, &largest, y);
}

static void searches_stop_where_the_hosts_do(void)
{
    with_every_backend(check_stops);
}

/* Losses that are no numbers are the worst there is; of none else there is no best. */
static void check_no_number(flx_backend *backend)
{
    double unknown[N];
    fill_facts();
    for (int i = 0; i < N; i++)
        unknown[i] = NAN;
    for (int i = 0; i < 3 && !stays_on_host(backend); i++) {
        static const char *const names[] = {"random", "de", "lshade"};
        setup s = make_setup(
            names[i], (flx_optimizer_options){.budget = 60, .population = 12, .seed = 3});
        expect_host_search(backend, &s, unknown);
    }
}

static void what_has_no_number_is_worst(void)
{
    with_every_backend(check_no_number);
}

/* The best of all that were drawn, in order, of equal ones the first. */
static void check_random(flx_backend *backend)
{
    enum { DRAWN = 270, KEEP = 20 };
    static double drawn[DRAWN * K], scaled[DRAWN * K], losses[DRAWN];
    static const double initial[2 * K] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    flx_error error = {0};
    fill_facts();
    if (stays_on_host(backend))
        return;
    flx_weighting_set *set = create_set(backend, y);
    flx_population_search search = {.kind = FLX_POPULATION_RANDOM,
                                    .n_dimensions = K,
                                    .dimensions = kinds,
                                    .initial = initial,
                                    .n_initial = 2,
                                    .members = 100,
                                    .budget = DRAWN,
                                    .seed = 9,
                                    .keep = KEEP};
    for (uint32_t i = 0; i < DRAWN; i++)
        for (int d = 0; d < K; d++) {
            flx_rng_key key = {9, i, 0};
            drawn[i * K + (uint32_t)d] =
                i < 2 ? 1 : flx_first_dimension(key, d, kinds[d]);
            scaled[i * K + (uint32_t)d] =
                flx_dimension_snap(kinds[d], drawn[i * K + (uint32_t)d]);
        }
    flx_weighting_query query = {0, DRAWN, scaled, losses};
    assert_int(backend->operations->weighting_losses(set, &query, 1, &error), FLX_OK);
    flx_population *population = create(backend, set, &search, 1);
    flx_population_report report;
    double units[KEEP * K], values[KEEP], best[K];
    advance(backend, population, 5, &report);
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
        for (int d = 0; d < K; d++)
            assert_close(units[place * K + d], drawn[next * K + d], 0, 1e-15);
        for (int d = 0; d < K && place == 0; d++)
            assert_close(best[d], scaled[next * K + d], 0, 1e-15);
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
        setup s = make_setup(names[i], (flx_optimizer_options){.budget = 60 + 40 * i,
                                                               .population = 8 + 3 * i,
                                                               .seed = (uint64_t)i,
                                                               .keep = 4});
        s.is_mean = i == 1;
        s.problem.dimensions = i == 2 ? kinds : NULL;
        searches[i] = describe(&s);
    }
    searches[3].problem = 1;
    searches[3].n_dimensions = 1;
}

typedef struct {
    flx_population_report reports[MIXED];
    double best[MIXED][K], units[MIXED][32 * K], values[MIXED][32];
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
    fill_facts();
    if (stays_on_host(backend))
        return;
    make_mixed(searches);
    flx_weighting_set *set = create_set(backend, y);
    flx_population *all = create(backend, set, searches, MIXED);
    advance(backend, all, 50, together.reports);
    for (int i = 0; i < MIXED; i++)
        read_found(backend, all, i, i, &together);
    backend->operations->search_release(all);
    for (int i = 0; i < MIXED; i++) {
        flx_population *one = create(backend, set, &searches[i], 1);
        advance(backend, one, 50, &alone.reports[i]);
        read_found(backend, one, 0, i, &alone);
        backend->operations->search_release(one);
        assert_int(together.reports[i].stop, FLX_STOP_BUDGET);
    }
    all = create(backend, set, searches, MIXED);
    for (int g = 0; g < 50; g++)
        advance(backend, all, 1, stepped.reports);
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
    static const double outside[K] = {0, 0, 1.5, 0, 0};
    static const flx_dimension none[K] = {{FLX_DIMENSION_LEVELS, 0, 0}};
    setup usual =
        make_setup("lshade", (flx_optimizer_options){.budget = 100, .population = 10});
    fill_facts();
    if (stays_on_host(backend))
        return;
    flx_weighting_set *set = create_set(backend, y);
    flx_population_search good = describe(&usual), s;
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
    s.is_normalized = true, s.dimensions = kinds, refuse(backend, set, s, "by their sum");
    flx_population_report report;
    flx_population *empty = create(backend, set, NULL, 0);
    advance(backend, empty, 3, &report);
    backend->operations->search_release(empty);
    backend->operations->search_release(NULL);
    backend->operations->weighting_release(set);
}

static void unusable_searches_are_refused(void)
{
    with_every_backend(check_refusals);
}

CU_TestInfo search_tests[] = {
    {"generations are the host's", generations_are_the_hosts},
    {"archives are the host's", archives_are_the_hosts},
    {"searches stop where the host's do", searches_stop_where_the_hosts_do},
    {"what has no number is worst", what_has_no_number_is_worst},
    {"random search keeps the best", random_search_keeps_the_best},
    {"many searches are as good as one", many_searches_are_as_good_as_one},
    {"unusable searches are refused", unusable_searches_are_refused},
    CU_TEST_INFO_NULL,
};
