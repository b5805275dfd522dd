/* SPDX-License-Identifier: MIT
 * The composed graph: one worked by hand to the last source, which metrics and operations
 * become vertices, and what holds of any graph. */
#include "host/graph/graph.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static const char P90[] = "p90";

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
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, P90, false);
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
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, P90, false);
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
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, P90, false);
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
    assert_int(find_vertex(graph, "redis.set/1:p90"), 3);
    assert_int(find_vertex(graph, "redis.set/2:p90"), -1);
    assert_int(flx_graph_find_assignment(graph, "redis.set/1:p90"), -1);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

static void aggregates_metrics_alone_in_paper_mode(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, P90, true);
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
    flx_deployment *shop = make_redis_shop();
    flx_operation *get = &shop->services[1].operations[0];
    flx_input first = get->inputs[0];
    get->inputs[0] = get->inputs[1];
    get->inputs[1] = first;
    flx_graph *graph = build_graph(shop, P90, false);
    assert_input(graph, 0, 0, FLX_KNOB, "redis:k0");
    assert_source(graph, 0, 0, -1, "redis/0:k0", "redis:k0", 1);
    assert_source(graph, 0, 1, -1, "redis.get/0:rps", "redis.get:rps", 0.5);
    flx_graph_destroy(graph);
    flx_deployment_destroy(shop);
}

/* A service-vertex weighs by its own operation's rate; only rates are shared out. */
static void weighs_by_own_rates_only(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_operation *get = &shop->services[1].operations[0];
    free(get->inputs[0].name);
    get->inputs[0] = (flx_input){-1, get->inputs[0].operation, strdup("cpu")};
    free(shop->services[1].operations[1].inputs[1].operation);
    shop->services[1].operations[1].inputs[1].operation = strdup("get");
    flx_graph *graph = build_graph(shop, P90, false);
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
        assert_int(find_vertex(graph, vertex->name), v);
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
    flx_graph *graph = build_graph(hotel, "p90 p50", false);
    assert_orders(graph);
    assert_text(graph->vertices[graph->output].name, "frontend:p90");
    assert_int(graph->n_spectrum, 2);
    assert_text(graph->spectrum[0], "p90");
    flx_graph_destroy(graph);
    flx_deployment_destroy(hotel);
}

static void adds_the_target_metric_to_any_spectrum(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_graph *graph = build_graph(shop, "p50", false),
              *plain = build_graph(shop, "", false);
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
    flx_graph *graph = build_graph(deployment, "hits p50", false);
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
    flx_graph *graph = build_graph(deployment, P90, false);
    assert_int(graph->n_vertices, 2);
    assert_text(graph->vertices[0].name, "store.get:p90");
    assert_text(graph->vertices[1].name, "front.read:p90");
    assert_int(graph->n_inputs, 3 + 4);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
}

CU_TestInfo graph_builder_tests[] = {
    {"has every vertex of a small system", has_every_vertex_of_a_small_system},
    {"has every edge and source of a small system",
     has_every_edge_and_source_of_a_small_system},
    {"labels inputs without an instance", labels_inputs_without_an_instance},
    {"aggregates metrics alone in paper mode", aggregates_metrics_alone_in_paper_mode},
    {"puts knobs before states", puts_knobs_before_states},
    {"weighs by own rates only", weighs_by_own_rates_only},
    {"orders vertices by level", orders_vertices_by_level},
    {"adds the target metric to any spectrum", adds_the_target_metric_to_any_spectrum},
    {"takes the metrics a service has", takes_the_metrics_a_service_has},
    {"leaves out what the target does not reach",
     leaves_out_what_the_target_does_not_reach},
    CU_TEST_INFO_NULL,
};
