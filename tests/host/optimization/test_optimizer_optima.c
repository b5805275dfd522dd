/* SPDX-License-Identifier: MIT
 * Known optima within a budget, of continuous and of mixed dimensions, and a generation
 * of rand/1/bin worked by hand. */
#include "host/optimization/optimizer.h"

#include "tests/close.h"
#include "tests/host/optimization/objectives.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

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

CU_TestInfo optimizer_optima_tests[] = {
    {"lshade finds known optima", lshade_finds_known_optima},
    {"de finds known optima", de_finds_known_optima},
    {"evolution beats random search at equal cost",
     evolution_beats_random_search_at_equal_cost},
    {"mixed dimensions reach their optimum", mixed_dimensions_reach_their_optimum},
    {"only centres of levels are evaluated", only_centres_of_levels_are_evaluated},
    {"rand/1 follows a generation worked by hand",
     rand1_follows_a_generation_worked_by_hand},
    CU_TEST_INFO_NULL,
};
