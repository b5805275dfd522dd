/* SPDX-License-Identifier: MIT
 * The system as one black box: which inputs it reads, and from which columns. */
#include "host/graph/black_box_graph.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"

#include <CUnit/CUnit.h>
#include <string.h>

static flx_graph *build(const flx_deployment *deployment)
{
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(flx_black_box_graph_build(deployment, &graph, &error), FLX_OK);
    return graph;
}

static int count_kind(const flx_graph *graph, flx_column_role kind)
{
    int count = 0;
    for (int i = 0; i < graph->assignments[0].n_inputs; i++)
        count += graph->assignments[0].inputs[i].kind == kind;
    return count;
}

static const flx_source *find_source(const flx_graph *graph, const char *column)
{
    for (int i = 0; i < graph->assignments[0].n_inputs; i++)
        if (strcmp(graph->vertices[0].sources[i].column, column) == 0)
            return &graph->vertices[0].sources[i];
    return NULL;
}

static void one_vertex_reads_every_knob_and_state(void)
{
    flx_deployment *deployment = make_boutique("p50 p90");
    flx_graph *graph = build(deployment);
    assert_int(graph->n_vertices, 1);
    assert_int(graph->n_assignments, 1);
    assert_int(graph->n_edges, 0);
    assert_int(graph->n_levels, 1);
    assert_int(graph->output, 0);
    assert_text(graph->vertices[0].name, "frontend:p90");
    assert_text(graph->assignments[0].name, "frontend:p90");
    /* 51 knobs; a rate for each of 10 services and for the two operations of redis. */
    assert_int(count_kind(graph, FLX_KNOB), 51);
    assert_int(count_kind(graph, FLX_STATE), 12);
    assert_int(count_kind(graph, FLX_METRIC), 0);
    assert_int(graph->n_inputs, 63);
    assert_true(find_source(graph, "redis.set:rps") != NULL);
    assert_true(find_source(graph, "redis.set:rps")->fallback == NULL);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

static void replicas_share_knobs_and_have_states_of_their_own(void)
{
    flx_deployment *deployment = make_boutique("p90");
    scale_all(deployment, 2, NULL);
    flx_graph *graph = build(deployment);
    /* The 126 inputs of the paper count the knobs of every instance: 2 x 63. Replicas are
     * set alike, so the black box sees each knob once. */
    assert_int(count_kind(graph, FLX_KNOB), 51);
    assert_int(count_kind(graph, FLX_STATE), 24);
    assert_true(find_source(graph, "redis:k0") != NULL);
    assert_true(find_source(graph, "redis/0:k0") == NULL);
    const flx_source *rate = find_source(graph, "redis.get/1:rps");
    assert_true(rate != NULL);
    assert_text(rate->fallback, "redis.get:rps");
    assert_close(rate->share, 0.5, 0, 0);
    assert_int(rate->vertex, -1);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

static void services_that_nothing_calls_are_read_too(void)
{
    static const service_words words[] = {{"web", 1, 1, "", "", NULL},
                                          {"batch job", 1, 2, "", "", NULL}};
    flx_deployment *deployment = make_deployment("d", words, 2, "p90", "p90");
    flx_graph *graph = build(deployment);
    assert_int(graph->n_inputs, 5);
    assert_true(find_source(graph, "batch job:k1") != NULL);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

/* Trained at one instance, read at three: the first stands for all. Trained at two: those
 * two, whatever there is beside them. */
static void a_scaled_system_is_read_as_it_was(void)
{
    static const service_words words[] = {{"web", 1, 1, "", "db", NULL},
                                          {"db", 3, 1, "", "", NULL}};
    static const int one[] = {1, 1}, two[] = {1, 2};
    flx_deployment *deployment = make_deployment("d", words, 2, "p90", "p90");
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(flx_black_box_graph_build_for(deployment, one, false, &graph, &error),
               FLX_OK);
    assert_int(graph->n_inputs, 4);
    assert_text(graph->assignments[0].inputs[3].label, "db:rps");
    const flx_source *rate = find_source(graph, "db/0:rps");
    assert_true(rate == &graph->vertices[0].sources[3]);
    assert_text(rate->fallback, "db:rps");
    assert_close(rate->share, 1.0 / 3, 1e-15, 0);
    flx_graph_destroy(graph);
    assert_int(flx_black_box_graph_build_for(deployment, two, true, &graph, &error),
               FLX_OK);
    assert_int(graph->n_inputs, 5); /* without the one that tells before from after */
    assert_int(graph->assignments[0].n_inputs, 6);
    assert_true(find_source(graph, "db/1:rps") != NULL);
    assert_true(find_source(graph, "db/2:rps") == NULL);
    assert_true(find_source(graph, "deployment:changed") ==
                &graph->vertices[0].sources[5]);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

CU_TestInfo black_box_graph_tests[] = {
    {"one vertex reads every knob and state", one_vertex_reads_every_knob_and_state},
    {"replicas share knobs and have states of their own",
     replicas_share_knobs_and_have_states_of_their_own},
    {"services that nothing calls are read too",
     services_that_nothing_calls_are_read_too},
    {"a scaled system is read as it was", a_scaled_system_is_read_as_it_was},
    CU_TEST_INFO_NULL,
};
