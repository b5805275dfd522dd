/* SPDX-License-Identifier: MIT
 * The picture of a graph: what is drawn, what is folded, and names that try to break out.
 */
#include "host/graph/graph.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

/* The picture of a deployment, with all the metrics that its spectrum names. */
static char *draw(const flx_deployment *deployment, const char *const *spectrum, int n)
{
    flx_graph *graph;
    flx_error error = {0};
    flx_status status = flx_graph_build(deployment, spectrum, n, false, &graph, &error);
    assert_text(error.message, "");
    char *text = status == FLX_OK ? flx_graph_to_dot(graph, deployment) : NULL;
    if (!text)
        abort();
    flx_graph_destroy(graph);
    return text;
}

static int count(const char *text, const char *part)
{
    int found = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        found++;
    return found;
}

static void draws_every_vertex_of_a_small_graph(void)
{
    flx_deployment *boutique = make_boutique("p90");
    scale_all(boutique, 2, NULL);
    char *text = draw(boutique, NULL, 0);
    assert_int(count(text, "tooltip"), 36);
    assert_int(count(text, " -> v"), 56);
    assert_int(count(text, "subgraph cluster_"), 11 + 1); /* and the legend */
    assert_contains(text, "label=\"redis x2\"");
    assert_contains(text, "label=\"get p90 /1\"");
    assert_contains(text, "56 edges");
    assert_int(count(text, "penwidth=3"), 2); /* the target and its legend */
    free(text);
    flx_deployment_destroy(boutique);
}

static void gives_replicas_one_colour(void)
{
    static const service_words words[] = {{"front", 1, 0, "", "back", NULL},
                                          {"back", 2, 0, "", "", NULL}};
    flx_deployment *deployment = make_deployment("pair", words, 2, "p90", "p90");
    char *text = draw(deployment, NULL, 0);
    const char *first = strstr(text, "v0 [shape=box, fillcolor="),
               *second = strstr(text, "v1 [shape=box, fillcolor=");
    assert_true(first && second);
    if (first && second) {
        size_t length = strcspn(first, ",") + 26; /* through the colour */
        assert_int(strncmp(first + 2, second + 2, length - 2), 0);
    }
    free(text);
    flx_deployment_destroy(deployment);
}

static void folds_a_large_graph(void)
{
    static const char *const spectrum[] = {"p50", "p85", "p90", "p95", "p99"};
    flx_deployment *hotel = make_hotel("p50 p85 p90 p95 p99");
    scale_all(hotel, 6, "mongodb");
    char *text = draw(hotel, NULL, 0);
    assert_int(count(text, "tooltip"), 35); /* the assignments */
    assert_int(count(text, " -> v"), 15 + 19);
    assert_contains(text, "110 vertices, 204 edges, 35 assignments");
    assert_contains(text, "6 instances");
    assert_contains(text, "replicas are drawn as one node");
    free(text);
    text = draw(hotel, spectrum, 5);
    assert_int(count(text, "tooltip"), 35); /* operations, and their service-vertices */
    assert_int(count(text, " -> v"), 15 + 19);
    assert_contains(text, "p50 ... p99\\n5 metrics");
    free(text);
    flx_deployment_destroy(hotel);
}

static void shows_what_has_no_path_to_the_target(void)
{
    static const service_words words[] = {{"front", 1, 0, "", "store.get", NULL},
                                          {"store", 1, 0, "get put", "", NULL},
                                          {"batch", 1, 0, "", "store", NULL}};
    flx_deployment *deployment = make_deployment("half", words, 3, "p90", "p90");
    char *text = draw(deployment, NULL, 0);
    assert_int(count(text, "tooltip"), 2);
    assert_int(count(text, "no path to the target"), 2);
    assert_contains(text, "label=\"put\\nno path to the target\"");
    free(text);
    flx_deployment_destroy(deployment);
}

static void escapes_names_that_would_break_out(void)
{
    static const service_words words[] = {
        {"a\"];x->y[b=\"", 1, 0, "", "c\\d", NULL},
        {"c\\d", 1, 0, "e\\", "f\ng", NULL},
        {"f\ng", 1, 0, "", "<b>&amp;\t", NULL},
        {"<b>&amp;\t", 1, 0, "", "", NULL},
    };
    flx_deployment *deployment = make_deployment("odd\"", words, 4, "p90", "p90");
    char *text = draw(deployment, NULL, 0);
    assert_contains(text, "label=\"a\\\"];x->y[b=\\\"\"");
    assert_contains(text, "label=\"c\\\\d\"");
    assert_contains(text, "label=\"e\\\\ p90\"");
    assert_contains(text, "label=\"f\\\\ng\"");
    assert_contains(text, "label=\"<b>&amp;amp;?\"");
    assert_contains(text, "label=\"odd\\\": p90 of a");
    assert_int(count(text, " -> v"), 3);
    free(text);
    flx_deployment_destroy(deployment);
}

CU_TestInfo graph_dot_tests[] = {
    {"draws every vertex of a small graph", draws_every_vertex_of_a_small_graph},
    {"gives replicas one colour", gives_replicas_one_colour},
    {"folds a large graph", folds_a_large_graph},
    {"shows what has no path to the target", shows_what_has_no_path_to_the_target},
    {"escapes names that would break out", escapes_names_that_would_break_out},
    CU_TEST_INFO_NULL,
};
