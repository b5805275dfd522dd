/* SPDX-License-Identifier: MIT
 * Knobs as dimensions of the unit cube, and settings as users write them. */
#include "host/tuning/search_space.h"

#include "tests/close.h"
#include "tests/host/tuning/knobs.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void every_knob_stands_once_and_single_values_have_no_dimension(void)
{
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
    assert_int(space->n_knobs, 7);
    assert_int(space->n_dimensions, 6);
    assert_text(space->knobs[0].column, "front:timeout");
    assert_text(space->knobs[3].column, "ca=che:rmem");
    assert_int(space->knobs[6].dimension, -1);
    assert_int(space->dimensions[0].kind, FLX_DIMENSION_CONTINUOUS);
    assert_int(space->dimensions[2].kind, FLX_DIMENSION_LEVELS);
    assert_close(space->dimensions[2].levels, 8, 0, 0);
    assert_close(space->dimensions[2].log_first, 0, 0, 0);
    assert_close(space->dimensions[3].levels, 4093, 0, 0);
    assert_close(space->dimensions[3].log_first, 4, 0, 0);
    assert_close(space->dimensions[4].levels, 3, 0, 0);
    assert_int(space->dimensions[5].kind, FLX_DIMENSION_CATEGORY);
    assert_close(space->dimensions[5].levels, 3, 0, 0);
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
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
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
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
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
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
    assert_not_encoded(space, 0, 9.99, "front:timeout cannot be set to 9.99");
    assert_not_encoded(space, 0, NAN, "front:timeout");
    assert_not_encoded(space, 2, 4.5, "an integer between 1 and 8");
    assert_not_encoded(space, 2, 9, "front:threads cannot be set to 9");
    assert_not_encoded(space, 4, 1, "one of a list");
    assert_not_encoded(space, 5, 3, "ca=che:policy");
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void dropped_knobs_stay_at_their_default(void)
{
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
    flx_search_space_drop(space, SIZES);
    flx_search_space_drop(space, BUFFER);
    flx_search_space_drop(space, SINGLE); /* has none */
    assert_int(space->n_dimensions, 4);
    assert_int(space->dimensions[1].kind, FLX_DIMENSION_LEVELS);
    assert_int(space->dimensions[3].kind, FLX_DIMENSION_CATEGORY);
    double unit[] = {1, 1, 1, 1}, settings[N_KNOBS];
    double expected[N_KNOBS] = {20, 100, 8, 4096, 0.5, 2, 7};
    flx_search_space_decode(space, unit, settings);
    for (int k = 0; k < N_KNOBS; k++)
        assert_close(settings[k], expected[k], 0, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
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
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, NULL, 0);
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
    {"every knob stands once and single values have no dimension",
     every_knob_stands_once_and_single_values_have_no_dimension},
    {"decodes to the values worked by hand", decodes_to_the_values_worked_by_hand},
    {"encoding is undone by decoding", encoding_is_undone_by_decoding},
    {"settings that cannot be are not encoded", settings_that_cannot_be_are_not_encoded},
    {"dropped knobs stay at their default", dropped_knobs_stay_at_their_default},
    {"settings are written as users write them",
     settings_are_written_as_users_write_them},
    CU_TEST_INFO_NULL,
};
