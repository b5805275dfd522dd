/* SPDX-License-Identifier: MIT
 * Which metrics assignments read: a list that owns its texts. */
#include "host/graph/input_subset.h"

#include "tests/close.h"
#include "tests/host/graph/graphs.h"

#include <CUnit/CUnit.h>
#include <string.h>

static flx_input_subsets *make_subsets(void)
{
    flx_input_subsets *subsets = flx_input_subsets_create();
    char name[] = "front:p90";
    assert_true(flx_input_subsets_add(subsets, "cache:p50"));
    assert_true(flx_input_subsets_add(subsets, name));
    assert_true(flx_input_subsets_add_label(subsets, "cache:p50"));
    assert_true(flx_input_subsets_add_label(subsets, "cache:p99"));
    memset(name, 'x', sizeof name - 1); /* the list has a copy */
    return subsets;
}

static void labels_belong_to_the_newest_subset(void)
{
    flx_input_subsets *subsets = make_subsets();
    assert_int(subsets->count, 2);
    assert_int(find_subset(subsets, "cache:p50")->n_labels, 0);
    const flx_input_subset *front = find_subset(subsets, "front:p90");
    assert_int(front->n_labels, 2);
    assert_true(flx_input_subset_has(front, "cache:p99"));
    assert_true(!flx_input_subset_has(front, "cache:p9"));
    assert_true(!flx_input_subset_has(&subsets->list[0], "cache:p50"));
    flx_input_subsets_destroy(subsets);
    flx_input_subsets_destroy(NULL);
}

static void a_copy_outlives_what_it_was_copied_from(void)
{
    flx_input_subsets *subsets = make_subsets();
    flx_input_subsets *copy = flx_input_subsets_copy(subsets);
    flx_input_subsets_destroy(subsets);
    assert_int(copy->count, 2);
    assert_text(copy->list[1].assignment, "front:p90");
    assert_text(copy->list[1].labels[0], "cache:p50");
    assert_text(copy->list[1].labels[1], "cache:p99");
    flx_input_subsets_destroy(copy);
}

CU_TestInfo input_subset_tests[] = {
    {"labels belong to the newest subset", labels_belong_to_the_newest_subset},
    {"a copy outlives what it was copied from", a_copy_outlives_what_it_was_copied_from},
    CU_TEST_INFO_NULL,
};
