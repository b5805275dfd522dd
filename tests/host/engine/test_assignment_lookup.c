/* SPDX-License-Identifier: MIT
 * What a refit is about, by the names that users know, and rows by their time. */
#include "host/engine/graph_engine.h"

#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

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

static void a_window_takes_the_newest_seconds(void)
{
    flx_dataset *table = two_services_rows(6, 1, 1), *newest = NULL;
    static const int64_t times[] = {100, 160, 130, 190, 70, 200};
    flx_error error = {0};
    assert_int(flx_dataset_newest(table, 40, &newest, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "no /time");
    table->time = malloc(sizeof times);
    memcpy(table->time, times, sizeof times);
    assert_int(flx_dataset_newest(table, 40, &newest, &error), FLX_OK);
    assert_int(newest->rows, 2); /* 190 and 200; 160 is 40 s old, not newer */
    assert_int((long)newest->time[0], 190);
    flx_dataset_destroy(newest);
    flx_dataset_destroy(table);
}

CU_TestInfo assignment_lookup_tests[] = {
    {"assignments are found by what users say", assignments_are_found_by_what_users_say},
    {"a window takes the newest seconds", a_window_takes_the_newest_seconds},
    CU_TEST_INFO_NULL,
};
