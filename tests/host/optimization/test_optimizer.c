/* SPDX-License-Identifier: MIT
 * Optimizers as their callers see them: known optima within a budget, the same answer
 * again, bad input. The parts of L-SHADE have a suite of their own. */
#include "host/optimization/optimizer.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

typedef double (*function)(const double *x, int n);

static double sphere(const double *x, int n)
{
    double sum = 0;
    for (int d = 0; d < n; d++)
        sum += (x[d] - 0.3) * (x[d] - 0.3);
    return sum;
}

/* In [-2, 2]^n; 0 at all ones. */
static double rosenbrock(const double *x, int n)
{
    double sum = 0;
    for (int d = 0; d + 1 < n; d++) {
        double a = 4 * x[d] - 2, b = 4 * x[d + 1] - 2;
        sum += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
    }
    return sum;
}

/* In [-5.12, 5.12]^n; 0 in the middle, about 10^n other minima. */
static double rastrigin(const double *x, int n)
{
    double sum = 0;
    for (int d = 0; d < n; d++) {
        double a = 10.24 * (x[d] - 0.5);
        sum += a * a - 10 * cos(6.283185307179586477 * a) + 10;
    }
    return sum;
}

/* Lowest at a corner: repair must be able to come as near as it likes. */
static double slope(const double *x, int n)
{
    double sum = 0;
    for (int d = 0; d < n; d++)
        sum += d % 2 ? x[d] : 1 - x[d];
    return sum;
}

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

/* Two continuous dimensions, an integer in 0 .. 20 and a category of 5; the optimum 0 at
 * 0.3, 0.3, 13, 2. Categories 1 and 3 look like neighbours of the best and are the worst.
 */
static const flx_dimension mixed_dimensions[] = {{FLX_DIMENSION_CONTINUOUS, 1, 0},
                                                 {FLX_DIMENSION_CONTINUOUS, 1, 0},
                                                 {FLX_DIMENSION_LEVELS, 21, 0},
                                                 {FLX_DIMENSION_CATEGORY, 5, 0}};

static double mixed(const double *x, int n)
{
    static const double penalty[] = {1, 4, 0, 4, 2};
    (void)n;
    double level = flx_dimension_level(mixed_dimensions[2], x[2]) - 13;
    return sphere(x, 2) + 0.01 * level * level +
           penalty[(int)flx_dimension_level(mixed_dimensions[3], x[3])];
}

/* A search to its end. */
static flx_status run(const char *name, function f, const flx_problem *problem,
                      const flx_optimizer_options *options, flx_optimum **out,
                      flx_error *error)
{
    flx_search *search = NULL;
    *out = NULL;
    FLX_TRY(flx_search_create(name, problem, options, &search, error));
    int n = problem->n_dimensions, count = flx_search_largest_batch(search);
    double *values = malloc((size_t)count * sizeof *values);
    while (!flx_search_is_done(search)) {
        const double *settings = flx_search_propose(search, &count);
        for (int i = 0; i < count; i++)
            values[i] = f(settings + i * n, n);
        flx_search_accept(search, values);
    }
    flx_status status = flx_search_result(search, out, error);
    free(values);
    flx_search_destroy(search);
    return status;
}

static flx_optimum *optimize(const char *name, function f, int n,
                             const flx_dimension *dimensions,
                             flx_optimizer_options options)
{
    flx_problem problem = {.n_dimensions = n, .dimensions = dimensions};
    flx_optimum *optimum = NULL;
    flx_error error = {0};
    assert_int(run(name, f, &problem, &options, &optimum, &error), FLX_OK);
    assert_text(error.message, "");
    return optimum;
}

static double best_value(const char *name, function f, int n, int64_t budget,
                         uint64_t seed)
{
    flx_optimum *optimum = optimize(
        name, f, n, NULL, (flx_optimizer_options){.budget = budget, .seed = seed});
    double value = optimum->value;
    assert_int((long)optimum->evaluations, (long)budget);
    assert_close(f(optimum->best, n), value, 0, 0);
    flx_optimum_destroy(optimum);
    return value;
}

static void lshade_finds_known_optima(void)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        assert_close(best_value("lshade", sphere, 10, 20000, seed), 0, 0, 1e-9);
        assert_close(best_value("lshade", rosenbrock, 5, 30000, seed), 0, 0, 1e-6);
        assert_close(best_value("lshade", rastrigin, 8, 40000, seed), 0, 0, 1e-6);
        assert_close(best_value("lshade", slope, 8, 20000, seed), 0, 0, 1e-6);
    }
}

static void de_finds_known_optima(void)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        assert_close(best_value("de", sphere, 6, 30000, seed), 0, 0, 1e-9);
        assert_close(best_value("de", rosenbrock, 4, 60000, seed), 0, 0, 1e-6);
        assert_close(best_value("de", slope, 6, 30000, seed), 0, 0, 1e-6);
    }
}

static void evolution_beats_random_search_at_equal_cost(void)
{
    double random = best_value("random", sphere, 10, 20000, 1);
    double de = best_value("de", sphere, 10, 20000, 1);
    double lshade = best_value("lshade", sphere, 10, 20000, 1);
    assert_true(lshade < de && de < 0.01 * random);
}

static void mixed_dimensions_reach_their_optimum(void)
{
    const char *names[] = {"de", "lshade"};
    for (int k = 0; k < 2; k++)
        for (uint64_t seed = 0; seed < 5; seed++) {
            flx_optimum *optimum =
                optimize(names[k], mixed, 4, mixed_dimensions,
                         (flx_optimizer_options){.budget = 10000, .seed = seed});
            assert_close(optimum->value, 0, 0, 1e-6);
            assert_close(optimum->best[2], 13.5 / 21, 1e-15, 0);
            assert_close(optimum->best[3], 2.5 / 5, 1e-15, 0);
            flx_optimum_destroy(optimum);
        }
}

static double off_level(const double *x, int n)
{
    for (int d = 2; d < n; d++)
        if (fabs(x[d] - flx_dimension_snap(mixed_dimensions[d], x[d])) > 0)
            return 1e6; /* never to be seen */
    return mixed(x, n);
}

static void only_centres_of_levels_are_evaluated(void)
{
    const char *names[] = {"random", "de", "lshade"};
    for (int k = 0; k < 3; k++) {
        flx_optimum *a = optimize(names[k], off_level, 4, mixed_dimensions,
                                  (flx_optimizer_options){.budget = 3000});
        flx_optimum *b = optimize(names[k], mixed, 4, mixed_dimensions,
                                  (flx_optimizer_options){.budget = 3000});
        assert_close(a->value, b->value, 0, 0);
        for (int i = 0; i < a->n_kept; i++)
            assert_true(a->kept_values[i] < 1e6);
        flx_optimum_destroy(b);
        flx_optimum_destroy(a);
    }
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
        assert_int(run(names[k], always_nan, &problem, &options, &optimum, &error),
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

/* What rand/1 makes of `population` (4, 2) for member i with F 0.5 and CR 1: the donors
 * are the three others in one of their six orders. */
static int is_rand1(const double *population, int i, const double *trial)
{
    for (int base = 0; base < 4; base++)
        for (int plus = 0; plus < 4; plus++) {
            int minus = 6 - i - base - plus;
            if (base == i || plus == i || plus == base || minus < 0 || minus > 3)
                continue;
            int fits = 1;
            for (int d = 0; d < 2; d++) {
                double value =
                    population[2 * base + d] +
                    0.5 * (population[2 * plus + d] - population[2 * minus + d]);
                value = flx_midpoint_repair(value, population[2 * i + d]);
                fits &= fabs(value - trial[d]) < 1e-15;
            }
            if (fits)
                return 1;
        }
    return 0;
}

static void rand1_follows_a_generation_worked_by_hand(void)
{
    double population[] = {0, 0.1, 0.5, 0.25, 1, 0.6, 0.3, 0.75};
    flx_problem problem = {.n_dimensions = 2, .initial = population, .n_initial = 4};
    flx_optimizer_options options = {
        .budget = 1000, .population = 4, .scale = 0.5, .crossover_rate = 1};
    flx_search *search = NULL;
    flx_error error = {0};
    assert_int(flx_search_create("de", &problem, &options, &search, &error), FLX_OK);
    int count = 0;
    flx_search_propose(search, &count);
    double first[] = {4, 3, 2, 1}, second[] = {3, 3.5, 2, NAN}; /* better, worse, equal */
    flx_search_accept(search, first);
    const double *trials = flx_search_propose(search, &count);
    assert_int(count, 4);
    for (int i = 0; i < 4; i++)
        assert_true(is_rand1(population, i, trials + 2 * i));
    memcpy(population, trials, 2 * sizeof(double));         /* 0: better, replaced */
    memcpy(population + 4, trials + 4, 2 * sizeof(double)); /* 2: equal, replaced */
    flx_search_accept(search, second);
    trials = flx_search_propose(search, &count);
    for (int i = 0; i < 4; i++)
        assert_true(is_rand1(population, i, trials + 2 * i));
    flx_search_destroy(search);
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
    {"lshade finds known optima", lshade_finds_known_optima},
    {"de finds known optima", de_finds_known_optima},
    {"evolution beats random search at equal cost",
     evolution_beats_random_search_at_equal_cost},
    {"mixed dimensions reach their optimum", mixed_dimensions_reach_their_optimum},
    {"only centres of levels are evaluated", only_centres_of_levels_are_evaluated},
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
    {"rand/1 follows a generation worked by hand",
     rand1_follows_a_generation_worked_by_hand},
    {"bad input is named", bad_input_is_named},
    {"progress ends at the budget", progress_ends_at_the_budget},
    CU_TEST_INFO_NULL,
};
