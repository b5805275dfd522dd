/* SPDX-License-Identifier: MIT
 * Pruned graphs: one worked by hand, one that reads all and so stays as it is, levels
 * that fall, and subsets that do not fit. */
#include "host/graph/graph_pruning.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

static flx_graph *build(const flx_deployment *deployment)
{
    static const char *const spectrum[] = {"p50", "p90"};
    flx_graph *graph;
    flx_error error = {0};
    assert_int(flx_graph_build(deployment, spectrum, 2, false, &graph, &error), FLX_OK);
    return graph;
}

static void read_only(flx_input_subsets *subsets, const char *assignment,
                      const char *const *labels, int count)
{
    assert_true(flx_input_subsets_add(subsets, assignment));
    for (int i = 0; i < count; i++)
        assert_true(flx_input_subsets_add_label(subsets, labels[i]));
}

static void prune(flx_graph *graph, const flx_input_subsets *subsets)
{
    flx_error error = {0};
    assert_int(flx_graph_prune(graph, subsets, &error), FLX_OK);
    assert_text(error.message, "");
}

static void keeps_what_is_read(void)
{
    static const char *const labels[] = {"redis.set:p50"};
    static const char *const names[] = {"redis.set/0:p50", "redis.set/1:p50",
                                        "redis.set:p50", "front:p90"};
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build(shop);
    flx_input_subsets *subsets = flx_input_subsets_create();
    read_only(subsets, "front:p90", labels, 1);
    prune(graph, subsets);
    assert_int(graph->n_vertices, 4);
    assert_int(graph->n_assignments, 3);
    assert_int(graph->n_edges, 3);
    assert_int(graph->n_levels, 3);
    assert_int(graph->output, 3);
    for (int v = 0; v < 4 && graph->n_vertices == 4; v++) {
        assert_text(graph->vertices[v].name, names[v]);
        assert_int(graph->vertices[v].level, v < 2 ? 0 : v - 1);
        assert_int(graph->vertices[v].assignment, v < 2 ? 0 : v - 1);
    }
    assert_int(graph->level_start[1], 2);
    assert_int(graph->level_start[3], 4);
    assert_int(graph->edges[2][0], 2);
    assert_int(graph->edges[2][1], 3);
    assert_int(graph->n_inputs, 6); /* front: k0, rps; redis: k0 and set's rps, twice */
    const flx_graph_assignment *front = &graph->assignments[2];
    assert_int(front->n_inputs, 3);
    assert_text(front->inputs[2].label, "redis.set:p50");
    assert_int(graph->vertices[3].sources[2].vertex, 2);
    assert_text(graph->vertices[3].sources[2].column, "redis.set:p50");
    assert_int(graph->n_spectrum, 2);
    assert_true(find_subset(graph->input_subsets, "front:p90") != NULL);
    assert_true(flx_graph_leaves_out(graph, shop, 1, 0)); /* get */
    assert_true(!flx_graph_leaves_out(graph, shop, 1, 1));
    flx_input_subsets_destroy(subsets);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void reading_all_changes_nothing(void)
{
    flx_deployment *boutique = make_boutique("p50 p90");
    scale_all(boutique, 3, "front");
    flx_graph *graph = build(boutique), *full = build(boutique);
    flx_input_subsets *subsets = flx_input_subsets_create();
    for (int a = 0; a < full->n_assignments; a++) {
        const flx_graph_assignment *assignment = &full->assignments[a];
        if (assignment->kind != FLX_INSTANCE_VERTEX)
            continue;
        read_only(subsets, assignment->name, NULL, 0);
        for (int i = 0; i < assignment->n_inputs; i++)
            if (assignment->inputs[i].kind == FLX_METRIC)
                flx_input_subsets_add_label(subsets, assignment->inputs[i].label);
    }
    prune(graph, subsets);
    assert_int(graph->n_vertices, full->n_vertices);
    assert_int(graph->n_assignments, full->n_assignments);
    assert_int(graph->n_edges, full->n_edges);
    assert_int(graph->n_levels, full->n_levels);
    assert_int(graph->n_inputs, full->n_inputs);
    for (int v = 0; v < full->n_vertices; v++) {
        assert_text(graph->vertices[v].name, full->vertices[v].name);
        assert_int(graph->vertices[v].level, full->vertices[v].level);
    }
    for (int e = 0; e < full->n_edges; e++) {
        assert_int(graph->edges[e][0], full->edges[e][0]);
        assert_int(graph->edges[e][1], full->edges[e][1]);
    }
    flx_input_subsets_destroy(subsets);
    flx_graph_destroy(graph);
    flx_graph_destroy(full);
    flx_deployment_destroy(boutique);
}

/* a -> b, c; b -> c. Once b reads nothing it stands beside c, and moves before it. */
static void levels_fall(void)
{
    static const service_words words[] = {{"a", 1, 0, "", "b c", NULL},
                                          {"b", 1, 1, "", "c", NULL},
                                          {"c", 1, 1, "", "", NULL}};
    static const char *const both[] = {"b:p90", "c:p50"};
    flx_deployment *chain = make_deployment("chain", words, 3, "p50 p90", "p90");
    flx_graph *graph = build(chain);
    flx_input_subsets *subsets = flx_input_subsets_create();
    assert_int(graph->n_levels, 3);
    read_only(subsets, "a:p90", both, 2);
    read_only(subsets, "b:p90", NULL, 0);
    prune(graph, subsets);
    assert_int(graph->n_vertices, 3);
    assert_int(graph->n_levels, 2);
    assert_int(flx_graph_find_assignment(graph, "c:p90"), -1);
    int b = find_vertex(graph, "b:p90");
    assert_int(graph->vertices[b].level, 0);
    assert_int(graph->level_start[1], 2);
    for (int v = 0; v < 3; v++) /* sources stand before their readers */
        for (int i = 0; i < graph->assignments[graph->vertices[v].assignment].n_inputs;
             i++)
            assert_true(graph->vertices[v].sources[i].vertex < v);
    flx_input_subsets_destroy(subsets);
    /* and alone: a black hole of a target */
    subsets = flx_input_subsets_create();
    read_only(subsets, "a:p90", NULL, 0);
    prune(graph, subsets);
    assert_int(graph->n_vertices, 1);
    assert_int(graph->n_edges, 0);
    assert_int(graph->n_levels, 1);
    assert_int(graph->n_inputs, 1); /* a:rps */
    flx_input_subsets_destroy(subsets);
    flx_graph_destroy(graph);
    flx_deployment_destroy(chain);
}

static void refuse(const char *assignment, const char *label, const char *words)
{
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build(shop);
    flx_input_subsets *subsets = flx_input_subsets_create();
    flx_error error = {0};
    read_only(subsets, assignment, &label, 1);
    assert_int(flx_graph_prune(graph, subsets, &error), FLX_BAD_INPUT);
    assert_contains(error.message, words);
    flx_input_subsets_destroy(subsets);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void refuses_subsets_that_do_not_fit(void)
{
    refuse("back:p90", "redis.set:p50", "no assignment \"back:p90\"");
    refuse("redis.set:p90 over instances", "redis.set/0:p90",
           "no assignment \"redis.set");
    refuse("front:p90", "redis.set:p99", "cannot read \"redis.set:p99\"");
    refuse("front:p90", "front:rps", "cannot read \"front:rps\""); /* no metric */
}

CU_TestInfo graph_pruning_tests[] = {
    {"keeps what is read", keeps_what_is_read},
    {"reading all changes nothing", reading_all_changes_nothing},
    {"levels fall", levels_fall},
    {"refuses subsets that do not fit", refuses_subsets_that_do_not_fit},
    CU_TEST_INFO_NULL,
};
