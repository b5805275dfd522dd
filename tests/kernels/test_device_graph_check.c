/* SPDX-License-Identifier: MIT
 * What is no graph is refused, with the place. */
#include "tests/close.h"
#include "tests/kernels/graph_by_hand.h"

#include <CUnit/CUnit.h>
#include <string.h>

static void refuse(flx_device_graph bad, const char *message)
{
    flx_error error = {0};
    assert_int(flx_device_graph_check(&bad, GRAPH_MEMBERS, &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void graphs_that_are_none_are_refused(void)
{
    flx_error error = {0};
    assert_int(flx_device_graph_check(&graph_by_hand, GRAPH_MEMBERS, &error), FLX_OK);
    flx_device_graph bad = graph_by_hand;
    bad.n_vertices = 0;
    refuse(bad, "a graph of 0 vertices");
    bad = graph_by_hand;
    bad.n_targets = 0;
    refuse(bad, "0 targets");
    bad = graph_by_hand;
    bad.level_start = (int[]){0, 8, 5, 10};
    refuse(bad, "level 2 of the graph begins at vertex 5");
    bad.level_start = (int[]){0, 5, 8, 9};
    refuse(bad, "level 3 of the graph begins at vertex 9 of 10");
    bad.level_start =
        (int[]){0, 6, 8, 10}; /* vertex 5 reads 0, which is no longer below */
    refuse(bad, "vertex 5 of the graph reads vertex 0, only 0 are below it");
    bad = graph_by_hand;
    bad.n_vertices = 8;
    bad.n_levels = 2;
    refuse(bad, "target 0 of the graph is vertex 8 of 8");
    bad = graph_by_hand;
    bad.n_columns = 5;
    refuse(bad, "column 5 of 5");
    bad = graph_by_hand;
    bad.ranges = (flx_device_graph_range[]){{0, 1, 1, 9}, {8, 1, 1, 2}, {1, 0.5, 0, 40}};
    refuse(bad, "range 1 of the graph is of column 8 of 8");
}

static void columns_and_models_that_are_none_are_refused(void)
{
    flx_device_graph bad = graph_by_hand;
    flx_device_graph_model changed[GRAPH_MODELS];
    bad.n_dimensions = 3;
    refuse(bad, "column 3 of the graph has dimension 3, there are 3");
    bad = graph_by_hand;
    bad.n_values = 3;
    refuse(bad, "column 3 of the graph has 4 levels from value 0 of 3");
    bad = graph_by_hand;
    bad.n_features = 10;
    refuse(bad, "model 9 of the graph, of kind 2, has features");
    bad = graph_by_hand;
    memcpy(changed, graph_by_hand.models, sizeof changed);
    bad.models = changed;
    changed[7].member = GRAPH_MEMBERS;
    refuse(bad, "model 7 of the graph is member 3 of a posterior of 3");
    changed[7].member = 0;
    changed[3].n_parameters = 2;
    refuse(bad, "model 3 of the graph");
    changed[3].n_parameters = 3;
    changed[5].n_blocks = 2;
    refuse(bad, "rule 5 of the graph reads 2 x 3 inputs, vertex 5 has 4");
    changed[5].n_blocks = 1;
    changed[1].first_feature = 0;
    changed[1].n_features = 1;
    refuse(bad, "model 1 of the graph reads input 0 of the 0 of vertex 2");
}

static void trees_that_do_not_end_are_refused(void)
{
    flx_device_graph bad = graph_by_hand;
    flx_device_graph_node changed[GRAPH_NODES];
    bad.roots = (int[]){0, 3, 8};
    refuse(bad, "tree 2 of model 8 of the graph begins at node 8 of 8");
    bad = graph_by_hand;
    memcpy(changed, graph_by_hand.nodes, sizeof changed);
    bad.nodes = changed;
    changed[3].left = 3;
    refuse(bad,
           "node 3 of 8 of model 8 of the graph splits feature 2 of 3 to 3, 5 and 5");
    changed[3] = graph_by_hand.nodes[3];
    changed[5].feature = 3;
    refuse(bad, "splits feature 3 of 3");
}

CU_TestInfo device_graph_check_tests[] = {
    {"graphs that are none are refused", graphs_that_are_none_are_refused},
    {"columns and models that are none are refused",
     columns_and_models_that_are_none_are_refused},
    {"trees that do not end are refused", trees_that_do_not_end_are_refused},
    CU_TEST_INFO_NULL,
};
