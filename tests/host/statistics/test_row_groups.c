/* SPDX-License-Identifier: MIT */
#include "host/statistics/row_groups.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

static void rows_are_listed_by_group(void)
{
    const int64_t group[] = {9, -1, 9, 4, -1, 9}, ids[] = {-1, 4, 9};
    const int rows[] = {1, 4, 3, 0, 2, 5}, start[] = {0, 2, 3, 6};
    flx_row_groups groups;
    flx_error error = {0};
    assert_int(flx_row_groups_create(group, 6, &groups, &error), FLX_OK);
    assert_int(groups.count, 3);
    for (int i = 0; i < 6; i++)
        assert_int(groups.rows[i], rows[i]);
    for (int g = 0; g < 3; g++) {
        assert_int((long)groups.id[g], (long)ids[g]);
        assert_int(groups.start[g], start[g]);
    }
    assert_int(groups.start[3], 6);
    flx_row_groups_clear(&groups);
}

static void without_groups_every_row_is_its_own(void)
{
    flx_row_groups groups;
    flx_error error = {0};
    for (int n = 0; n < 3; n++) {
        assert_int(flx_row_groups_create(NULL, n, &groups, &error), FLX_OK);
        assert_int(groups.count, n);
        for (int i = 0; i < n; i++)
            assert_true(groups.rows[i] == i && groups.start[i] == i && groups.id[i] == i);
        assert_int(groups.start[n], n);
        flx_row_groups_clear(&groups);
    }
}

CU_TestInfo row_groups_tests[] = {
    {"rows are listed by group", rows_are_listed_by_group},
    {"without groups every row is its own", without_groups_every_row_is_its_own},
    CU_TEST_INFO_NULL,
};
