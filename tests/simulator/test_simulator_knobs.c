/* SPDX-License-Identifier: MIT
 * Knobs matter: over random settings of Hotel's second step the target varies, and
 * several knobs say something of it. Rank correlations, since latencies have heavy tails.
 */
#include "experiments/simulator/simulation.h"
#include "host/statistics/argsort.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

enum { ROWS = 400 };

static flx_dataset *simulate(uint64_t seed)
{
    flx_testbed_options options = {
        .sequence = "6vm", .step = 2, .warmup = 1.0, .seconds = 4.0, .seed = seed};
    flx_testbed *testbed = NULL;
    flx_settings *settings = NULL;
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_testbed_open(FLX_SOURCE_DIR "/configs/hotel/system.json", &options,
                                &testbed, &error),
               FLX_OK);
    assert_int(flx_settings_draw(testbed, ROWS, &settings, &error), FLX_OK);
    assert_int(flx_simulate(testbed, settings, 1, 2, NULL, &table, NULL, &error), FLX_OK);
    flx_settings_destroy(settings);
    flx_testbed_close(testbed);
    return table;
}

static void rank_column(const flx_dataset *table, int column, double *ranks, int *order)
{
    double values[ROWS];
    for (int r = 0; r < ROWS; r++)
        values[r] = table->values[r * table->n_columns + column];
    flx_rank(values, ROWS, order);
    for (int r = 0; r < ROWS; r++)
        ranks[order[r]] = r;
}

/* Spearman's, of ranks that are all different. */
static double correlate(const double *a, const double *b)
{
    double distance = 0.0, n = ROWS;
    for (int i = 0; i < ROWS; i++)
        distance += (a[i] - b[i]) * (a[i] - b[i]);
    return 1.0 - 6.0 * distance / (n * (n * n - 1.0));
}

/* By chance alone a correlation has a deviation of 1 / sqrt(400) = .05. */
static void several_knobs_say_something_of_the_target(void)
{
    flx_dataset *table = simulate(4);
    int order[ROWS], width = table->n_columns, telling = 0;
    int target = flx_dataset_find(table, "frontend:p90");
    double latency[ROWS], ranks[ROWS];
    rank_column(table, target, latency, order);
    double low = table->values[order[ROWS / 10] * width + target];
    double high = table->values[order[ROWS - 1 - ROWS / 10] * width + target];
    assert_true(high > 2.0 * low);
    for (int c = 0; c < width; c++) {
        if (table->columns[c].kind != FLX_KNOB)
            continue;
        rank_column(table, c, ranks, order);
        telling += fabs(correlate(ranks, latency)) >= 0.15;
    }
    assert_true(telling >= 5);
    flx_dataset_destroy(table);
}

CU_TestInfo simulator_knobs_tests[] = {
    {"several_knobs_say_something_of_the_target",
     several_knobs_say_something_of_the_target},
    CU_TEST_INFO_NULL,
};
