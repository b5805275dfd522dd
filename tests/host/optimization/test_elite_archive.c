/* SPDX-License-Identifier: MIT */
#include "host/optimization/elite_archive.h"
#include "host/statistics/argsort.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

static flx_elite_archive *make_list(int capacity, double spacing,
                                    const flx_dimension *dimensions)
{
    flx_elite_archive *list = NULL;
    flx_error error = {0};
    assert_int(flx_elite_archive_create(capacity, 2, dimensions, spacing, &list, &error),
               FLX_OK);
    return list;
}

static bool offer(flx_elite_archive *list, double x, double y, double value)
{
    double unit[2] = {x, y};
    return flx_elite_archive_offer(list, unit, value);
}

static void assert_kept(const flx_elite_archive *list, int index, double x, double value)
{
    assert_close(flx_elite_archive_unit(list, index)[0], x, 0, 0);
    assert_close(flx_elite_archive_value(list, index), value, 0, 0);
}

static void ranks_by_value_then_index_with_nan_last(void)
{
    double values[] = {3, NAN, 1, 3, -INFINITY, INFINITY, 1, NAN};
    int order[8], expected[] = {4, 2, 6, 0, 3, 5, 1, 7};
    flx_rank(values, 8, order);
    for (int i = 0; i < 8; i++)
        assert_int(order[i], expected[i]);
    flx_rank(values, 1, order);
    assert_int(order[0], 0);
    flx_rank(values, 0, order);
}

static void ranks_many_values(void)
{
    double values[997];
    int order[997];
    for (int i = 0; i < 997; i++)
        values[i] = i * 613 % 997 / 3; /* whole thirds: every value thrice */
    flx_rank(values, 997, order);
    for (int i = 1; i < 997; i++)
        assert_true(
            values[order[i - 1]] < values[order[i]] ||
            (values[order[i - 1]] == values[order[i]] && order[i - 1] < order[i]));
}

static void keeps_the_best_in_order_and_drops_the_worst(void)
{
    flx_elite_archive *list = make_list(3, 0, NULL);
    assert_true(offer(list, 0.1, 0, 5));
    assert_true(offer(list, 0.2, 0, 3));
    assert_true(offer(list, 0.3, 0, 4));
    assert_true(!offer(list, 0.4, 0, 6));
    assert_true(offer(list, 0.5, 0, 1));
    assert_int(flx_elite_archive_count(list), 3);
    assert_kept(list, 0, 0.5, 1);
    assert_kept(list, 1, 0.2, 3);
    assert_kept(list, 2, 0.3, 4);
    flx_elite_archive_destroy(list);
}

static void equal_settings_are_kept_once(void)
{
    flx_elite_archive *list = make_list(4, 0, NULL);
    assert_true(offer(list, 0.5, 0.5, 2));
    assert_true(!offer(list, 0.5, 0.5, 2));
    assert_true(offer(list, 0.25, 0.5, 2));
    assert_int(flx_elite_archive_count(list), 2);
    assert_kept(list, 0, 0.5, 2); /* of equal values the first one leads */
    flx_elite_archive_destroy(list);
}

static void a_better_neighbour_takes_the_place_of_the_worse(void)
{
    flx_elite_archive *list = make_list(4, 0.1, NULL);
    /* distances: root of the mean over two dimensions, so 0.1 in one is 0.0707 */
    assert_true(offer(list, 0.50, 0.5, 4));
    assert_true(!offer(list, 0.60, 0.5, 5));
    assert_true(offer(list, 0.65, 0.5, 6)); /* 0.106 away */
    assert_true(offer(list, 0.58, 0.5, 3)); /* near both, better than both */
    assert_int(flx_elite_archive_count(list), 1);
    assert_kept(list, 0, 0.58, 3);
    flx_elite_archive_destroy(list);
}

static void values_that_are_not_finite_are_refused(void)
{
    flx_elite_archive *list = make_list(4, 0, NULL);
    assert_true(!offer(list, 0, 0, NAN));
    assert_true(!offer(list, 0, 0, INFINITY));
    assert_true(!offer(list, 0, 0, -INFINITY));
    assert_int(flx_elite_archive_count(list), 0);
    int chosen[1];
    assert_int(flx_elite_archive_choose(list, 1, 0.5, chosen), 0);
    flx_elite_archive_destroy(list);
}

static void chooses_far_ones_before_near_ones(void)
{
    flx_elite_archive *list = make_list(5, 0, NULL);
    offer(list, 0.50, 0.5, 1);
    offer(list, 0.52, 0.5, 2);
    offer(list, 0.54, 0.5, 3);
    offer(list, 1.00, 0.5, 4);
    int chosen[5] = {-1, -1, -1, -1, -1};
    assert_int(flx_elite_archive_choose(list, 2, 0.3, chosen), 2);
    assert_int(chosen[0], 0);
    assert_int(chosen[1], 3);
    /* Three want the demand relaxed to 0.02 or less: then by value. */
    assert_int(flx_elite_archive_choose(list, 3, 0.3, chosen), 3);
    assert_int(chosen[0], 0);
    assert_int(chosen[1], 2);
    assert_int(chosen[2], 3);
    assert_int(flx_elite_archive_choose(list, 5, 0.3, chosen), 4);
    flx_elite_archive_destroy(list);
}

/* Of two settings 0.1 apart in one of two dimensions, or of different categories there,
 * the worse one is taken where the spacing is no more than their distance. */
static bool are_apart(double spacing, const flx_dimension *dimensions)
{
    flx_elite_archive *list = make_list(2, spacing, dimensions);
    assert_true(offer(list, 0.05, 0.5, 1));
    bool is_taken = offer(list, 0.15, 0.5, 2);
    flx_elite_archive_destroy(list);
    return is_taken;
}

static void different_categories_are_a_whole_side_apart(void)
{
    flx_dimension dimensions[] = {{FLX_DIMENSION_CATEGORY, 10, 0},
                                  {FLX_DIMENSION_CONTINUOUS, 1, 0}};
    assert_true(are_apart(0.99 * sqrt(0.5), dimensions));
    assert_true(!are_apart(1.01 * sqrt(0.5), dimensions));
    assert_true(are_apart(0.099 * sqrt(0.5), NULL));
    assert_true(!are_apart(0.101 * sqrt(0.5), NULL));
}

static void refuses_a_list_without_places(void)
{
    flx_elite_archive *list = NULL;
    flx_error error = {0};
    assert_int(flx_elite_archive_create(0, 2, NULL, 0.1, &list, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "0 settings");
    assert_int(flx_elite_archive_create(2, 2, NULL, NAN, &list, &error), FLX_BAD_INPUT);
    assert_true(list == NULL);
    flx_elite_archive_destroy(NULL);
}

CU_TestInfo elite_archive_tests[] = {
    {"ranks by value then index with NaN last", ranks_by_value_then_index_with_nan_last},
    {"ranks many values", ranks_many_values},
    {"keeps the best in order and drops the worst",
     keeps_the_best_in_order_and_drops_the_worst},
    {"equal settings are kept once", equal_settings_are_kept_once},
    {"a better neighbour takes the place of the worse",
     a_better_neighbour_takes_the_place_of_the_worse},
    {"values that are not finite are refused", values_that_are_not_finite_are_refused},
    {"chooses far ones before near ones", chooses_far_ones_before_near_ones},
    {"different categories are a whole side apart",
     different_categories_are_a_whole_side_apart},
    {"refuses a list without places", refuses_a_list_without_places},
    CU_TEST_INFO_NULL,
};
