/* SPDX-License-Identifier: MIT
 * The skip-connected graph, and folds. */
#include "host/graph/skip_graph.h"
#include "host/statistics/cross_validation.h"
#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include <stdlib.h>
#include <string.h>

static const flx_graph_assignment *assignment(const flx_graph *graph, const char *name)
{
    int a = flx_graph_find_assignment(graph, name);
    assert_true(a >= 0);
    return &graph->assignments[a < 0 ? 0 : a];
}

static void expect_inputs(const flx_graph_assignment *assignment,
                          const char *const *labels, int count)
{
    assert_int(assignment->n_inputs, count);
    for (int i = 0; i < count && i < assignment->n_inputs; i++)
        assert_text(assignment->inputs[i].label, labels[i]);
}

/* web calls mid, mid calls low: web also reads the knobs and rates of both. */
static void vertices_read_what_all_below_read(void)
{
    const service_words words[] = {{"web", 1, 1, "", "mid", NULL},
                                   {"mid", 1, 1, "", "low", NULL},
                                   {"low", 1, 1, "", "", NULL}};
    flx_deployment *deployment = make_deployment("chain", words, 3, "p90", "p90");
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(flx_skip_graph_build(deployment, NULL, 0, false, &graph, &error), FLX_OK);
    expect_inputs(assignment(graph, "low:p90"), (const char *[]){"low:k0", "low:rps"}, 2);
    expect_inputs(assignment(graph, "mid:p90"),
                  (const char *[]){"mid:k0", "low:k0", "mid:rps", "low:rps", "low:p90"},
                  5);
    expect_inputs(assignment(graph, "web:p90"),
                  (const char *[]){"web:k0", "low:k0", "mid:k0", "web:rps", "low:rps",
                                   "mid:rps", "mid:p90"},
                  7);
    assert_int(graph->n_edges, 2);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

/* A replicated callee gives the rate of every instance; its knobs, which are the
 * service's, once. */
static void replicas_give_a_rate_each(void)
{
    flx_deployment *deployment = two_services(2, "none");
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(flx_skip_graph_build(deployment, NULL, 0, false, &graph, &error), FLX_OK);
    const flx_graph_assignment *web = assignment(graph, "web:p90");
    int rates = 0;
    for (int i = 0; i < web->n_inputs; i++)
        rates += strcmp(web->inputs[i].label, "db/0:rps") == 0 ||
                 strcmp(web->inputs[i].label, "db/1:rps") == 0;
    assert_int(rates, 2);
    /* A service-vertex keeps what it had. */
    assert_int(assignment(graph, "db:p90 over instances")->n_inputs, 4);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

CU_TestInfo skip_graph_tests[] = {
    {"vertices read what all below read", vertices_read_what_all_below_read},
    {"replicas give a rate each", replicas_give_a_rate_each},
    CU_TEST_INFO_NULL,
};
