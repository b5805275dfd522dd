/* SPDX-License-Identifier: MIT */
#include "experiments/simulator/statistics.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

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

CU_TestInfo statistics_tests[] = {
    {"percentiles_are_those_of_the_sorted_values",
     percentiles_are_those_of_the_sorted_values},
    {"metric_names_are_averages_and_percentiles",
     metric_names_are_averages_and_percentiles},
    CU_TEST_INFO_NULL,
};
