/* SPDX-License-Identifier: MIT
 * From settings to the table: which columns there are, and that the table depends on the
 * seed alone. */
#include "experiments/simulator/simulation.h"
#include "tests/close.h"
#include "tests/simulator/hotel.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* Mean of the target over a few runs with one knob set. */
static double target_with(flx_testbed *testbed, const char *knob, double value)
{
    flx_settings *settings = NULL;
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_settings_defaults(testbed, &settings, &error), FLX_OK);
    settings->values[hotel_knob(testbed, knob)] = value;
    assert_int(flx_simulate(testbed, settings, 6, 2, NULL, &table, NULL, &error), FLX_OK);
    double sum = 0.0;
    for (int r = 0; r < 6; r++)
        sum += cell(table, r, "frontend:p90") / 6.0;
    flx_dataset_destroy(table);
    flx_settings_destroy(settings);
    return sum;
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
    {"table_does_not_depend_on_threads", table_does_not_depend_on_threads},
    {"scaled_step_has_instances_and_what_callers_see",
     scaled_step_has_instances_and_what_callers_see},
    {"repeats_form_groups", repeats_form_groups},
    {"socket_buffer_is_best_inside_its_range", socket_buffer_is_best_inside_its_range},
    CU_TEST_INFO_NULL,
};
