/* SPDX-License-Identifier: MIT
 * Which operations a graph has and on which levels they stand, and what must be refused.
 */
#include "host/graph/call_levels.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

static flx_call_levels *build(const flx_deployment *deployment)
{
    flx_call_levels *levels = NULL;
    flx_error error = {0};
    assert_int(flx_call_levels_build(deployment, NULL, 0, &levels, &error), FLX_OK);
    if (!levels)
        abort();
    return levels;
}

/* front -> redis.get, redis.set: leaves on level 0, what their callers see on 1. */
static void a_replicated_callee_lifts_its_caller_by_two(void)
{
    flx_deployment *shop = make_redis_shop();
    flx_call_levels *levels = build(shop);
    assert_int(levels->n_nodes, 3);
    assert_int(levels->target, 0);
    assert_int(levels->first_node[1], 1);
    assert_int(levels->nodes[0].level, 2);
    assert_int(levels->nodes[1].level, 0);
    assert_int(levels->nodes[2].level, 0);
    assert_int(levels->nodes[2].caller, 0);
    assert_text(levels->nodes[2].operation->name, "set");
    assert_int(levels->n_levels, 3);
    assert_int(levels->n_vertices, 1 + 2 * (2 + 1));
    assert_int(levels->n_assignments, 1 + 2 * 2);
    assert_int(levels->n_edges, 2 + 2 * 2);
    assert_true(flx_call_levels_callee(levels, &levels->nodes[0].operation->calls[1]) ==
                &levels->nodes[2]);
    flx_call_levels_destroy(levels);
    flx_call_levels_destroy(NULL);
    flx_deployment_destroy(shop);
}

static void marks_what_the_target_reaches(void)
{
    static const service_words words[] = {
        {"front", 1, 2, "read write", "store.get", NULL},
        {"store", 1, 3, "get put", "", NULL},
        {"batch", 4, 9, "", "store", "nothing"},
    };
    static const bool is_reachable[] = {true, false, true, false, false};
    flx_deployment *deployment = make_deployment("half", words, 3, "p90", "p90");
    flx_call_levels *levels = build(deployment);
    for (int n = 0; n < 5; n++)
        assert_int(levels->nodes[n].is_reachable, is_reachable[n]);
    assert_int(levels->n_vertices, 2);
    flx_call_levels_destroy(levels);
    flx_deployment_destroy(deployment);
}

static void refuse(const flx_deployment *deployment, const char *const *spectrum, int n,
                   const char *part, const char *other_part)
{
    flx_call_levels *levels = (flx_call_levels *)1;
    flx_error error = {0};
    assert_int(flx_call_levels_build(deployment, spectrum, n, &levels, &error),
               FLX_BAD_INPUT);
    assert_true(levels == NULL);
    assert_contains(error.message, part);
    assert_contains(error.message, other_part);
}

static void refuses_a_spectrum_that_does_not_fit(void)
{
    flx_deployment *shop = make_redis_shop();
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
    flx_deployment *shop = make_redis_shop();
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
    flx_call_levels *levels = build(chain);
    assert_int(levels->n_levels, LENGTH);
    assert_int(levels->nodes[levels->target].level, LENGTH - 1);
    assert_int(levels->nodes[LENGTH - 1].level, 0);
    flx_call_levels_destroy(levels);
    flx_deployment_destroy(chain);
    free(names);
    free(words);
}

CU_TestInfo call_levels_tests[] = {
    {"a replicated callee lifts its caller by two",
     a_replicated_callee_lifts_its_caller_by_two},
    {"marks what the target reaches", marks_what_the_target_reaches},
    {"refuses a spectrum that does not fit", refuses_a_spectrum_that_does_not_fit},
    {"refuses a target without its metric", refuses_a_target_without_its_metric},
    {"names the cycle of calls", names_the_cycle_of_calls},
    {"refuses absurd replicas", refuses_absurd_replicas},
    {"levels a long chain of calls", levels_a_long_chain_of_calls},
    CU_TEST_INFO_NULL,
};
