/* SPDX-License-Identifier: MIT
 * From settings to the table: what is drawn and read, which columns there are, and that
 * the table depends on the seed alone. */
#include "experiments/simulator/simulation.h"
#include "experiments/simulator/statistics.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_testbed *open_hotel(int step, uint64_t seed)
{
    flx_testbed_options options = {
        .sequence = "6vm", .step = step, .warmup = 0.5, .seconds = 3.0, .seed = seed};
    flx_testbed *testbed = NULL;
    flx_error error = {0};
    flx_status status = flx_testbed_open(FLX_SOURCE_DIR "/configs/hotel/system.json",
                                         &options, &testbed, &error);
    assert_int(status, FLX_OK);
    return testbed;
}

static flx_dataset *simulate_hotel(int step, int rows, uint64_t seed, int threads)
{
    flx_testbed *testbed = open_hotel(step, seed);
    flx_settings *settings = NULL;
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_settings_draw(testbed, rows, &settings, &error), FLX_OK);
    assert_int(flx_simulate(testbed, settings, 1, threads, NULL, &table, NULL, &error),
               FLX_OK);
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
    return table;
}

static double cell(const flx_dataset *table, int row, const char *column)
{
    int at = flx_dataset_find(table, column);
    if (at < 0)
        printf("\nno column '%s'\n", column);
    assert_true(at >= 0);
    return at < 0 ? (double)NAN : table->values[row * table->n_columns + at];
}

static void percentiles_are_those_of_the_sorted_values(void)
{
    float few[] = {5.0f, 1.0f, 4.0f, 2.0f, 3.0f}, scratch[1000], many[1000];
    flx_sort_latencies(few, scratch, 5);
    assert_close(flx_percentile(few, 5, 50.0), 3.0, 0.0, 0.0);
    assert_close(flx_percentile(few, 5, 90.0), 4.6, 1e-7, 0.0);
    assert_close(flx_percentile(few, 5, 100.0), 5.0, 0.0, 0.0);
    assert_close(flx_mean(few, 5), 3.0, 0.0, 0.0);
    assert_true(isnan(flx_percentile(few, 0, 50.0)) && isnan(flx_mean(few, 0)));
    for (int i = 0; i < 1000; i++)
        many[i] = (float)((i * 617) % 1000) * 1e-4f;
    flx_sort_latencies(many, scratch, 1000);
    for (int i = 0; i < 1000; i++)
        assert_close((double)many[i], (double)((float)i * 1e-4f), 0.0, 0.0);
}

static void metric_names_are_averages_and_percentiles(void)
{
    double percent = 0.0;
    assert_true(flx_metric_parse("avg", &percent) && percent < 0.0);
    assert_true(flx_metric_parse("p99.9", &percent));
    assert_close(percent, 99.9, 1e-12, 0.0);
    assert_true(!flx_metric_parse("p101", &percent));
    assert_true(!flx_metric_parse("p", &percent));
    assert_true(!flx_metric_parse("max", &percent));
    assert_true(!flx_metric_parse("p90x", &percent));
}

static void table_does_not_depend_on_threads(void)
{
    flx_dataset *one = simulate_hotel(1, 6, 3, 1), *three = simulate_hotel(1, 6, 3, 3);
    flx_dataset *other = simulate_hotel(1, 6, 4, 2);
    char digests[3][65];
    flx_dataset_digest(one, digests[0]);
    flx_dataset_digest(three, digests[1]);
    flx_dataset_digest(other, digests[2]);
    assert_text(digests[0], digests[1]);
    assert_true(strcmp(digests[0], digests[2]) != 0);
    flx_dataset_destroy(one);
    flx_dataset_destroy(three);
    flx_dataset_destroy(other);
}

static void scaled_step_has_instances_and_what_callers_see(void)
{
    flx_dataset *table = simulate_hotel(2, 2, 1, 2);
    flx_dataset_counts counts = {0};
    flx_error error = {0};
    assert_int(flx_dataset_count(table, &counts, &error), FLX_OK);
    assert_int(counts.services, 17);
    assert_int(counts.knobs + counts.states, 72);
    assert_true(flx_dataset_find(table, "reservation/0:tcp_rmem") < 0);
    assert_true(flx_dataset_find(table, "frontend/0:p90") < 0);
    for (int row = 0; row < 2; row++) {
        double rate = cell(table, row, "memcached-reserve.read:rps");
        assert_close(cell(table, row, "memcached-reserve.read/0:rps") +
                         cell(table, row, "memcached-reserve.read/1:rps"),
                     rate, 1e-12, 0.0);
        double first = cell(table, row, "reservation/0:p90");
        double second = cell(table, row, "reservation/1:p90");
        double seen = cell(table, row, "reservation:p90");
        assert_true(seen >= 0.999 * fmin(first, second) &&
                    seen <= 1.001 * fmax(first, second));
        assert_true(cell(table, row, "frontend:p99") > cell(table, row, "frontend:p90"));
        assert_true(cell(table, row, "reservation:tcp_rmem") >= 4096.0);
    }
    assert_true(table->simulated);
    assert_text(table->system, "hotel");
    assert_contains(table->source, "simulated");
    assert_contains(table->source, "sequence 6vm, step 2");
    assert_int(table->step[1], 2);
    assert_int((long)(table->time[1] - table->time[0]), 600);
    flx_dataset_destroy(table);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
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

static int knob_index(const flx_testbed *testbed, const char *column)
{
    for (int k = 0; k < testbed->space->n_knobs; k++)
        if (strcmp(testbed->space->knobs[k].column, column) == 0)
            return k;
    return 0;
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
        assert_close(second[knob_index(testbed, "user:tcp_rmem")], 16384.0, 0.0, 0.0);
        assert_close(
            settings->values[knob_index(testbed, "memcached-rate:slab_growth_factor")],
            1.5, 0.0, 0.0);
        assert_close(second[knob_index(testbed, "geo:tcp_wmem")], 16384.0, 0.0, 0.0);
        assert_close(second[knob_index(testbed, "mongodb-user:cache")], 100.0, 0.0, 0.0);
    }
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
}

static void settings_are_read_from_a_tune_answer(void)
{
    flx_testbed *testbed = open_hotel(1, 0);
    flx_settings *settings = NULL;
    flx_error error = {0};
    const char *text = "{\"optimizer\": \"lshade\", \"best\": {\"predicted\": 1.0,\n"
                       "  \"settings\": {\"memcached-rate:threads\": 7}},\n"
                       " \"top\": [{\"predicted\": 2.0, \"settings\": "
                       "{\"memcached-rate:threads\": 9}}]}";
    assert_int(read_settings(testbed, "json", text, &settings, &error), FLX_OK);
    int knob = knob_index(testbed, "memcached-rate:threads");
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

static void repeats_form_groups(void)
{
    flx_testbed *testbed = open_hotel(1, 5);
    flx_settings *settings = NULL;
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_settings_defaults(testbed, &settings, &error), FLX_OK);
    assert_int(flx_simulate(testbed, settings, 3, 2, NULL, &table, NULL, &error), FLX_OK);
    if (table) {
        assert_int(table->rows, 3);
        assert_int((long)table->group[2], 0);
        assert_close(cell(table, 2, "memcached-rate:threads"), 4.0, 0.0, 0.0);
        assert_true(cell(table, 0, "frontend:p90") != cell(table, 1, "frontend:p90"));
    }
    flx_dataset_destroy(table);
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
}

/* Mean of the target over a few runs with one knob set. */
static double target_with(flx_testbed *testbed, const char *knob, double value)
{
    flx_settings *settings = NULL;
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_settings_defaults(testbed, &settings, &error), FLX_OK);
    settings->values[knob_index(testbed, knob)] = value;
    assert_int(flx_simulate(testbed, settings, 6, 2, NULL, &table, NULL, &error), FLX_OK);
    double sum = 0.0;
    for (int r = 0; r < 6; r++)
        sum += cell(table, r, "frontend:p90") / 6.0;
    flx_dataset_destroy(table);
    flx_settings_destroy(settings);
    return sum;
}

static void socket_buffer_is_best_inside_its_range(void)
{
    flx_testbed *testbed = open_hotel(2, 0);
    double small = target_with(testbed, "user:tcp_rmem", 4096.0);
    double middle = target_with(testbed, "user:tcp_rmem", 500000.0);
    double large = target_with(testbed, "user:tcp_rmem", 6291456.0);
    assert_true(small > 1.2 * middle);
    assert_true(large > 1.02 * middle);
    flx_testbed_close(testbed);
}

CU_TestInfo simulation_tests[] = {
    {"percentiles_are_those_of_the_sorted_values",
     percentiles_are_those_of_the_sorted_values},
    {"metric_names_are_averages_and_percentiles",
     metric_names_are_averages_and_percentiles},
    {"table_does_not_depend_on_threads", table_does_not_depend_on_threads},
    {"scaled_step_has_instances_and_what_callers_see",
     scaled_step_has_instances_and_what_callers_see},
    {"every_slice_of_a_range_is_drawn_once", every_slice_of_a_range_is_drawn_once},
    {"settings_are_read_from_csv", settings_are_read_from_csv},
    {"settings_are_read_from_a_tune_answer", settings_are_read_from_a_tune_answer},
    {"wrong_settings_have_their_sentence", wrong_settings_have_their_sentence},
    {"repeats_form_groups", repeats_form_groups},
    {"socket_buffer_is_best_inside_its_range", socket_buffer_is_best_inside_its_range},
    CU_TEST_INFO_NULL};
