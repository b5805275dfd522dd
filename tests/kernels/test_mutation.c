/* SPDX-License-Identifier: MIT
 * The formulas of the optimizers against cases worked by hand, and the distributions of
 * their draws against their known moments (bounds: about five standard errors). */
#include "kernels/formulas/mutation.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

static const flx_dimension continuous = {FLX_DIMENSION_CONTINUOUS, 1, 0};
static const flx_dimension four_levels = {FLX_DIMENSION_LEVELS, 4, 0};
static const flx_dimension three_names = {FLX_DIMENSION_CATEGORY, 3, 0};
static const flx_dimension one_to_nine = {FLX_DIMENSION_LEVELS, 9, 1}; /* logarithmic */

static void levels_share_the_unit_interval_evenly(void)
{
    assert_close(flx_dimension_level(four_levels, 0), 0, 0, 0);
    assert_close(flx_dimension_level(four_levels, 0.2499), 0, 0, 0);
    assert_close(flx_dimension_level(four_levels, 0.25), 1, 0, 0);
    assert_close(flx_dimension_level(four_levels, 1), 3, 0, 0);
    assert_close(flx_dimension_centre(four_levels, 2), 0.625, 0, 0);
    assert_close(flx_dimension_snap(four_levels, 0.7), 0.625, 0, 0);
    assert_close(flx_dimension_snap(continuous, 0.7), 0.7, 0, 0);
    assert_close(flx_dimension_snap(continuous, -0.1), 0, 0, 0);
    assert_close(flx_dimension_snap(continuous, 1.1), 1, 0, 0);
}

static void logarithmic_levels_are_as_wide_as_their_logarithm(void)
{
    /* 1 .. 9 over [1, 10): the integer v ends at log10(v + 1). */
    for (int v = 1; v <= 9; v++) {
        assert_close(flx_dimension_level(one_to_nine, log10(v + 1) - 1e-9), v - 1, 0, 0);
        if (v < 9)
            assert_close(flx_dimension_level(one_to_nine, log10(v + 1) + 1e-9), v, 0, 0);
    }
    assert_close(flx_dimension_centre(one_to_nine, 0), 0.5 * log10(2), 0, 1e-15);
}

static void a_centre_decodes_to_its_own_level(void)
{
    flx_dimension wide = {FLX_DIMENSION_LEVELS, 1e6, 0},
                  wide_log = {FLX_DIMENSION_LEVELS, 1e6, 3};
    for (double level = 0; level < 1e6; level = floor(1 + level * 1.7)) {
        assert_close(flx_dimension_level(wide, flx_dimension_centre(wide, level)), level,
                     0, 0);
        assert_close(flx_dimension_level(wide_log, flx_dimension_centre(wide_log, level)),
                     level, 0, 0);
    }
}

static void mutation_follows_the_hand_worked_cases(void)
{
    flx_de_values rand1 = {0.1, 0.2, 0.2, 0.9, 0.5}; /* parent, base, pbest, r1, r2 */
    assert_close(flx_mutate(rand1, 0.5), 0.4, 0, 1e-15);
    flx_de_values pbest = {0.2, 0.2, 0.8, 0.6, 0.4};
    assert_close(flx_mutate(pbest, 0.5), 0.6, 0, 1e-15);
}

static void repair_is_half_way_between_parent_and_bound(void)
{
    assert_close(flx_midpoint_repair(1.2, 0.4), 0.7, 0, 1e-15);
    assert_close(flx_midpoint_repair(-3, 0.4), 0.2, 0, 1e-15);
    assert_close(flx_midpoint_repair(0, 0.4), 0, 0, 0);
    assert_close(flx_midpoint_repair(1, 0.4), 1, 0, 0);
    flx_de_values over = {0.4, 0.8, 0.8, 0.9, 0.1};
    assert_close(flx_mutate(over, 0.5), 0.7, 0, 1e-15);
}

static void a_pick_avoids_the_taken_and_reaches_the_rest_evenly(void)
{
    int taken[3] = {5, 0, 2}, other_order[3] = {0, 2, 5}, seen[7] = {0};
    for (uint32_t g = 0; g < 8000; g++) {
        flx_rng_key key = {7, 3, g};
        int picked = flx_pick_other(key, FLX_PICK_R1, 7, taken, 3);
        assert_int(picked, flx_pick_other(key, FLX_PICK_R1, 7, other_order, 3));
        seen[picked]++;
    }
    assert_int(seen[0] + seen[2] + seen[5], 0);
    int left[] = {1, 3, 4, 6};
    for (int k = 0; k < 4; k++)
        assert_close(seen[left[k]], 2000, 0, 200);
}

static void a_pick_of_the_only_one_left_is_certain(void)
{
    int taken[3] = {3, 1, 0};
    for (uint32_t g = 0; g < 20; g++) {
        flx_rng_key key = {1, 0, g};
        assert_int(flx_pick_other(key, FLX_PICK_R2, 4, taken, 3), 2);
    }
}

static int count_mutated(double crossover_rate, int j_rand, int *j_rand_is_mutated)
{
    flx_de_values values = {0.1, 0.5, 0.5, 0.7, 0.3};
    flx_rates rates = {0.5, crossover_rate, 0, j_rand};
    flx_rng_key key = {11, 2, 4};
    int mutated = 0;
    for (int d = 0; d < 4000; d++) {
        double value = flx_trial_dimension(key, d, continuous, values, rates);
        assert_true(value == 0.1 || fabs(value - 0.7) < 1e-15);
        mutated += value != 0.1;
        if (d == j_rand)
            *j_rand_is_mutated = value != 0.1;
    }
    return mutated;
}

static void crossover_takes_its_share_and_always_j_rand(void)
{
    int is_mutated = 0;
    assert_int(count_mutated(0, 1234, &is_mutated), 1);
    assert_true(is_mutated);
    assert_int(count_mutated(1, 7, &is_mutated), 4000);
    assert_close(count_mutated(0.3, 0, &is_mutated), 1200, 0, 150);
}

static void a_category_is_copied_and_never_computed(void)
{
    double a = flx_dimension_centre(three_names, 0),
           b = flx_dimension_centre(three_names, 1);
    double c = flx_dimension_centre(three_names, 2);
    flx_de_values values = {a, a, b, c, b};
    flx_rates rates = {0.5, 1, 0, 0};
    int n_base = 0, n_pbest = 0, n_r1 = 0;
    for (uint32_t g = 0; g < 4000; g++) {
        flx_rng_key key = {5, 1, g};
        double value = flx_trial_dimension(key, 0, three_names, values, rates);
        assert_true(value == a || value == b || value == c);
        n_base += value == a;
        n_pbest += value == b;
        n_r1 += value == c;
    }
    assert_close(n_r1, 2000, 0, 160); /* F; then F (1 - F); then the rest */
    assert_close(n_pbest, 1000, 0, 140);
    assert_close(n_base, 1000, 0, 140);
}

static void a_category_that_all_share_changes_by_resampling_only(void)
{
    double a = flx_dimension_centre(three_names, 0);
    flx_de_values values = {a, a, a, a, a};
    int changed = 0;
    for (uint32_t g = 0; g < 6000; g++) {
        flx_rng_key key = {5, 1, g};
        flx_rates still = {0.9, 1, 0, 0}, resampling = {0.9, 1, 0.3, 0};
        assert_close(flx_trial_dimension(key, 0, three_names, values, still), a, 0, 0);
        changed += flx_trial_dimension(key, 0, three_names, values, resampling) != a;
    }
    assert_close(changed, 6000 * 0.3 * 2 / 3, 0, 170);
}

static void equal_plus_and_minus_leave_a_category_alone(void)
{
    double a = flx_dimension_centre(three_names, 0),
           c = flx_dimension_centre(three_names, 2);
    flx_de_values values = {a, a, a, c, c};
    flx_rates rates = {1, 1, 0, 0};
    flx_rng_key key = {5, 1, 9};
    assert_close(flx_trial_dimension(key, 0, three_names, values, rates), a, 0, 0);
}

static void scale_is_a_cauchy_redrawn_below_and_capped_above(void)
{
    int n_capped = 0, n_below_centre = 0, n = 20000;
    for (int i = 0; i < n; i++) {
        flx_rng_key key = {3, (uint32_t)i, 0};
        double scale = flx_draw_scale(key, 0.5);
        assert_true(scale > 0 && scale <= 1);
        n_capped += scale == 1;
        n_below_centre += scale < 0.5;
    }
    double tail = 0.5 - atan(5) / 3.14159265358979323846; /* beyond 5 widths */
    assert_close(n_capped, n * tail / (1 - tail), 0, 180);
    assert_close(n_below_centre, n * (0.5 - tail) / (1 - tail), 0, 360);
}

static void crossover_rate_is_a_clipped_normal_and_zero_once_terminal(void)
{
    double sum = 0, squares = 0;
    int n = 20000;
    for (int i = 0; i < n; i++) {
        flx_rng_key key = {3, (uint32_t)i, 1};
        double rate = flx_draw_crossover_rate(key, 0.5);
        sum += rate;
        squares += (rate - 0.5) * (rate - 0.5);
        double high = flx_draw_crossover_rate(key, 1);
        assert_true(high <= 1 && high >= 0.4);
        assert_close(flx_draw_crossover_rate(key, -1), 0, 0, 0);
    }
    assert_close(sum / n, 0.5, 0, 0.004);
    assert_close(sqrt(squares / n), 0.1, 0, 0.003);
}

static void population_shrinks_linearly_to_its_end(void)
{
    assert_int(flx_population_size(100, 4, 0, 1000), 100);
    assert_int(flx_population_size(100, 4, 100, 1000), 90); /* 90.4 */
    assert_int(flx_population_size(100, 4, 500, 1000), 52);
    assert_int(flx_population_size(100, 4, 1000, 1000), 4);
    assert_int(flx_population_size(100, 4, 5000, 1000), 4);
}

/* Within 2 ulp of 1; libm's argument is rounded less in long double. */
static void parts_of_a_turn_have_their_sine_and_cosine(void)
{
    const long double turn = 6.28318530717958647692528676655900577L;
    for (int i = -4096; i <= 4096; i++) {
        double v = i / 4096.0;
        assert_close(flx_cos2pi(v), (double)cosl(turn * v), 0, 4e-16);
        assert_close(flx_sin2pi(v), (double)sinl(turn * v), 0, 4e-16);
    }
    assert_close(flx_cos2pi(0.25), 0, 0, 0);
    assert_close(flx_sin2pi(0.25), 1, 0, 0);
    assert_close(flx_sin2pi(-0.5), 0, 0, 0);
    assert_close(flx_cos2pi(0.5), -1, 0, 0);
}

CU_TestInfo mutation_tests[] = {
    {"levels share the unit interval evenly", levels_share_the_unit_interval_evenly},
    {"logarithmic levels are as wide as their logarithm",
     logarithmic_levels_are_as_wide_as_their_logarithm},
    {"a centre decodes to its own level", a_centre_decodes_to_its_own_level},
    {"mutation follows the hand-worked cases", mutation_follows_the_hand_worked_cases},
    {"repair is half way between parent and bound",
     repair_is_half_way_between_parent_and_bound},
    {"a pick avoids the taken and reaches the rest evenly",
     a_pick_avoids_the_taken_and_reaches_the_rest_evenly},
    {"a pick of the only one left is certain", a_pick_of_the_only_one_left_is_certain},
    {"crossover takes its share and always j_rand",
     crossover_takes_its_share_and_always_j_rand},
    {"a category is copied and never computed", a_category_is_copied_and_never_computed},
    {"a category all values share changes by resampling only",
     a_category_that_all_share_changes_by_resampling_only},
    {"equal r1 and r2 leave a category alone",
     equal_plus_and_minus_leave_a_category_alone},
    {"scale is a Cauchy redrawn below and capped above",
     scale_is_a_cauchy_redrawn_below_and_capped_above},
    {"crossover rate is a clipped normal and zero once terminal",
     crossover_rate_is_a_clipped_normal_and_zero_once_terminal},
    {"population shrinks linearly to its end", population_shrinks_linearly_to_its_end},
    {"parts of a turn have their sine and cosine",
     parts_of_a_turn_have_their_sine_and_cosine},
    CU_TEST_INFO_NULL,
};
