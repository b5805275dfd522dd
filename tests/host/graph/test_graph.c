/* SPDX-License-Identifier: MIT
 * The inference graph as a whole: the counts of the paper's systems, and what is looked
 * up in it. */
#include "host/graph/graph.h"

#include "host/graph/black_box_graph.h"
#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"

#include <CUnit/CUnit.h>

static const char P90[] = "p90", MANY[] =
                                     "p50 p80 p81 p82 p83 p84 p85 p86 p87 p88 p89 p90 "
                                     "p91 p92 p93 p94 p95 p96 p97 p98 p99";

static void assert_counts(flx_deployment *deployment, const char *spectrum, int vertices,
                          int edges, int assignments, int inputs)
{
    flx_graph *graph = build_graph(deployment, spectrum, false);
    assert_int(graph->n_vertices, vertices);
    assert_int(graph->n_edges, edges);
    assert_int(graph->n_assignments, assignments);
    assert_int(graph->n_inputs, inputs);
    flx_graph_destroy(graph);
}

static void counts_hotel_as_the_paper_does(void)
{
    flx_deployment *hotel = make_hotel(MANY);
    assert_counts(hotel, P90, 20, 19, 20, 63);
    assert_counts(hotel, "p50 p85 p90 p95", 77, 244, 77, 63);
    scale_all(hotel, 6, "mongodb");
    assert_counts(hotel, P90, 110, 204, 35, 253);
    assert_counts(hotel, "p50 p85 p90 p95", 419, 1806, 134, 253);
    assert_counts(hotel, MANY, 2170, 39444, 695, 253);
    flx_deployment_destroy(hotel);
}

static void counts_boutique_as_the_paper_does(void)
{
    flx_deployment *boutique = make_boutique("p50 p90");
    assert_counts(boutique, P90, 12, 16, 12, 63);
    scale_all(boutique, 2, NULL);
    assert_counts(boutique, P90, 36, 56, 24, 126);
    scale_all(boutique, 3, NULL);
    assert_counts(boutique, P90, 48, 84, 24, 189);
    flx_deployment_destroy(boutique);
}

static void finds_assignments_by_name(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, P90, false);
    for (int a = 0; a < graph->n_assignments; a++)
        assert_int(flx_graph_find_assignment(graph, graph->assignments[a].name), a);
    assert_int(flx_graph_find_assignment(graph, "redis.set/1:p90"), -1);
    assert_int(flx_graph_find_assignment(graph, ""), -1);
    flx_graph_destroy(graph);
    flx_graph_destroy(NULL);
    flx_deployment_destroy(shop);
}

/* A black box reads what no vertex stands for, so nothing is left out of it. */
static void a_composed_graph_leaves_out_what_has_no_vertex(void)
{
    static const service_words words[] = {{"front", 1, 1, "", "db", NULL},
                                          {"db", 1, 1, "", "", NULL},
                                          {"batch", 1, 1, "", "", NULL}};
    flx_deployment *deployment = make_deployment("three", words, 3, "p90", "p90");
    flx_graph *composed = build_graph(deployment, P90, false), *box = NULL;
    flx_error error = {0};
    assert_int(flx_black_box_graph_build(deployment, &box, &error), FLX_OK);
    assert_true(!flx_graph_leaves_out(composed, deployment, 1, 0));
    assert_true(flx_graph_leaves_out(composed, deployment, 2, 0));
    assert_true(!flx_graph_leaves_out(box, deployment, 2, 0));
    flx_graph_destroy(box);
    flx_graph_destroy(composed);
    flx_deployment_destroy(deployment);
}

static void a_scope_is_that_of_the_graph(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, "p50", false);
    flx_graph_scope scope = flx_graph_scope_of(graph);
    assert_int(scope.n_spectrum, 2);
    assert_text(scope.spectrum[1], "p90");
    assert_true(scope.input_subsets == NULL);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

CU_TestInfo graph_tests[] = {
    {"counts hotel as the paper does", counts_hotel_as_the_paper_does},
    {"counts boutique as the paper does", counts_boutique_as_the_paper_does},
    {"finds assignments by name", finds_assignments_by_name},
    {"a composed graph leaves out what has no vertex",
     a_composed_graph_leaves_out_what_has_no_vertex},
    {"a scope is that of the graph", a_scope_is_that_of_the_graph},
    CU_TEST_INFO_NULL,
};
