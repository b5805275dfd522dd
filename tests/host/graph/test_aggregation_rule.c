/* SPDX-License-Identifier: MIT
 * The rate-weighted mean of a service-vertex: weights worked out by hand. */
#include "host/graph/aggregation_rule.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* Weights for `metrics` instances with `inputs` inputs in all, the rest rates. */
static bool weigh(int metrics, int inputs, const double *raw, double *weights)
{
    flx_assignment_input list[8];
    flx_graph_assignment assignment = {.name = "a", .n_inputs = inputs, .inputs = list};
    for (int i = 0; i < inputs; i++)
        list[i] = (flx_assignment_input){i < metrics ? FLX_METRIC : FLX_STATE, "x"};
    return flx_aggregation_rule_weigh(&assignment, raw, weights);
}

static void expect(const double *weights, int count, const double *expected)
{
    for (int i = 0; i < count; i++)
        assert_close(weights[i], expected[i], 1e-15, 0);
}

static void weights_follow_the_rates(void)
{
    const double raw[] = {10, 50, 30, 10};
    double weights[4];
    assert_true(weigh(2, 4, raw, weights));
    expect(weights, 4, (double[]){0.75, 0.25, 0, 0});
}

static void several_rates_of_an_instance_add_up(void)
{
    const double raw[] = {10, 50, /* get */ 30, 10, /* set */ 10, 50};
    double weights[6];
    assert_true(weigh(2, 6, raw, weights));
    expect(weights, 6, (double[]){0.4, 0.6, 0, 0, 0, 0});
}

static void weights_are_equal_without_usable_rates(void)
{
    const double absent[] = {10, 50, NAN, 10}, idle[] = {10, 50, 0, 10}, alone[] = {1, 2};
    double weights[4];
    assert_true(weigh(2, 4, absent, weights));
    expect(weights, 4, (double[]){0.5, 0.5, 0, 0});
    assert_true(weigh(2, 4, idle, weights));
    expect(weights, 4, (double[]){0.5, 0.5, 0, 0});
    assert_true(weigh(2, 2, alone, weights));
    expect(weights, 2, (double[]){0.5, 0.5});
}

static void a_missing_metric_has_no_weight(void)
{
    const double raw[] = {10, NAN, 30, 30, 99, 10}, none[] = {NAN, NAN, 1, 1};
    double weights[6];
    assert_true(weigh(3, 6, raw, weights));
    expect(weights, 6, (double[]){0.75, 0, 0.25, 0, 0, 0});
    /* The rate of what is missing is not needed. */
    const double unknown[] = {10, NAN, 30, 30, NAN, 10};
    assert_true(weigh(3, 6, unknown, weights));
    expect(weights, 6, (double[]){0.75, 0, 0.25, 0, 0, 0});
    assert_true(!weigh(2, 4, none, weights));
    expect(weights, 4, (double[]){0, 0, 0, 0});
}

static void without_metrics_there_is_no_mean(void)
{
    const double raw[] = {1, 2};
    double weights[2];
    assert_true(!weigh(0, 2, raw, weights));
    expect(weights, 2, (double[]){0, 0});
}

CU_TestInfo aggregation_rule_tests[] = {
    {"weights follow the rates", weights_follow_the_rates},
    {"several rates of an instance add up", several_rates_of_an_instance_add_up},
    {"weights are equal without usable rates", weights_are_equal_without_usable_rates},
    {"a missing metric has no weight", a_missing_metric_has_no_weight},
    {"without metrics there is no mean", without_metrics_there_is_no_mean},
    CU_TEST_INFO_NULL,
};
