/* SPDX-License-Identifier: MIT
 * Reading a system: a small one by value, and one sentence for everything that is wrong.
 */
#include "experiments/simulator/system.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static const char small[] =
    "{\"format\": \"fluxion-system\", \"version\": 1, \"name\": \"small\",\n"
    " \"source\": \"a test\", \"time_factor\": 2.0, \"rpc_ms\": 0.5,\n"
    " \"backlog_s\": 1.0, \"speed_cv\": 0.0, \"cpu_limits\": [1000, 2000],\n"
    " \"services\": [\n"
    "  {\"name\": \"front\", \"kind\": \"process\", \"cores\": 2, \"io_ms\": 0.1,\n"
    "   \"working_set_mb\": 10, \"endpoints\": [\n"
    "    {\"name\": \"page\", \"mean_ms\": 1.5, \"cv\": 1.0, \"stages\": [\n"
    "      [{\"to\": \"store.get\", \"repeat\": 3, \"probability\": 0.2,\n"
    "        \"miss_of\": \"cache\"}, {\"to\": \"cache.read\"}]]}]},\n"
    "  {\"name\": \"cache\", \"kind\": \"memcached\", \"cores\": 1, \"io_ms\": 0,\n"
    "   \"working_set_mb\": 10, \"endpoints\": [\n"
    "    {\"name\": \"read\", \"mean_ms\": 0.1, \"cv\": 0}]},\n"
    "  {\"name\": \"store\", \"kind\": \"mongodb\", \"cores\": 4, \"io_ms\": 0.1,\n"
    "   \"working_set_mb\": 100, \"disk_ms\": 5, \"endpoints\": [\n"
    "    {\"name\": \"get\", \"mean_ms\": 1, \"cv\": 1.5},\n"
    "    {\"name\": \"put\", \"mean_ms\": 2, \"cv\": 1.5, \"writes\": true}]}],\n"
    " \"requests\": {\"view\": \"front.page\"},\n"
    " \"sequences\": [{\"name\": \"main\", \"steps\": [\n"
    "   {\"title\": \"init\", \"deployment\": \"a.json\", \"rps\": 10,\n"
    "    \"mix\": {\"view\": 1.0}},\n"
    "   {\"title\": \"two\", \"deployment\": \"b.json\", \"rps\": 20,\n"
    "    \"mix\": {\"view\": 1.0}, \"replicas\": {\"front\": 2},\n"
    "    \"replace\": [{\"services\": [\"cache\"], \"kind\": \"redis\", \"cores\": 1,\n"
    "      \"io_ms\": 0, \"working_set_mb\": 8, \"mean_ms\": {\"read\": 0.07}}],\n"
    "    \"paper\": {\"services\": 4, \"inputs\": 9},\n"
    "    \"counted_services\": [\"front\"]}]}]}\n";

static flx_status read_text(const char *text, flx_system **system, flx_error *error)
{
    scratch_begin();
    flx_status status = flx_system_read(scratch_write("small.json", text), system, error);
    scratch_end();
    return status;
}

static void small_system_is_read_by_value(void)
{
    flx_system *system = NULL;
    flx_error error = {0};
    assert_int(read_text(small, &system, &error), FLX_OK);
    if (!system)
        return;
    assert_text(system->name, "small");
    assert_contains(system->folder, "/fluxion-test-");
    assert_int(system->folder[strlen(system->folder) - 1], '/');
    assert_close(system->time_factor, 2.0, 0.0, 0.0);
    assert_int(system->n_services, 3);
    assert_int(system->n_endpoints, 4);
    assert_int(system->n_cpu_limits, 2);
    const flx_endpoint *page = &system->endpoints[0];
    assert_int(page->n_stages, 1);
    assert_int(page->stages[0].n_calls, 2);
    const flx_system_call *call = &page->stages[0].calls[0];
    assert_int(call->endpoint, flx_system_find_endpoint(system, "store.get"));
    assert_int(call->repeat, 3);
    assert_close(call->probability, 0.2, 0.0, 0.0);
    assert_int(call->miss_of, flx_system_find_service(system, "cache"));
    assert_true(system->endpoints[3].is_write && !system->endpoints[2].is_write);
    assert_int(flx_system_find_endpoint(system, "store.drop"), -1);
    flx_system_destroy(system);
}

static void steps_hold_what_they_change(void)
{
    flx_system *system = NULL;
    flx_error error = {0};
    const flx_step *first = NULL, *second = NULL;
    assert_int(read_text(small, &system, &error), FLX_OK);
    if (!system)
        return;
    assert_int(flx_system_find_step(system, "main", 1, &first, &error), FLX_OK);
    assert_int(flx_system_find_step(system, "main", 2, &second, &error), FLX_OK);
    assert_int(first->replicas[0], 1);
    assert_int(second->replicas[0], 2);
    assert_int(first->profiles[1].kind, FLX_MEMCACHED);
    assert_int(second->profiles[1].kind, FLX_REDIS);
    assert_close(first->mean_ms[1], 0.1, 0.0, 0.0);
    assert_close(second->mean_ms[1], 0.07, 0.0, 0.0);
    assert_true(first->is_counted[2] && !second->is_counted[2] && second->is_counted[0]);
    assert_int(second->paper_inputs, 9);
    assert_int(flx_system_find_step(system, "main", 3, &first, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "1 to 2");
    assert_int(flx_system_find_step(system, "other", 1, &first, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "only: main");
    flx_system_destroy(system);
}

typedef struct {
    const char *find, *replace, *sentence;
} mistake;

static const mistake mistakes[] = {
    {"\"rpc_ms\": 0.5", "\"rpc_ms\": -1", "'rpc_ms' is -1"},
    {"\"rpc_ms\": 0.5", "\"rpc\": 0.5", "unknown key \"rpc\""},
    {"\"time_factor\": 2.0", "\"time_factor\": 0",
     "'time_factor' is 0 but must be above"},
    {"\"version\": 1", "\"version\": 2", "version"},
    {"\"kind\": \"process\"", "\"kind\": \"oracle\"", "oracle"},
    {"\"cores\": 2", "\"cores\": \"2\"", "cores"},
    {"\"name\": \"cache\", \"kind\"", "\"name\": \"front\", \"kind\"", "given twice"},
    {"\"to\": \"store.get\"", "\"to\": \"store.fetch\"", "'store.fetch' is no SERVICE"},
    {"\"repeat\": 3", "\"repeat\": 0", "repeat"},
    {"\"probability\": 0.2", "\"probability\": 1.2", "'probability' is 1.2"},
    {"\"miss_of\": \"cache\"", "\"miss_of\": \"cash\"", "'cash'"},
    {"\"miss_of\": \"cache\"", "\"repeat_of\": \"nobody:knob\"", "'nobody:knob'"},
    {"\"cv\": 0}", "\"cv\": 0, \"stages\": [[{\"to\": \"front.page\"}]]}",
     "lead back to itself"},
    {"\"mean_ms\": 1.5", "\"mean_ms\": 0", "'mean_ms' is 0"},
    {", \"disk_ms\": 5", "", "disk_ms"},
    {"\"io_ms\": 0,\n   \"working", "\"io_ms\": 0, \"disk_ms\": 1,\n   \"working",
     "'disk_ms' belongs to databases"},
    {"\"view\": \"front.page\"", "\"view\": \"front.home\"", "'front.home'"},
    {"\"mix\": {\"view\": 1.0}}", "\"mix\": {\"view\": 0.9}}", "sum to 0.9"},
    {"\"mix\": {\"view\": 1.0}}", "\"mix\": {\"buy\": 1.0}}", "'buy'"},
    {"\"replicas\": {\"front\": 2}", "\"replicas\": {\"back\": 2}", "'back'"},
    {"\"replicas\": {\"front\": 2}", "\"replicas\": {\"front\": 0}", "front"},
    {"\"mean_ms\": {\"read\": 0.07}", "\"mean_ms\": {}", "read"},
    {"[\"front\"]}]}]}", "[\"nose\"]}]}]}", "'nose'"},
    {"\"rps\": 10", "\"rps\": 0", "'rps' is 0"},
    {"[1000, 2000]", "[1000, 0]", "millicores"},
    {"[{\"to\": \"store", "[], [{\"to\": \"store", "at least one call"},
    {"{\"view\": \"front.page\"}", "{}", "at least one request"},
    {"\"name\": \"small\",", "\"name\": \"small\"", "small.json"},
};

static void every_mistake_has_its_sentence(void)
{
    for (size_t m = 0; m < sizeof mistakes / sizeof mistakes[0]; m++) {
        char text[4096];
        const char *at = strstr(small, mistakes[m].find);
        assert_true(at != NULL);
        if (!at)
            continue;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small), small,
                 mistakes[m].replace, at + strlen(mistakes[m].find));
        flx_system *system = NULL;
        flx_error error = {0};
        assert_int(read_text(text, &system, &error), FLX_BAD_INPUT);
        assert_true(system == NULL);
        assert_contains(error.message, mistakes[m].sentence);
        assert_contains(error.message, "small.json");
        assert_true(strchr(error.message, '\n') == NULL);
        flx_system_destroy(system);
    }
}

static void lines_are_named(void)
{
    char text[4096];
    const char *at = strstr(small, "\"cv\": 1.0");
    snprintf(text, sizeof text, "%.*s\"cv\": 99%s", (int)(at - small), small, at + 9);
    flx_system *system = NULL;
    flx_error error = {0};
    assert_int(read_text(text, &system, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "line 7");
    assert_contains(error.message, "'cv' is 99");
}

static void absent_file_is_bad_input(void)
{
    flx_system *system = NULL;
    flx_error error = {0};
    assert_int(flx_system_read("no/such/system.json", &system, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "no/such/system.json");
    assert_true(system == NULL);
}

CU_TestInfo system_tests[] = {
    {"small_system_is_read_by_value", small_system_is_read_by_value},
    {"steps_hold_what_they_change", steps_hold_what_they_change},
    {"every_mistake_has_its_sentence", every_mistake_has_its_sentence},
    {"lines_are_named", lines_are_named},
    {"absent_file_is_bad_input", absent_file_is_bad_input},
    CU_TEST_INFO_NULL};
