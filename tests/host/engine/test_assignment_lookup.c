/* SPDX-License-Identifier: MIT
 * What a refit is about, by the names that users know. */
#include "host/engine/graph_engine.h"

#include "tests/close.h"
#include "tests/host/engine/skeletons.h"

#include <CUnit/CUnit.h>

static void find(const flx_model *model, const char *service, const char *metric,
                 flx_fit_choice choice, const char *expected)
{
    int found[16], count;
    flx_error error = {0};
    assert_int(
        flx_graph_engine_find(model, service, metric, choice, found, &count, &error),
        FLX_OK);
    assert_int(count, 1);
    assert_text(model->graph->assignments[found[0]].name, expected);
}

static void assignments_are_found_by_what_users_say(void)
{
    flx_model *model = skeleton_of(read_config("boutique/9vm-2"), NULL, 0);
    int found[64], count;
    flx_error error = {0};
    find(model, "redis.get", "p90", FLX_FIT_SHOWN, "redis.get:p90 over instances");
    find(model, "redis.get", "p90", FLX_FIT_INSTANCES, "redis.get:p90");
    find(model, "frontend", "p90", FLX_FIT_SHOWN, "frontend:p90 over instances");
    assert_int(flx_graph_engine_find(model, "redis", "p90", FLX_FIT_SHOWN, found, &count,
                                     &error),
               FLX_OK);
    assert_int(count, 2); /* get and set */
    static const char *const wrong[][3] = {
        {"reddis", "p90", "has no service or operation reddis"},
        {"redis.got", "p90", "has no service or operation redis.got"},
        {"", "p90", "has no service or operation"},
        {"redis", "p91", "no vertex of redis for the metric p91"}};
    for (int i = 0; i < 4; i++) {
        assert_int(flx_graph_engine_find(model, wrong[i][0], wrong[i][1], FLX_FIT_SHOWN,
                                         found, &count, &error),
                   FLX_BAD_INPUT);
        assert_contains(error.message, wrong[i][2]);
    }
    flx_model_destroy(model);
}

CU_TestInfo assignment_lookup_tests[] = {
    {"assignments are found by what users say", assignments_are_found_by_what_users_say},
    CU_TEST_INFO_NULL,
};
