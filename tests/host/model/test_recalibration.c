/* SPDX-License-Identifier: MIT
 * Lines through predictions, worked out by hand, and models that follow them. */
#include "host/model/recalibration.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>

static const flx_predictor as_is = {.kind = FLX_PREDICTOR_RULE};
static const flx_predictor on_logs = {.kind = FLX_PREDICTOR_CONSTANT, .is_log = true};

/* Five rows against five pseudo-rows: half of what the rows say. */
static void the_line_goes_half_way_with_five_rows(void)
{
    const double predicted[] = {1, 2, 3, 4, 5}, measured[] = {4, 6, 8, 10, 12};
    /* measured = 2 + 2 predicted: residuals 3..7, mean 5, slope 1 on predictions. */
    flx_recalibration line = flx_recalibration_estimate(&as_is, predicted, measured, 5);
    assert_close(line.slope, 1.5, 1e-12, 0);
    assert_close(line.intercept, 0.5 * 5 - 0.5 * 3, 1e-12, 0);
    /* What is left: 2 + 2 x - 1 - 1.5 x = 1 + 0.5 x; squares 2.25 4 6.25 9 12.25. */
    assert_close(line.variance, 33.75 / 5, 1e-12, 0);
    assert_close(flx_recalibration_apply(&line, 10, false), 16, 1e-12, 0);
}

/* The same rows, of a model taught about 3 with a mean square deviation of 18:
 * pseudo-rows spread nine times as far hold the slope, not the shift. Squares of
 * predictions: 10. */
static void rows_from_a_corner_shift_but_do_not_turn(void)
{
    const double predicted[] = {1, 2, 3, 4, 5}, measured[] = {4, 6, 8, 10, 12};
    const flx_predictor wide = {
        .kind = FLX_PREDICTOR_GP, .y_mean = 6, .y_sd = 3}; /* 9 + 3 x 3 = 18 */
    flx_recalibration line = flx_recalibration_estimate(&wide, predicted, measured, 5);
    assert_close(line.slope, 1 + 10.0 / (10 + 5 * 18), 1e-12, 0);
    assert_close(flx_recalibration_apply(&line, 3, false), 3 + 2.5, 1e-12, 0);
}

static void a_constant_prediction_is_shifted_only(void)
{
    const double predicted[] = {3, 3, 3, 3, 3}, measured[] = {5, 5, 5, 5, 5};
    flx_recalibration line = flx_recalibration_estimate(&as_is, predicted, measured, 5);
    assert_close(line.slope, 1, 0, 0);
    assert_close(line.intercept, 1, 1e-12, 0);
}

static void a_factor_is_a_shift_of_the_logarithm(void)
{
    const double predicted[] = {1, 10, 100, 1000, 10000};
    double measured[5];
    for (int i = 0; i < 5; i++)
        measured[i] = 4 * predicted[i];
    flx_recalibration line = flx_recalibration_estimate(&on_logs, predicted, measured, 5);
    assert_close(line.slope, 1, 1e-12, 0);
    assert_close(line.intercept, log(2), 1e-12, 0); /* half of log 4 */
    assert_close(flx_recalibration_apply(&line, 50, true), 100, 1e-12, 0);
}

static void what_has_no_logarithm_or_no_value_is_left_out(void)
{
    const double predicted[] = {1, -1, 1, NAN}, measured[] = {2, 2, 0, 2};
    flx_recalibration line = flx_recalibration_estimate(&on_logs, predicted, measured, 4);
    assert_close(line.intercept, log(2) / 6, 1e-12, 0); /* one row of six */
    line = flx_recalibration_estimate(&as_is, predicted, measured, 0);
    assert_close(line.slope, 1, 0, 0);
    assert_close(line.intercept, 0, 0, 0);
}

/* Slopes that would turn a model round are accidents of few rows. */
static void slopes_stay_within_bounds(void)
{
    double predicted[100], measured[100];
    for (int i = 0; i < 100; i++) {
        predicted[i] = i;
        measured[i] = -3 * i;
    }
    flx_recalibration line = flx_recalibration_estimate(&as_is, predicted, measured, 100);
    assert_close(line.slope, 0.2, 0, 0);
}

static void models_follow_the_line(void)
{
    const flx_recalibration line = {.intercept = 1, .slope = 2, .variance = 9};
    flx_error error = {0};
    flx_predictor constant = {.kind = FLX_PREDICTOR_CONSTANT,
                              .constant = 5,
                              .variance = 4,
                              .output_low = 0,
                              .output_high = 10};
    assert_int(flx_recalibrate(&line, &constant, &error), FLX_OK);
    assert_close(constant.constant, 11, 0, 0);
    assert_close(constant.variance, 16, 0, 0);
    assert_close(constant.output_low, 1, 0, 0);
    assert_close(constant.output_high, 21, 0, 0);

    double y[] = {1, 3};
    flx_predictor gp = {.kind = FLX_PREDICTOR_GP, .n = 2, .y = y, .y_mean = 2, .y_sd = 1};
    assert_int(flx_recalibrate(&line, &gp, &error), FLX_OK);
    assert_close(y[0], 3, 0, 0);
    assert_close(y[1], 7, 0, 0);
    assert_close(gp.y_mean, 5, 0, 0);
    assert_close(gp.y_sd, 2, 0, 0);
}

/* A line through a line: 1 + 2 (1 + 2 x) = 3 + 4 x. */
static void a_rule_keeps_one_line(void)
{
    const flx_recalibration line = {.intercept = 1, .slope = 2, .variance = 9};
    flx_error error = {0};
    flx_predictor rule = {.kind = FLX_PREDICTOR_RULE};
    assert_int(flx_recalibrate(&line, &rule, &error), FLX_OK);
    assert_int(flx_recalibrate(&line, &rule, &error), FLX_OK);
    assert_int((long)rule.n_parameters, 3);
    assert_close(rule.parameters[0], 3, 0, 0);
    assert_close(rule.parameters[1], 4, 0, 0);
    assert_close(rule.parameters[2], 9, 0, 0);
    flx_predictor_clear(&rule);
}

CU_TestInfo recalibration_tests[] = {
    {"the line goes half way with five rows", the_line_goes_half_way_with_five_rows},
    {"rows from a corner shift but do not turn",
     rows_from_a_corner_shift_but_do_not_turn},
    {"a constant prediction is shifted only", a_constant_prediction_is_shifted_only},
    {"a factor is a shift of the logarithm", a_factor_is_a_shift_of_the_logarithm},
    {"what has no logarithm or no value is left out",
     what_has_no_logarithm_or_no_value_is_left_out},
    {"slopes stay within bounds", slopes_stay_within_bounds},
    {"models follow the line", models_follow_the_line},
    {"a rule keeps one line", a_rule_keeps_one_line},
    CU_TEST_INFO_NULL,
};
