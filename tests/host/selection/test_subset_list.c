/* SPDX-License-Identifier: MIT
 * The list of the best subsets: each once, best first, whatever the order of offers. */
#include "host/selection/subset_list.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

static flx_subset_list make_list(int capacity)
{
    flx_subset_list list;
    flx_error error = {0};
    assert_int(flx_subset_list_create(capacity, 3, &list, &error), FLX_OK);
    return list;
}

static void the_best_come_first_each_once(void)
{
    static const int a[] = {1, 4}, b[] = {0, 2, 3}, c[] = {5}, d[] = {0, 4};
    for (int turn = 0; turn < 2; turn++) {
        flx_subset_list list = make_list(3);
        for (int i = 0; i < 8; i++)
            switch (turn ? 7 - i : i) {
            case 0:
                flx_subset_list_offer(&list, a, 2, 2.0);
                break;
            case 1:
                flx_subset_list_offer(&list, b, 3, 1.0);
                break;
            case 2:
                flx_subset_list_offer(&list, c, 1, 3.0); /* falls out */
                break;
            case 3:
                flx_subset_list_offer(&list, d, 2, 2.0); /* equal error: first in order */
                break;
            case 4:
                flx_subset_list_offer(&list, c, 1, NAN);
                break;
            default:
                flx_subset_list_offer(&list, b, 3, 1.0);
            }
        assert_int(list.count, 3);
        assert_int(list.subsets[0].k, 3);
        assert_int(list.subsets[1].members[0], 0);
        assert_int(list.subsets[2].members[0], 1);
        assert_close(list.subsets[2].error, 2, 0, 0);
        flx_subset_list_clear(&list);
    }
}

static void smaller_subsets_lead_at_equal_errors(void)
{
    static const int small[] = {7}, large[] = {1, 2};
    flx_subset_list list = make_list(2);
    flx_subset_list_offer(&list, large, 2, 1.0);
    flx_subset_list_offer(&list, small, 1, 1.0);
    assert_int(list.subsets[0].k, 1);
    flx_subset_list_clear(&list);
}

static void members_are_sorted(void)
{
    int members[] = {4, 0, 3};
    flx_subset_sort(members, 3);
    assert_int(members[0], 0);
    assert_int(members[1], 3);
    assert_int(members[2], 4);
}

CU_TestInfo subset_list_tests[] = {
    {"the best come first, each once", the_best_come_first_each_once},
    {"smaller subsets lead at equal errors", smaller_subsets_lead_at_equal_errors},
    {"members are sorted", members_are_sorted},
    CU_TEST_INFO_NULL,
};
