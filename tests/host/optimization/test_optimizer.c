/* SPDX-License-Identifier: MIT
 * Optimizers as their callers see them: the budget, stop rules, the same result again,
 * bad input. The parts of L-SHADE have a suite of their own. */
#include "host/optimization/optimizer.h"

#include "tests/close.h"
#include "tests/host/optimization/objectives.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <omp.h>
#include <string.h>

static double nan_below_half(const double *x, int n)
{
    return x[0] < 0.5 ? NAN : sphere(x, n);
}

static double always_nan(const double *x, int n)
{
    (void)x;
    (void)n;
    return NAN;
}

static void assert_same(const flx_optimum *a, const flx_optimum *b)
{
    size_t size = (size_t)a->n_dimensions * sizeof(double);
    assert_close(a->value, b->value, 0, 0);
    assert_int(memcmp(a->best, b->best, size), 0);
    assert_int(a->n_generations, b->n_generations);
    assert_int(a->n_kept, b->n_kept);
    if (a->n_kept == b->n_kept)
        assert_int(memcmp(a->kept, b->kept, (size_t)a->n_kept * size), 0);
}

static void a_seed_gives_one_answer_whatever_the_threads(void)
{
    const char *names[] = {"random", "de", "lshade"};
    int threads = omp_get_max_threads();
    for (int k = 0; k < 3; k++) {
        /* 600 x 60 numbers: enough for the parallel path */
        flx_optimizer_options options = {.budget = 3100, .population = 600, .seed = 9};
        omp_set_num_threads(1);
        flx_optimum *a = optimize(names[k], sphere, 60, NULL, options);
        omp_set_num_threads(3);
        flx_optimum *b = optimize(names[k], sphere, 60, NULL, options);
        options.seed = 10;
        flx_optimum *c = optimize(names[k], sphere, 60, NULL, options);
        assert_same(a, b);
        assert_true(a->value != c->value);
        flx_optimum_destroy(c);
        flx_optimum_destroy(b);
        flx_optimum_destroy(a);
    }
    omp_set_num_threads(threads);
}

static void random_search_does_not_depend_on_its_batches(void)
{
    flx_optimizer_options options = {.budget = 2500, .seed = 4, .population = 1};
    flx_optimum *a = optimize("random", sphere, 3, NULL, options);
    options.population = 777;
    flx_optimum *b = optimize("random", sphere, 3, NULL, options);
    assert_close(a->value, b->value, 0, 0);
    assert_int(memcmp(a->best, b->best, 3 * sizeof(double)), 0);
    assert_int((long)b->evaluations, 2500);
    assert_int(b->n_generations, 4);
    flx_optimum_destroy(b);
    flx_optimum_destroy(a);
}

static void the_budget_is_spent_to_the_last_evaluation(void)
{
    int64_t budgets[] = {1, 7, 99, 101, 1234};
    const char *names[] = {"random", "de", "lshade"};
    for (int k = 0; k < 3; k++)
        for (int b = 0; b < 5; b++)
            best_value(names[k], sphere, 4, budgets[b], 0);
}

static void initial_settings_are_evaluated_first(void)
{
    double initial[] = {0.25, 0.5, 0.75, 1};
    const char *names[] = {"random", "de", "lshade"};
    for (int k = 0; k < 3; k++) {
        flx_problem problem = {.n_dimensions = 2, .initial = initial, .n_initial = 2};
        flx_search *search = NULL;
        flx_error error = {0};
        assert_int(flx_search_create(names[k], &problem, NULL, &search, &error), FLX_OK);
        int count = 0;
        const double *units = flx_search_propose(search, &count);
        assert_true(count > 2);
        assert_int(memcmp(units, initial, sizeof initial), 0);
        assert_true(units[4] != units[6]);
        flx_search_destroy(search);
    }
}

static void nan_is_worst_and_all_nan_is_an_error(void)
{
    const char *names[] = {"random", "de", "lshade"};
    for (int k = 0; k < 3; k++) {
        flx_optimum *optimum = optimize(names[k], nan_below_half, 3, NULL,
                                        (flx_optimizer_options){.budget = 5000});
        assert_true(optimum->best[0] >= 0.5);
        assert_true(optimum->value < 0.1);
        flx_optimum_destroy(optimum);
        flx_problem problem = {.n_dimensions = 3};
        flx_error error = {0};
        flx_optimizer_options options = {.budget = 500};
        assert_int(run_search(names[k], always_nan, &problem, &options, &optimum, &error),
                   FLX_NUMERIC);
        assert_contains(error.message, "none of 500 evaluated settings");
        assert_true(optimum == NULL);
    }
}

static void stops_at_the_target(void)
{
    flx_optimum *optimum =
        optimize("lshade", sphere, 5, NULL,
                 (flx_optimizer_options){.has_target = true, .target = 1e-3});
    assert_int(optimum->stop, FLX_STOP_TARGET);
    assert_true(optimum->value <= 1e-3 && optimum->evaluations < 50000);
    flx_optimum_destroy(optimum);
}

static double flat(const double *x, int n)
{
    (void)x;
    (void)n;
    return 7;
}

static void stops_when_all_are_equal_for_long_enough(void)
{
    const char *names[] = {"de", "lshade"};
    for (int k = 0; k < 2; k++) {
        flx_optimum *optimum =
            optimize(names[k], flat, 5, NULL, (flx_optimizer_options){.patience = 10});
        assert_int(optimum->stop, FLX_STOP_SPREAD);
        assert_int(optimum->n_generations, 11);
        flx_optimum_destroy(optimum);
        optimum =
            optimize(names[k], flat, 5, NULL, (flx_optimizer_options){.budget = 4000});
        assert_int(optimum->stop, FLX_STOP_BUDGET);
        flx_optimum_destroy(optimum);
    }
}

static void good_settings_are_kept_apart(void)
{
    flx_optimum *optimum = optimize("lshade", sphere, 3, NULL,
                                    (flx_optimizer_options){.budget = 20000, .keep = 10});
    assert_int(optimum->n_kept, 10);
    assert_close(optimum->kept_values[0], optimum->value, 0, 0);
    assert_int(memcmp(optimum->kept, optimum->best, 3 * sizeof(double)), 0);
    for (int i = 1; i < optimum->n_kept; i++) {
        assert_true(optimum->kept_values[i - 1] <= optimum->kept_values[i]);
        for (int j = 0; j < i; j++) {
            double sum = 0;
            for (int d = 0; d < 3; d++) {
                double apart = optimum->kept[3 * i + d] - optimum->kept[3 * j + d];
                sum += apart * apart;
            }
            assert_true(sqrt(sum / 3) >= 0.05);
        }
    }
    flx_optimum_destroy(optimum);
}

static void assert_refused(const char *name, flx_problem problem,
                           flx_optimizer_options options, const char *part)
{
    flx_search *search = NULL;
    flx_error error = {0};
    assert_int(flx_search_create(name, &problem, &options, &search, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_true(search == NULL);
}

static void bad_input_is_named(void)
{
    double outside[] = {0.5, 1.5};
    flx_dimension empty[] = {{FLX_DIMENSION_CONTINUOUS, 1, 0},
                             {FLX_DIMENSION_LEVELS, 0, 0}};
    flx_problem plain = {.n_dimensions = 2}, none = {0};
    flx_problem seeded = {.n_dimensions = 2, .initial = outside, .n_initial = 1};
    flx_problem levelled = {.n_dimensions = 2, .dimensions = empty};
    flx_optimizer_options usual = {0};
    assert_refused("annealing", plain, usual, "random, de, lshade");
    assert_refused("de", none, usual, "0 dimensions");
    assert_refused("de", seeded, usual, "1.5 in dimension 1");
    assert_refused("de", levelled, usual, "dimension 1 has 0 levels");
    assert_refused("de", plain, (flx_optimizer_options){.budget = -1}, "-1 evaluations");
    assert_refused("de", plain, (flx_optimizer_options){.population = 3}, "at least 4");
    assert_refused("de", plain, (flx_optimizer_options){.scale = -1}, "F = -1");
    assert_refused("de", plain, (flx_optimizer_options){.crossover_rate = 1.5}, "1.5");
    assert_refused("lshade", plain, (flx_optimizer_options){.population = 3}, "from 3");
    assert_refused("lshade", plain, (flx_optimizer_options){.history = -1}, "history -1");
    assert_refused("lshade", plain, (flx_optimizer_options){.best_share = 2}, "p = 2");
    assert_refused("random", plain, (flx_optimizer_options){.keep = -2}, "keep -2");
}

typedef struct {
    double last, total;
    int n_calls, has_fallen;
} reports;

static void record_report(void *context, double done, double total)
{
    reports *seen = context;
    seen->has_fallen |= done < seen->last;
    seen->last = done;
    seen->total = total;
    seen->n_calls++;
}

static void progress_ends_at_the_budget(void)
{
    reports seen = {0};
    flx_progress progress = {record_report, &seen};
    flx_optimum *optimum =
        optimize("lshade", sphere, 3, NULL,
                 (flx_optimizer_options){.budget = 2000, .progress = &progress});
    assert_close(seen.last, 2000, 0, 0);
    assert_close(seen.total, 2000, 0, 0);
    assert_int(seen.n_calls, optimum->n_generations);
    assert_int(seen.has_fallen, 0);
    flx_optimum_destroy(optimum);
}

CU_TestInfo optimizer_tests[] = {
    {"a seed gives one answer whatever the threads",
     a_seed_gives_one_answer_whatever_the_threads},
    {"random search does not depend on its batches",
     random_search_does_not_depend_on_its_batches},
    {"the budget is spent to the last evaluation",
     the_budget_is_spent_to_the_last_evaluation},
    {"initial settings are evaluated first", initial_settings_are_evaluated_first},
    {"NaN is worst and all NaN is an error", nan_is_worst_and_all_nan_is_an_error},
    {"stops at the target", stops_at_the_target},
    {"stops when all are equal for long enough",
     stops_when_all_are_equal_for_long_enough},
    {"good settings are kept apart", good_settings_are_kept_apart},
    {"bad input is named", bad_input_is_named},
    {"progress ends at the budget", progress_ends_at_the_budget},
    CU_TEST_INFO_NULL,
};
