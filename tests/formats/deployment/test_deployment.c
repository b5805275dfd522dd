/* SPDX-License-Identifier: MIT */
#include "formats/deployment/deployment.h"
#include "formats/files/text_file.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char shop[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"shop\","
    " \"description\": \"two words\", \"source\": \"by hand\","
    " \"target\": {\"service\": \"front\", \"metric\": \"p90\", \"goal\": \"max\","
    "              \"transform\": \"log\"},"
    " \"services\": ["
    "  {\"name\": \"front\", \"metrics\": [\"p50\", \"p90\"], \"states\": [\"rps\"],"
    "   \"calls\": [\"cart\", \"redis.get\", \"redis.get\"]},"
    "  {\"name\": \"cart\", \"metrics\": [\"p90\"], \"replicas\": 2,"
    "   \"knobs\": [{\"name\": \"cpu\", \"type\": \"continuous\", \"min\": 0.1, \"max\": "
    "10,"
    "               \"scale\": \"log\", \"unit\": \"cores\"}],"
    "   \"states\": [\"read:rps\"], \"calls\": [\"redis\"]},"
    "  {\"name\": \"redis\", \"metrics\": [\"p90\"], \"states\": [\"rps\", \"scan:rps\"],"
    "   \"operations\": [\"get\", {\"name\": \"set\", \"calls\": [\"redis.v2:a/b\"],"
    "                   \"inputs\": [\"policy\", \"get:rps\", \"rps\"]}],"
    "   \"knobs\": [{\"name\": \"mem\", \"type\": \"discrete\", \"min\": 10, \"max\": "
    "201,"
    "               \"default\": 64},"
    "              {\"name\": \"policy\", \"type\": \"choices\", \"values\": [\"lru\", "
    "\"lfu\"],"
    "               \"default\": \"lfu\"},"
    "              {\"name\": \"pow\", \"type\": \"discrete\", \"values\": [4, 1, 2.5, "
    "8]}]},"
    "  {\"name\": \"redis.v2:a/b\", \"metrics\": [\"p90\"]}]}";

static flx_deployment *read_shop(void)
{
    flx_deployment *deployment;
    flx_error error = {0};
    assert_int(flx_deployment_parse(shop, "shop", &deployment, &error), FLX_OK);
    assert_text(error.message, "");
    return deployment;
}

static void reads_services_and_target(void)
{
    flx_deployment *d = read_shop();
    assert_text(d->name, "shop");
    assert_int(d->n_services, 4);
    assert_int(d->target_service, 0);
    assert_int(d->target_operation, 0);
    assert_text(d->target_metric, "p90");
    assert_true(d->maximize && d->log_target);
    assert_int(d->services[0].replicas, 1);
    assert_int(d->services[1].replicas, 2);
    assert_int(d->services[0].n_operations, 1);
    assert_text(d->services[0].operations[0].name, "");
    assert_int(d->services[2].n_operations, 2);
    assert_int(flx_deployment_find_service(d, "redis.v2:a/b"), 3);
    assert_int(flx_deployment_find_service(d, "redi"), -1);
    assert_int(flx_service_find_operation(&d->services[2], "set"), 1);
    assert_int(flx_service_find_metric(&d->services[0], "p90"), 1);
    assert_int(flx_service_find_knob(&d->services[2], "pow"), 2);
    flx_deployment_destroy(d);
    flx_deployment_destroy(NULL);
}

static void reads_knobs_of_every_type(void)
{
    flx_deployment *d = read_shop();
    const flx_knob *cpu = &d->services[1].knobs[0], *mem = &d->services[2].knobs[0];
    const flx_knob *policy = mem + 1, *pow = mem + 2;
    assert_int(cpu->type, FLX_CONTINUOUS);
    assert_true(cpu->is_log && !mem->is_log);
    assert_text(cpu->unit, "cores");
    assert_close(cpu->default_value, 1, 1e-15,
                 0); /* the geometric middle of 0.1 and 10 */
    assert_int(mem->type, FLX_DISCRETE);
    assert_close(mem->default_value, 64, 0, 0);
    assert_int(policy->type, FLX_CHOICES);
    assert_close(policy->max, 1, 0, 0);
    assert_close(policy->default_value, 1, 0, 0);
    assert_text(policy->labels[0], "lru");
    assert_int(pow->n_values, 4);
    assert_close(pow->values[1], 2.5, 0, 0);
    assert_close(pow->min, 1, 0, 0);
    assert_close(pow->max, 8, 0, 0);
    assert_close(pow->default_value, 2.5, 0, 0);
    flx_deployment_destroy(d);
}

static void resolves_calls(void)
{
    flx_deployment *d = read_shop();
    const flx_operation *front = &d->services[0].operations[0];
    const flx_operation *cart = &d->services[1].operations[0];
    assert_int(front->n_calls, 2); /* cart, redis.get; the repeat is dropped */
    assert_int(front->calls[0].service, 1);
    assert_int(front->calls[1].service, 2);
    assert_int(front->calls[1].operation, 0);
    assert_int(cart->n_calls, 2); /* "redis": all its operations */
    assert_int(cart->calls[1].operation, 1);
    assert_int(d->services[2].operations[0].n_calls, 0);
    assert_int(d->services[2].operations[1].n_calls, 1);
    assert_int(d->services[2].operations[1].calls[0].service, 3);
    flx_deployment_destroy(d);
}

static void gives_operations_what_they_see(void)
{
    flx_deployment *d = read_shop();
    const flx_service *redis = &d->services[2];
    const flx_operation *get = &redis->operations[0], *set = &redis->operations[1];
    assert_int(redis->n_states, 3); /* get:rps, set:rps, scan:rps */
    assert_text(redis->states[2].operation, "scan");
    assert_int(get->n_inputs, 4); /* three knobs and its own rps */
    assert_text(get->inputs[3].operation, "get");
    assert_int(get->inputs[3].knob, -1);
    assert_int(set->n_inputs, 3);
    assert_int(set->inputs[0].knob, 1);
    assert_text(set->inputs[0].name, "policy");
    assert_text(set->inputs[1].operation, "get");
    assert_text(set->inputs[2].operation, "set");
    const flx_operation *cart = &d->services[1].operations[0];
    assert_int(cart->n_inputs, 2); /* "read:rps" is its own though read is no operation */
    assert_text(cart->inputs[1].operation, "read");
    assert_text(cart->inputs[1].name, "rps");
    flx_deployment_destroy(d);
}

static void counts_instances(void)
{
    flx_deployment *d = read_shop();
    assert_int(flx_deployment_count_instances(d), 5);
    flx_deployment_destroy(d);
}

static void assert_column(const char *service, const char *operation, int instance,
                          const char *expected)
{
    char *text = flx_column_text(service, operation, instance, "p90");
    assert_text(text, expected);
    free(text);
}

static void assert_place(const flx_deployment *d, const char *column, int service,
                         const char *operation, int instance, const char *name)
{
    flx_column_place place;
    assert_true(flx_column_parse(d, column, &place));
    assert_int(place.service, service);
    assert_text(place.operation, operation);
    assert_int(place.instance, instance);
    assert_text(place.name, name);
}

static void writes_and_reads_names_of_columns(void)
{
    assert_column("redis", "get", 3, "redis.get/3:p90");
    assert_column("redis", "", -1, "redis:p90");
    assert_column("redis", NULL, 0, "redis/0:p90");
    flx_deployment *d = read_shop();
    flx_column_place place;
    assert_place(d, "redis:mem", 2, "", -1, "mem");
    assert_place(d, "redis.get/12:p90", 2, "get", 12, "p90");
    assert_place(d, "redis/0:p90", 2, "", 0, "p90");
    assert_place(d, "redis.v2:a/b:p90", 3, "", -1, "p90");
    assert_place(d, "redis.v2:a/b.x/1:p90", 3, "x", 1, "p90");
    assert_place(d, "redis.v2:p90", 2, "v2", -1, "p90");
    assert_place(d, "redis.a.b c:p90", 2, "a.b c", -1, "p90");
    static const char *const wrong[] = {
        "redis",        "redis:",       "redisx:p90", "redis.:p90", "redis/:p90",
        "redis/x:p90",  "redis/01:p90", "other:p90",  ":p90",       "",
        "redis./1:p90", "redi:p90"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(!flx_column_parse(d, wrong[i], &place));
    flx_deployment_destroy(d);
}

static void assert_knob_refused(const flx_knob *knob, const char *text,
                                const char *message)
{
    flx_error error = {0};
    double value = 7;
    assert_int(flx_knob_parse(knob, text, &value, &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
    assert_close(value, 7, 0, 0);
}

static void reads_settings_from_text(void)
{
    flx_deployment *d = read_shop();
    const flx_knob *cpu = &d->services[1].knobs[0], *mem = &d->services[2].knobs[0];
    double value;
    assert_int(flx_knob_parse(cpu, "0.25", &value, NULL), FLX_OK);
    assert_close(value, 0.25, 0, 0);
    assert_int(flx_knob_parse(mem + 1, "lfu", &value, NULL), FLX_OK);
    assert_close(value, 1, 0, 0);
    assert_int(flx_knob_parse(mem + 2, "2.5", &value, NULL), FLX_OK);
    assert_knob_refused(cpu, "0.05", "knob cpu: 0.05 is outside 0.1 to 10");
    assert_knob_refused(cpu, "1x", "\"1x\" is not a number");
    assert_knob_refused(cpu, "", "is not a number");
    assert_knob_refused(cpu, "nan", "is not a number");
    assert_knob_refused(mem, "64.5", "knob mem: 64.5 is not an integer");
    assert_knob_refused(mem + 1, "fifo",
                        "knob policy: \"fifo\" is none of its 2 choices");
    assert_knob_refused(mem + 2, "3", "knob pow: 3 is none of its 4 values");
    flx_deployment_destroy(d);
}

/* Reading back and writing again gives the same bytes: nothing was lost or changed. */
static void assert_survives_writing(const char *text)
{
    char *first, *second;
    size_t length;
    flx_deployment *d, *again;
    flx_error error = {0};
    assert_int(flx_deployment_parse(text, "T", &d, &error), FLX_OK);
    assert_int(flx_deployment_write(d, scratch_path("a.json"), &error), FLX_OK);
    assert_int(flx_deployment_read(scratch_path("a.json"), &again, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(flx_deployment_write(again, scratch_path("b.json"), &error), FLX_OK);
    flx_text_file_read(scratch_path("a.json"), 1 << 20, &first, &length, NULL);
    flx_text_file_read(scratch_path("b.json"), 1 << 20, &second, &length, NULL);
    assert_text(first, second);
    assert_int(again->n_services, d->n_services);
    for (int s = 0; s < d->n_services; s++) {
        const flx_service *a = &d->services[s], *b = &again->services[s];
        assert_int(a->n_states, b->n_states);
        for (int o = 0; o < a->n_operations; o++) {
            assert_int(a->operations[o].n_calls, b->operations[o].n_calls);
            assert_int(a->operations[o].n_inputs, b->operations[o].n_inputs);
        }
        for (int k = 0; k < a->n_knobs; k++) {
            assert_close(b->knobs[k].min, a->knobs[k].min, 0, 0);
            assert_close(b->knobs[k].default_value, a->knobs[k].default_value, 0, 0);
            assert_int(b->knobs[k].is_log, a->knobs[k].is_log);
        }
    }
    free(second);
    free(first);
    flx_deployment_destroy(again);
    flx_deployment_destroy(d);
}

static void survives_writing_and_reading(void)
{
    scratch_begin();
    assert_survives_writing(shop);
    assert_survives_writing(
        "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"d\","
        " \"target\": {\"service\": \"a\", \"operation\": \"y\", \"metric\": \"m\"},"
        " \"services\": [{\"name\": \"a\", \"operations\": [\"x\", \"y\"],"
        "   \"states\": [\"y:q\", \"rps\", \"x:q\"], \"metrics\": [\"m\"],"
        "   \"knobs\": [{\"name\": \"k\", \"type\": \"continuous\","
        "     \"min\": 0.1, \"max\": 0.30000000000000004}]}]}");
    assert_int(scratch_count(), 2);
    scratch_end();
}

static void reads_a_file_or_says_why_not(void)
{
    scratch_begin();
    flx_deployment *d;
    flx_error error = {0};
    assert_int(flx_deployment_read(scratch_write("d.json", shop), &d, &error), FLX_OK);
    flx_deployment_destroy(d);
    assert_int(flx_deployment_read(scratch_path("none.json"), &d, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "none.json: cannot be opened");
    assert_true(d == NULL);
    scratch_end();
}

/* Every deployment that the project comes with. */
static void assert_config_reads(const char *path)
{
    flx_deployment *d, *again;
    flx_error error = {0};
    if (flx_deployment_read(path, &d, &error) != FLX_OK) {
        /* import maps, systems and sweeps stand in the same folders */
        assert_contains(error.message, "\"format\" is \"fluxion-");
        return;
    }
    assert_int(flx_deployment_write(d, scratch_path("a.json"), &error), FLX_OK);
    assert_int(flx_deployment_read(scratch_path("a.json"), &again, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(flx_deployment_count_instances(again), flx_deployment_count_instances(d));
    flx_deployment_destroy(again);
    flx_deployment_destroy(d);
}

static void reads_the_deployments_of_configs(void)
{
    scratch_begin();
    glob_t found = {0};
    assert_int(glob(FLX_SOURCE_DIR "/configs/*/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_config_reads(found.gl_pathv[i]);
    globfree(&found);
    scratch_end();
}

CU_TestInfo deployment_tests[] = {
    {"reads services and target", reads_services_and_target},
    {"reads knobs of every type", reads_knobs_of_every_type},
    {"resolves calls", resolves_calls},
    {"gives operations what they see", gives_operations_what_they_see},
    {"counts instances", counts_instances},
    {"writes and reads names of columns", writes_and_reads_names_of_columns},
    {"reads settings from text", reads_settings_from_text},
    {"survives writing and reading", survives_writing_and_reading},
    {"reads the deployments of configs", reads_the_deployments_of_configs},
    {"reads a file or says why not", reads_a_file_or_says_why_not},
    CU_TEST_INFO_NULL,
};
