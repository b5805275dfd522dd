/* SPDX-License-Identifier: MIT
 * Settings that are drawn, and settings that are read. */
#include "experiments/simulator/settings.h"

#include "tests/close.h"
#include "tests/scratch.h"
#include "tests/simulator/hotel.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static flx_status read_settings(const flx_testbed *testbed, const char *ending,
                                const char *text, flx_settings **out, flx_error *error)
{
    char name[32];
    snprintf(name, sizeof name, "settings.%s", ending);
    scratch_begin();
    flx_status status = flx_settings_read(testbed, scratch_write(name, text), out, error);
    scratch_end();
    return status;
}

static void every_slice_of_a_range_is_drawn_once(void)
{
    enum { ROWS = 40 };
    flx_testbed *testbed = open_hotel(1, 9);
    flx_settings *settings = NULL;
    flx_error error = {0};
    assert_int(flx_settings_draw(testbed, ROWS, &settings, &error), FLX_OK);
    for (int k = 0; k < testbed->space->n_knobs; k++) {
        const flx_knob *knob = testbed->space->knobs[k].knob;
        double drawn[ROWS];
        for (int r = 0; r < ROWS; r++) {
            drawn[r] = settings->values[r * settings->n_knobs + k];
            assert_true(drawn[r] >= knob->min && drawn[r] <= knob->max);
        }
        qsort(drawn, ROWS, sizeof drawn[0], compare);
        double span = knob->max - knob->min;
        for (int r = 0; r < ROWS && knob->type == FLX_CONTINUOUS; r++)
            assert_int((long)((drawn[r] - knob->min) / span * ROWS), r);
        /* half of a logarithmic range lies below its geometric mean */
        if (knob->is_log)
            assert_close(drawn[ROWS / 2], sqrt(knob->min * knob->max), 0.25, 0.0);
    }
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
}

static void settings_are_read_from_csv(void)
{
    flx_testbed *testbed = open_hotel(1, 0);
    flx_settings *settings = NULL;
    flx_error error = {0};
    const char *text = "user:tcp_rmem,memcached-rate:slab_growth_factor\n"
                       "8192,1.5\n16384,2\n";
    assert_int(read_settings(testbed, "csv", text, &settings, &error), FLX_OK);
    if (settings) {
        assert_int(settings->count, 2);
        const double *second = settings->values + settings->n_knobs;
        assert_close(second[hotel_knob(testbed, "user:tcp_rmem")], 16384.0, 0.0, 0.0);
        assert_close(
            settings->values[hotel_knob(testbed, "memcached-rate:slab_growth_factor")],
            1.5, 0.0, 0.0);
        assert_close(second[hotel_knob(testbed, "geo:tcp_wmem")], 16384.0, 0.0, 0.0);
        assert_close(second[hotel_knob(testbed, "mongodb-user:cache")], 100.0, 0.0, 0.0);
    }
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
}

static void settings_are_read_from_an_output_of_tune(void)
{
    flx_testbed *testbed = open_hotel(1, 0);
    flx_settings *settings = NULL;
    flx_error error = {0};
    const char *text = "{\"optimizer\": \"lshade\", \"best\": {\"predicted\": 1.0,\n"
                       "  \"settings\": {\"memcached-rate:threads\": 7}},\n"
                       " \"top\": [{\"predicted\": 2.0, \"settings\": "
                       "{\"memcached-rate:threads\": 9}}]}";
    assert_int(read_settings(testbed, "json", text, &settings, &error), FLX_OK);
    int knob = hotel_knob(testbed, "memcached-rate:threads");
    if (settings) {
        assert_int(settings->count, 2);
        assert_close(settings->values[knob], 7.0, 0.0, 0.0);
        assert_close(settings->values[settings->n_knobs + knob], 9.0, 0.0, 0.0);
    }
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
}

static void wrong_settings_have_their_sentence(void)
{
    static const char *const cases[][3] = {
        {"csv", "user:rps\n5\n", "'user:rps' is no knob"},
        {"csv", "user:tcp_rmem\n8192\nlots\n", "line 3"},
        {"csv", "user:tcp_rmem\n1\n", "user:tcp_rmem"},
        {"csv", "user:tcp_rmem\n", "no settings"},
        {"json", "[1, 2]", "no output"},
        {"json", "{\"top\": []}", "best"},
        {"json", "{\"best\": {\"settings\": {\"user:tcp\": 1}}}",
         "'user:tcp' is no knob"},
        {"json", "{\"best\": {\"settings\": {\"user:tcp_rmem\": [1]}}}", "neither"},
    };
    flx_testbed *testbed = open_hotel(1, 0);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        flx_settings *settings = NULL;
        flx_error error = {0};
        assert_int(read_settings(testbed, cases[c][0], cases[c][1], &settings, &error),
                   FLX_BAD_INPUT);
        assert_true(settings == NULL);
        assert_contains(error.message, cases[c][2]);
    }
    flx_testbed_close(testbed);
}

CU_TestInfo settings_tests[] = {
    {"every_slice_of_a_range_is_drawn_once", every_slice_of_a_range_is_drawn_once},
    {"settings_are_read_from_csv", settings_are_read_from_csv},
    {"settings_are_read_from_an_output_of_tune",
     settings_are_read_from_an_output_of_tune},
    {"wrong_settings_have_their_sentence", wrong_settings_have_their_sentence},
    CU_TEST_INFO_NULL,
};
