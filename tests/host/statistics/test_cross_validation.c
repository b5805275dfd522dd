/* SPDX-License-Identifier: MIT
 * The folds that rows are dealt out to: balanced, whole groups, by seed and group alone.
 */
#include "host/statistics/cross_validation.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum { MOST = 60 };

static int deal(const int64_t *group, int n, uint64_t seed, int *fold)
{
    int n_groups = -1;
    flx_error error = {0};
    assert_int(flx_folds_deal(group, n, seed, fold, &n_groups, &error), FLX_OK);
    return n_groups;
}

static void single_rows_are_dealt_out_evenly(void)
{
    int fold[MOST];
    for (int n = 0; n <= MOST; n++) {
        int sizes[FLX_FOLDS] = {0};
        assert_int(deal(NULL, n, 3, fold), n);
        int n_folds = flx_folds_count(n);
        assert_int(n_folds, n < 5 ? n : 5);
        for (int i = 0; i < n; i++) {
            assert_true(fold[i] >= 0 && fold[i] < n_folds);
            sizes[fold[i]]++;
        }
        for (int f = 0; f < n_folds; f++)
            assert_int(sizes[f], n / n_folds + (f < n % n_folds));
    }
}

static void groups_stay_in_one_fold(void)
{
    int64_t group[30];
    int fold[30], again[30], sizes[FLX_FOLDS] = {0};
    for (int i = 0; i < 30; i++)
        group[i] = 1000 - i % 10; /* not side by side, not ascending */
    assert_int(deal(group, 30, 7, fold), 10);
    for (int i = 0; i < 30; i++) {
        assert_int(fold[i], fold[i % 10]);
        sizes[fold[i]]++;
    }
    for (int f = 0; f < FLX_FOLDS; f++)
        assert_int(sizes[f], 6); /* two groups each */
    deal(group, 30, 8, again);
    assert_true(memcmp(fold, again, sizeof fold) != 0);
}

/* A group of 12 fills a fold alone; the others share what is left. */
static void a_large_group_gets_little_company(void)
{
    int64_t group[32];
    int fold[32], sizes[FLX_FOLDS] = {0};
    for (int i = 0; i < 32; i++)
        group[i] = i < 12 ? 0 : i;
    assert_int(deal(group, 32, 1, fold), 21);
    for (int i = 0; i < 32; i++)
        sizes[fold[i]]++;
    for (int f = 0; f < FLX_FOLDS; f++)
        assert_true(f == fold[0] ? sizes[f] <= 16 : sizes[f] >= 4 && sizes[f] <= 5);
}

static void fewer_groups_than_folds_are_a_fold_each(void)
{
    const int64_t group[] = {5, 5, -9, 5, -9};
    int fold[5];
    assert_int(deal(group, 5, 0, fold), 2);
    assert_int(flx_folds_count(2), 2);
    assert_true(fold[0] == fold[1] && fold[0] == fold[3]);
    assert_true(fold[2] == fold[4] && fold[2] != fold[0]);
}

/* Where the rows stand does not matter, only what their groups are called. */
static void the_order_of_rows_changes_nothing(void)
{
    int64_t group[20], turned[20];
    int fold[20], folds_of_turned[20];
    for (int i = 0; i < 20; i++) {
        group[i] = 7 * (i / 2);
        turned[19 - i] = group[i];
    }
    deal(group, 20, 5, fold);
    deal(turned, 20, 5, folds_of_turned);
    for (int i = 0; i < 20; i++)
        assert_int(folds_of_turned[19 - i], fold[i]);
}

static void rows_are_listed_by_fold(void)
{
    const int fold[] = {1, 0, 2, 1, 0}, expected[] = {1, 4, 0, 3, 2};
    int order[5], start[4];
    flx_folds_order(fold, 5, 3, order, start);
    assert_int(memcmp(order, expected, sizeof expected), 0);
    assert_true(start[0] == 0 && start[1] == 2 && start[2] == 4 && start[3] == 5);
}

CU_TestInfo cross_validation_tests[] = {
    {"single rows are dealt out evenly", single_rows_are_dealt_out_evenly},
    {"groups stay in one fold", groups_stay_in_one_fold},
    {"a large group gets little company", a_large_group_gets_little_company},
    {"fewer groups than folds are a fold each", fewer_groups_than_folds_are_a_fold_each},
    {"the order of rows changes nothing", the_order_of_rows_changes_nothing},
    {"rows are listed by fold", rows_are_listed_by_fold},
    CU_TEST_INFO_NULL,
};
