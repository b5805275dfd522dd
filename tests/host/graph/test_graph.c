/* SPDX-License-Identifier: MIT
 * The inference graph: one worked by hand to the last source, the counts of the paper's
 * systems, properties of any graph, and what must be refused. */
#include "host/graph/graph.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char P90[] = "p90", MANY[] =
                                     "p50 p80 p81 p82 p83 p84 p85 p86 p87 p88 p89 p90 "
                                     "p91 p92 p93 p94 p95 p96 p97 p98 p99";

static flx_graph *build(const flx_deployment *deployment, const char *words, bool paper)
{
    char copy[256], *rest = copy;
    const char *spectrum[32];
    int n = 0;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; n < 32 && (word = strtok_r(rest, " ", &rest));)
        spectrum[n++] = word;
    flx_graph *graph;
    flx_error error = {0};
    flx_status status = flx_graph_build(deployment, spectrum, n, paper, &graph, &error);
    assert_text(error.message, "");
    assert_int(status, FLX_OK);
    if (status != FLX_OK)
        abort();
    return graph;
}

/* front -> redis.get, redis.set; two instances of redis. */
static flx_deployment *make_shop(void)
{
    static const service_words words[] = {
        {"front", 1, 1, "", "redis", NULL},
        {"redis", 2, 1, "get set", "", NULL},
    };
    return make_deployment("shop", words, 2, "p50 p90", "p90");
}

static void assert_vertex(const flx_graph *graph, int v, const char *name, int level,
                          const char *assignment)
{
    const flx_vertex *vertex = &graph->vertices[v];
    assert_text(vertex->name, name);
    assert_int(vertex->level, level);
    assert_text(graph->assignments[vertex->assignment].name, assignment);
    assert_int(vertex->kind, graph->assignments[vertex->assignment].kind);
}

static void assert_source(const flx_graph *graph, int v, int i, int from,
                          const char *column, const char *fallback, double share)
{
    const flx_source *source = &graph->vertices[v].sources[i];
    assert_int(source->vertex, from);
    assert_text(source->column, column);
    assert_true(!source->fallback == !fallback);
    if (source->fallback && fallback)
        assert_text(source->fallback, fallback);
    assert_close(source->share, share, 0, 0);
}

static void assert_input(const flx_graph *graph, int a, int i, flx_column_role kind,
                         const char *label)
{
    assert_int(graph->assignments[a].inputs[i].kind, kind);
    assert_text(graph->assignments[a].inputs[i].label, label);
}

static void has_every_vertex_of_a_small_system(void)
{
    flx_deployment *shop = make_shop();
    flx_graph *graph = build(shop, P90, false);
    assert_int(graph->n_vertices, 7);
    assert_int(graph->n_assignments, 5);
    assert_int(graph->n_levels, 3);
    assert_int(graph->output, 6);
    assert_vertex(graph, 0, "redis.get/0:p90", 0, "redis.get:p90");
    assert_vertex(graph, 1, "redis.get/1:p90", 0, "redis.get:p90");
    assert_vertex(graph, 2, "redis.set/0:p90", 0, "redis.set:p90");
    assert_vertex(graph, 3, "redis.set/1:p90", 0, "redis.set:p90");
    assert_vertex(graph, 4, "redis.get:p90", 1, "redis.get:p90 over instances");
    assert_vertex(graph, 5, "redis.set:p90", 1, "redis.set:p90 over instances");
    assert_vertex(graph, 6, "front:p90", 2, "front:p90");
    assert_int(graph->vertices[1].instance, 1);
    assert_int(graph->vertices[4].instance, -1);
    assert_int(graph->vertices[6].instance, -1);
    static const int starts[] = {0, 4, 6, 7};
    for (int level = 0; level < 4; level++)
        assert_int(graph->level_start[level], starts[level]);
    assert_int(graph->n_inputs, 2 + 2 * 3); /* of redis: k0, get rate, set rate */
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void has_every_edge_and_source_of_a_small_system(void)
{
    flx_deployment *shop = make_shop();
    flx_graph *graph = build(shop, P90, false);
    static const int edges[][2] = {{0, 4}, {1, 4}, {2, 5}, {3, 5}, {4, 6}, {5, 6}};
    assert_int(graph->n_edges, 6);
    for (int e = 0; e < 6; e++) {
        assert_int(graph->edges[e][0], edges[e][0]);
        assert_int(graph->edges[e][1], edges[e][1]);
    }
    assert_source(graph, 1, 0, -1, "redis/1:k0", "redis:k0", 1);
    assert_source(graph, 1, 1, -1, "redis.get/1:rps", "redis.get:rps", 0.5);
    assert_source(graph, 5, 0, 2, "redis.set/0:p90", NULL, 1);
    assert_source(graph, 5, 1, 3, "redis.set/1:p90", NULL, 1);
    assert_source(graph, 5, 2, -1, "redis.set/0:rps", "redis.set:rps", 0.5);
    assert_source(graph, 5, 3, -1, "redis.set/1:rps", "redis.set:rps", 0.5);
    assert_source(graph, 6, 0, -1, "front:k0", NULL, 1);
    assert_source(graph, 6, 1, -1, "front:rps", NULL, 1);
    assert_source(graph, 6, 2, 4, "redis.get:p90", NULL, 1);
    assert_source(graph, 6, 3, 5, "redis.set:p90", NULL, 1);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void labels_inputs_without_an_instance(void)
{
    flx_deployment *shop = make_shop();
    flx_graph *graph = build(shop, P90, false);
    int get = flx_graph_find_assignment(graph, "redis.get:p90");
    int over = flx_graph_find_assignment(graph, "redis.get:p90 over instances");
    int front = flx_graph_find_assignment(graph, "front:p90");
    assert_int(graph->assignments[get].n_inputs, 2);
    assert_input(graph, get, 0, FLX_KNOB, "redis:k0");
    assert_input(graph, get, 1, FLX_STATE, "redis.get:rps");
    assert_int(graph->assignments[over].n_inputs, 4);
    assert_input(graph, over, 1, FLX_METRIC, "redis.get/1:p90");
    assert_input(graph, over, 2, FLX_STATE, "redis.get/0:rps");
    assert_int(graph->assignments[front].n_inputs, 4);
    assert_input(graph, front, 3, FLX_METRIC, "redis.set:p90");
    assert_int(flx_graph_find_vertex(graph, "redis.set/1:p90"), 3);
    assert_int(flx_graph_find_vertex(graph, "redis.set/2:p90"), -1);
    assert_int(flx_graph_find_assignment(graph, "redis.set/1:p90"), -1);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void aggregates_metrics_alone_in_paper_mode(void)
{
    flx_deployment *shop = make_shop();
    flx_graph *graph = build(shop, P90, true);
    int over = flx_graph_find_assignment(graph, "redis.get:p90 over instances");
    assert_int(graph->assignments[over].n_inputs, 2);
    assert_input(graph, over, 0, FLX_METRIC, "redis.get/0:p90");
    assert_input(graph, over, 1, FLX_METRIC, "redis.get/1:p90");
    assert_int(graph->n_inputs, 8);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void puts_knobs_before_states(void)
{
    flx_deployment *shop = make_shop();
    flx_operation *get = &shop->services[1].operations[0];
    flx_input first = get->inputs[0];
    get->inputs[0] = get->inputs[1];
    get->inputs[1] = first;
    flx_graph *graph = build(shop, P90, false);
    assert_input(graph, 0, 0, FLX_KNOB, "redis:k0");
    assert_source(graph, 0, 0, -1, "redis/0:k0", "redis:k0", 1);
    assert_source(graph, 0, 1, -1, "redis.get/0:rps", "redis.get:rps", 0.5);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

/* A service-vertex weighs by its own operation's rate; only rates are shared out. */
static void weighs_by_own_rates_only(void)
{
    flx_deployment *shop = make_shop();
    flx_operation *get = &shop->services[1].operations[0];
    free(get->inputs[0].name);
    get->inputs[0] = (flx_input){-1, get->inputs[0].operation, strdup("cpu")};
    free(shop->services[1].operations[1].inputs[1].operation);
    shop->services[1].operations[1].inputs[1].operation = strdup("get");
    flx_graph *graph = build(shop, P90, false);
    assert_source(graph, 0, 0, -1, "redis/0:cpu", "redis:cpu", 1);
    assert_int(graph
                   ->assignments[flx_graph_find_assignment(
                       graph, "redis.get:p90 over instances")]
                   .n_inputs,
               4);
    assert_int(graph
                   ->assignments[flx_graph_find_assignment(
                       graph, "redis.set:p90 over instances")]
                   .n_inputs,
               2);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void assert_counts(flx_deployment *deployment, const char *spectrum, int vertices,
                          int edges, int assignments, int inputs)
{
    flx_graph *graph = build(deployment, spectrum, false);
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

static void assert_orders(const flx_graph *graph)
{
    for (int v = 0; v < graph->n_vertices; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        const flx_graph_assignment *assignment = &graph->assignments[vertex->assignment];
        int highest = -1;
        for (int i = 0; i < assignment->n_inputs; i++) {
            int from = vertex->sources[i].vertex;
            assert_true((from >= 0) == (assignment->inputs[i].kind == FLX_METRIC));
            if (from >= 0 && graph->vertices[from].level > highest)
                highest = graph->vertices[from].level;
            if (from >= 0)
                assert_text(vertex->sources[i].column, graph->vertices[from].name);
        }
        assert_int(vertex->level, highest + 1);
        assert_true(v >= graph->level_start[vertex->level]);
        assert_true(v < graph->level_start[vertex->level + 1]);
        assert_int(flx_graph_find_vertex(graph, vertex->name), v);
    }
    for (int e = 0; e < graph->n_edges; e++)
        assert_true(graph->edges[e][0] < graph->edges[e][1]);
    assert_int(graph->level_start[graph->n_levels], graph->n_vertices);
    assert_int(graph->output, graph->n_vertices - 1);
}

static void orders_vertices_by_level(void)
{
    flx_deployment *hotel = make_hotel("p50 p90");
    scale_all(hotel, 3, "mongodb");
    flx_graph *graph = build(hotel, "p90 p50", false);
    assert_orders(graph);
    assert_text(graph->vertices[graph->output].name, "frontend:p90");
    assert_int(graph->n_spectrum, 2);
    assert_text(graph->spectrum[0], "p90");
    flx_graph_destroy(graph);
    flx_deployment_destroy(hotel);
}

static void adds_the_target_metric_to_any_spectrum(void)
{
    flx_deployment *shop = make_shop();
    flx_graph *graph = build(shop, "p50", false), *plain = build(shop, "", false);
    assert_int(graph->n_spectrum, 2);
    assert_text(graph->spectrum[0], "p50");
    assert_text(graph->spectrum[1], "p90");
    assert_text(graph->vertices[graph->output].name, "front:p90");
    assert_int(graph->n_vertices, 13);
    assert_int(plain->n_spectrum, 1);
    assert_int(plain->n_vertices, 7);
    flx_graph_destroy(graph);
    flx_graph_destroy(plain);
    flx_deployment_destroy(shop);
}

static void takes_the_metrics_a_service_has(void)
{
    static const service_words words[] = {
        {"front", 1, 0, "", "cache store", NULL},
        {"cache", 1, 0, "", "", "p90 hits"},
        {"store", 1, 0, "", "", "p50"},
    };
    flx_deployment *deployment = make_deployment("mixed", words, 3, "p50 p90", "p90");
    flx_graph *graph = build(deployment, "hits p50", false);
    assert_int(graph->n_vertices, 4);
    assert_text(graph->vertices[0].name, "cache:hits");
    assert_text(graph->vertices[1].name, "cache:p90");
    assert_text(graph->vertices[2].name, "store:p50");
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

/* Nothing on the way to the target calls them: they cannot move the output. */
static void leaves_out_what_the_target_does_not_reach(void)
{
    static const service_words words[] = {
        {"front", 1, 2, "read write", "store.get", NULL},
        {"store", 1, 3, "get put", "", NULL},
        {"batch", 4, 9, "", "store", "nothing"},
        {"gateway", 1, 1, "", "front", NULL},
    };
    flx_deployment *deployment = make_deployment("half", words, 4, "p90", "p90");
    flx_graph *graph = build(deployment, P90, false);
    assert_int(graph->n_vertices, 2);
    assert_text(graph->vertices[0].name, "store.get:p90");
    assert_text(graph->vertices[1].name, "front.read:p90");
    assert_int(graph->n_inputs, 3 + 4);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

static void refuse(const flx_deployment *deployment, const char *const *spectrum, int n,
                   const char *part, const char *other_part)
{
    flx_graph *graph = (flx_graph *)1;
    flx_error error = {0};
    assert_int(flx_graph_build(deployment, spectrum, n, false, &graph, &error),
               FLX_BAD_INPUT);
    assert_true(graph == NULL);
    assert_contains(error.message, part);
    assert_contains(error.message, other_part);
}

static void refuses_a_spectrum_that_does_not_fit(void)
{
    flx_deployment *shop = make_shop();
    const char *unknown[] = {"p90", "p42"}, *twice[] = {"p50", "p90", "p50"};
    refuse(shop, unknown, 2, "shop", "no service declares the metric \"p42\"");
    refuse(shop, twice, 3, "\"p50\"", "twice");
    static const service_words words[] = {
        {"front", 1, 0, "", "cache.get", NULL},
        {"cache", 1, 0, "get", "", "hits"},
    };
    flx_deployment *deployment = make_deployment("odd", words, 2, "p90", "p90");
    refuse(deployment, NULL, 0, "cache.get, which front calls", "\"p90\"");
    flx_deployment_destroy(deployment);
    flx_deployment_destroy(shop);
}

static void refuses_a_target_without_its_metric(void)
{
    static const service_words words[] = {{"front", 1, 0, "", "", NULL}};
    flx_deployment *deployment = make_deployment("odd", words, 1, "p50", "p90");
    refuse(deployment, NULL, 0, "front", "target metric \"p90\"");
    flx_deployment_destroy(deployment);
}

static void names_the_cycle_of_calls(void)
{
    static const service_words words[] = {
        {"front", 1, 0, "", "leaf a", NULL}, {"a", 1, 0, "get", "leaf b", NULL},
        {"b", 1, 0, "", "c", NULL},          {"c", 1, 0, "", "a.get", NULL},
        {"leaf", 1, 0, "", "", NULL},
    };
    flx_deployment *deployment = make_deployment("ring", words, 5, "p90", "p90");
    refuse(deployment, NULL, 0, "cycle", "b -> c -> a.get -> b");
    flx_deployment_destroy(deployment);
    static const service_words self[] = {{"front", 1, 0, "", "front", NULL}};
    deployment = make_deployment("self", self, 1, "p90", "p90");
    refuse(deployment, NULL, 0, "cycle", "front -> front");
    flx_deployment_destroy(deployment);
}

static void refuses_absurd_replicas(void)
{
    flx_deployment *shop = make_shop();
    shop->services[1].replicas = 2000000000;
    refuse(shop, NULL, 0, "2000000000", "redis.get");
    flx_deployment_destroy(shop);
}

static void levels_a_long_chain_of_calls(void)
{
    enum { LENGTH = 3000 };
    service_words *words = calloc(LENGTH, sizeof *words);
    char(*names)[16] = calloc(LENGTH + 1, sizeof *names);
    if (!words || !names)
        abort();
    for (int s = 0; s < LENGTH; s++)
        snprintf(names[s], sizeof names[s], "s%04d", s);
    for (int s = 0; s < LENGTH; s++)
        words[s] = (service_words){names[s], 1, 0, "", names[s + 1], NULL};
    flx_deployment *chain = make_deployment("chain", words, LENGTH, "p90", "p90");
    flx_graph *graph = build(chain, P90, false);
    assert_int(graph->n_levels, LENGTH);
    assert_text(graph->vertices[0].name, "s2999:p90");
    assert_text(graph->vertices[graph->output].name, "s0000:p90");
    flx_graph_destroy(graph);
    flx_deployment_destroy(chain);
    free(names);
    free(words);
}

CU_TestInfo graph_tests[] = {
    {"has every vertex of a small system", has_every_vertex_of_a_small_system},
    {"has every edge and source of a small system",
     has_every_edge_and_source_of_a_small_system},
    {"labels inputs without an instance", labels_inputs_without_an_instance},
    {"aggregates metrics alone in paper mode", aggregates_metrics_alone_in_paper_mode},
    {"puts knobs before states", puts_knobs_before_states},
    {"weighs by own rates only", weighs_by_own_rates_only},
    {"counts hotel as the paper does", counts_hotel_as_the_paper_does},
    {"counts boutique as the paper does", counts_boutique_as_the_paper_does},
    {"orders vertices by level", orders_vertices_by_level},
    {"adds the target metric to any spectrum", adds_the_target_metric_to_any_spectrum},
    {"takes the metrics a service has", takes_the_metrics_a_service_has},
    {"leaves out what the target does not reach",
     leaves_out_what_the_target_does_not_reach},
    {"refuses a spectrum that does not fit", refuses_a_spectrum_that_does_not_fit},
    {"refuses a target without its metric", refuses_a_target_without_its_metric},
    {"names the cycle of calls", names_the_cycle_of_calls},
    {"refuses absurd replicas", refuses_absurd_replicas},
    {"levels a long chain of calls", levels_a_long_chain_of_calls},
    CU_TEST_INFO_NULL,
};
