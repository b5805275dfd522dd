/* SPDX-License-Identifier: MIT */
#include "host/tuning/search_space.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Knobs in the order of the space: 0 timeout, 1 buffer, 2 threads, 3 rmem, 4 sizes,
 * 5 policy, 6 single. The service "ca=che" has three replicas. */
static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"shop\",\n"
    " \"target\": {\"service\": \"front\", \"metric\": \"p90\", \"goal\": \"min\"},\n"
    " \"services\": [\n"
    "  {\"name\": \"front\", \"knobs\": [\n"
    "    {\"name\": \"timeout\", \"type\": \"continuous\", \"min\": 10, \"max\": 20,"
    " \"default\": 15},\n"
    "    {\"name\": \"buffer\", \"type\": \"continuous\", \"min\": 1, \"max\": 10000,"
    " \"default\": 100, \"scale\": \"log\"},\n"
    "    {\"name\": \"threads\", \"type\": \"discrete\", \"min\": 1, \"max\": 8,"
    " \"default\": 4}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": [\"ca=che\"]},\n"
    "  {\"name\": \"ca=che\", \"replicas\": 3, \"knobs\": [\n"
    "    {\"name\": \"rmem\", \"type\": \"discrete\", \"min\": 4, \"max\": 4096,"
    " \"default\": 64, \"scale\": \"log\"},\n"
    "    {\"name\": \"sizes\", \"type\": \"discrete\", \"values\": [0.25, 0.5, 2],"
    " \"default\": 0.5},\n"
    "    {\"name\": \"policy\", \"type\": \"choices\", \"values\": [\"lru\", \"a=b\", "
    "\"fifo\"], \"default\": \"fifo\"},\n"
    "    {\"name\": \"single\", \"type\": \"discrete\", \"min\": 7, \"max\": 7,"
    " \"default\": 7}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

static flx_deployment *parse(void)
{
    flx_deployment *deployment = NULL;
    flx_error error = {0};
    assert_int(flx_deployment_parse(deployment_text, "test", &deployment, &error),
               FLX_OK);
    assert_text(error.message, "");
    return deployment;
}

static flx_search_space *create(const flx_deployment *deployment,
                                const char *const *fixes, int n_fixes)
{
    flx_search_space *space = NULL;
    flx_error error = {0};
    assert_int(flx_search_space_create(deployment, fixes, n_fixes, &space, &error),
               FLX_OK);
    assert_text(error.message, "");
    return space;
}

static void every_knob_stands_once_and_single_values_have_no_gene(void)
{
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    assert_int(space->n_knobs, 7);
    assert_int(space->n_genes, 6);
    assert_text(space->knobs[0].column, "front:timeout");
    assert_text(space->knobs[3].column, "ca=che:rmem");
    assert_int(space->knobs[6].gene, -1);
    assert_int(space->genes[0].kind, FLX_DIMENSION_CONTINUOUS);
    assert_int(space->genes[2].kind, FLX_DIMENSION_LEVELS);
    assert_close(space->genes[2].levels, 8, 0, 0);
    assert_close(space->genes[2].log_first, 0, 0, 0);
    assert_close(space->genes[3].levels, 4093, 0, 0);
    assert_close(space->genes[3].log_first, 4, 0, 0);
    assert_close(space->genes[4].levels, 3, 0, 0);
    assert_int(space->genes[5].kind, FLX_DIMENSION_CATEGORY);
    assert_close(space->genes[5].levels, 3, 0, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void assert_decoded(const flx_search_space *space, double unit,
                           const double *expected)
{
    double units[6], settings[7];
    for (int g = 0; g < 6; g++)
        units[g] = unit;
    flx_search_space_decode(space, units, settings);
    for (int k = 0; k < 7; k++)
        assert_close(settings[k], expected[k], 1e-12, 0);
}

static void decodes_to_the_values_worked_by_hand(void)
{
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    /* rmem at the half: floor(4 sqrt(4097 / 4)) = floor(128.02) */
    double low[] = {10, 1, 1, 4, 0.25, 0, 7}, half[] = {15, 100, 5, 128, 0.5, 1, 7};
    double high[] = {20, 10000, 8, 4096, 2, 2, 7};
    assert_decoded(space, 0, low);
    assert_decoded(space, 0.5, half);
    assert_decoded(space, 1, high);
    assert_decoded(space, -0.5, low);
    assert_decoded(space, 1.5, high);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void encoding_is_undone_by_decoding(void)
{
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    flx_error error = {0};
    double unit[6], back[7];
    for (int round = 0; round < 8; round++) {
        double settings[] = {10 + 1.4 * round,
                             pow(10, 0.5 * round),
                             1 + round,
                             4 + round * 573,
                             round % 3 == 0   ? 0.25
                             : round % 3 == 1 ? 0.5
                                              : 2,
                             round % 3,
                             7};
        assert_int(flx_search_space_encode(space, settings, unit, &error), FLX_OK);
        for (int g = 0; g < 6; g++)
            assert_true(unit[g] >= 0 && unit[g] <= 1);
        flx_search_space_decode(space, unit, back);
        for (int k = 0; k < 7; k++)
            assert_close(back[k], settings[k], k < 2 ? 1e-12 : 0, 0);
    }
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void assert_not_encoded(const flx_search_space *space, int knob, double value,
                               const char *part)
{
    double settings[7], unit[6];
    flx_error error = {0};
    flx_search_space_defaults(space, settings);
    settings[knob] = value;
    assert_int(flx_search_space_encode(space, settings, unit, &error), FLX_BAD_INPUT);
    assert_contains(error.message, part);
}

static void settings_that_cannot_be_are_not_encoded(void)
{
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    assert_not_encoded(space, 0, 9.99, "front:timeout cannot be set to 9.99");
    assert_not_encoded(space, 0, NAN, "front:timeout");
    assert_not_encoded(space, 2, 4.5, "an integer between 1 and 8");
    assert_not_encoded(space, 2, 9, "front:threads cannot be set to 9");
    assert_not_encoded(space, 4, 1, "one of a list");
    assert_not_encoded(space, 5, 3, "ca=che:policy");
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void fixed_knobs_leave_the_genes_and_keep_their_value(void)
{
    const char *fixes[] = {"ca=che:policy=a=b", "front:threads=8"};
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, fixes, 2);
    assert_int(space->n_genes, 4);
    assert_int(space->knobs[2].gene, -1);
    assert_int(space->knobs[5].gene, -1);
    assert_int(space->knobs[3].gene, 2);
    double unit[] = {0, 0, 0, 0}, settings[7], defaults[7];
    flx_search_space_decode(space, unit, settings);
    flx_search_space_defaults(space, defaults);
    assert_close(settings[2], 8, 0, 0);
    assert_close(settings[5], 1, 0, 0);
    assert_close(defaults[5], 1, 0, 0);
    assert_close(defaults[1], 100, 0, 0);
    assert_int(space->n_states, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void fixed_states_are_listed(void)
{
    const char *fixes[] = {"front:rps=12.5", "ca=che/2:rps=-3e2", "ca=che:rps=4"};
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, fixes, 3);
    assert_int(space->n_genes, 6);
    assert_int(space->n_states, 3);
    assert_text(space->states[0].column, "front:rps");
    assert_close(space->states[0].value, 12.5, 0, 0);
    assert_text(space->states[1].column, "ca=che/2:rps");
    assert_close(space->states[1].value, -300, 0, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void held_knobs_stay_at_their_default(void)
{
    bool is_held[] = {false, true, false, false, true, false, true};
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    flx_search_space_fix_state(space, is_held);
    assert_int(space->n_genes, 4);
    assert_int(space->genes[1].kind, FLX_DIMENSION_LEVELS);
    assert_int(space->genes[3].kind, FLX_DIMENSION_CATEGORY);
    double unit[] = {1, 1, 1, 1}, settings[7];
    double expected[] = {20, 100, 8, 4096, 0.5, 2, 7};
    flx_search_space_decode(space, unit, settings);
    for (int k = 0; k < 7; k++)
        assert_close(settings[k], expected[k], 0, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void assert_refused(const char *first, const char *second, const char *part)
{
    const char *fixes[] = {first, second};
    flx_deployment *deployment = parse();
    flx_search_space *space = NULL;
    flx_error error = {0};
    assert_int(flx_search_space_create(deployment, fixes, second ? 2 : 1, &space, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_contains(error.message, "--fix");
    assert_true(space == NULL);
    flx_deployment_destroy(deployment);
}

static void fixes_that_cannot_be_are_named(void)
{
    assert_refused("front:threads", NULL, "write COLUMN=VALUE");
    assert_refused("", NULL, "write COLUMN=VALUE");
    assert_refused("back:threads=3", NULL, "no service of that name");
    assert_refused("threads=3", NULL, "no service of that name");
    assert_refused("front:fibres=3", NULL, "no knob or state \"fibres\"");
    assert_refused("front:p90=3", NULL, "has the metric \"p90\"");
    assert_refused("ca=che/1:rmem=64", NULL, "all its replicas");
    assert_refused("ca=che/3:rps=64", NULL, "no instance 3");
    assert_refused("front:threads=9", NULL, "front:threads=9");
    assert_refused("front:threads=4.5", NULL, "front:threads=4.5");
    assert_refused("front:threads=", NULL, "front:threads=");
    assert_refused("ca=che:policy=mru", NULL, "mru");
    assert_refused("front:rps=many", NULL, "\"many\"");
    assert_refused("front:rps=inf", NULL, "finite number");
    assert_refused("front:rps=", NULL, "finite number");
    assert_refused("front:threads=4", "front:threads=5", "given twice");
    assert_refused("front:rps=4", "front:rps=4", "given twice");
}

static void assert_written(const flx_knob *knob, double value, const char *text,
                           const char *json)
{
    char *written = flx_knob_text(knob, value);
    json_t *item = flx_knob_json(knob, value);
    char *dumped = json_dumps(item, JSON_ENCODE_ANY);
    assert_text(written, text);
    assert_text(dumped, json);
    free(dumped);
    json_decref(item);
    free(written);
}

static void settings_are_written_as_users_write_them(void)
{
    flx_deployment *deployment = parse();
    flx_search_space *space = create(deployment, NULL, 0);
    assert_written(space->knobs[5].knob, 1, "a=b", "\"a=b\"");
    assert_written(space->knobs[3].knob, 4096, "4096", "4096");
    assert_written(space->knobs[4].knob, 0.25, "0.25", "0.25");
    assert_written(space->knobs[4].knob, 2, "2", "2");
    assert_written(space->knobs[0].knob, 15, "15", "15.0");
    assert_written(space->knobs[1].knob, 1.0 / 3, "0.333333", "0.33333333333333331");
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

CU_TestInfo search_space_tests[] = {
    {"every knob stands once and single values have no gene",
     every_knob_stands_once_and_single_values_have_no_gene},
    {"decodes to the values worked by hand", decodes_to_the_values_worked_by_hand},
    {"encoding is undone by decoding", encoding_is_undone_by_decoding},
    {"settings that cannot be are not encoded", settings_that_cannot_be_are_not_encoded},
    {"fixed knobs leave the genes and keep their value",
     fixed_knobs_leave_the_genes_and_keep_their_value},
    {"fixed states are listed", fixed_states_are_listed},
    {"held knobs stay at their default", held_knobs_stay_at_their_default},
    {"fixes that cannot be are named", fixes_that_cannot_be_are_named},
    {"settings are written as users write them",
     settings_are_written_as_users_write_them},
    CU_TEST_INFO_NULL,
};
