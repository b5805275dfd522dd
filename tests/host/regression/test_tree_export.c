/* SPDX-License-Identifier: MIT
 * An ensemble of trees as a list of nodes. */
#include "host/regression/tree_export.h"

#include "tests/close.h"
#include "tests/host/regression/step.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* 5 below 1.5 and -7 above it, as three nodes. */
static void a_stump_has_three_nodes(void)
{
    double x[100], target[100];
    for (int i = 0; i < 100; i++) {
        x[i] = i < 50 ? 1 : 2;
        target[i] = i < 50 ? 5 : -7;
    }
    flx_trees_options stump = {.kind = FLX_PREDICTOR_FOREST, .trees = 1, .depth = 1};
    flx_trees *trees = grow_trees(&stump, x, target, 100, 1);
    flx_tree_nodes nodes;
    flx_error error = {0};
    assert_int(flx_tree_nodes_read(trees, &nodes, &error), FLX_OK);
    assert_int(nodes.n_roots, 1);
    assert_int(nodes.roots[0], 0);
    assert_int(nodes.n_nodes, 3);
    assert_int(nodes.nodes[0].feature, 0);
    assert_close((double)nodes.nodes[0].value, 1.5, 1e-6, 0);
    assert_close((double)nodes.nodes[nodes.nodes[0].left].value, 5, 1e-6, 0);
    assert_close((double)nodes.nodes[nodes.nodes[0].right].value, -7, 1e-6, 0);
    assert_int(nodes.nodes[1].feature, -1);
    assert_close(nodes.base, 0, 0, 0);
    flx_tree_nodes_clear(&nodes);
    flx_trees_release(trees);
}

static void an_ensemble_of_classes_is_no_list_of_nodes(void)
{
    make_step();
    for (int i = 0; i < STEP_ROWS; i++)
        step_y[i] = floor(3 * step_X[i * STEP_COLUMNS]);
    flx_trees_options options = {.kind = tree_kinds[0], .classes = 3, .trees = 2};
    flx_trees *trees = grow_trees(&options, step_X, step_y, STEP_ROWS, STEP_COLUMNS);
    flx_tree_nodes nodes;
    flx_error error = {0};
    assert_int(flx_tree_nodes_read(trees, &nodes, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "predict 3 numbers, not one");
    assert_true(nodes.nodes == NULL && nodes.roots == NULL);
    flx_trees_release(trees);
}

CU_TestInfo tree_export_tests[] = {
    {"a stump has three nodes", a_stump_has_three_nodes},
    {"an ensemble of classes is no list of nodes",
     an_ensemble_of_classes_is_no_list_of_nodes},
    CU_TEST_INFO_NULL,
};
