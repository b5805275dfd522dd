/* SPDX-License-Identifier: MIT
 * From raw inputs to the columns of X: small tables whose scaled values are worked out by
 * hand. */
#include "host/model/feature_transform.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

#define UNIFORM_SD 0.28867513459481287

enum { MOST_INPUTS = 4 };

/* Features learned from one table, released by forget. */
typedef struct {
    flx_predictor predictor;
    bool is_dropped[MOST_INPUTS];
    int inputs;
} learned;

static learned learn(const double *raw, int rows, int inputs, const char *kinds,
                     flx_feature_options options)
{
    flx_assignment_input list[MOST_INPUTS];
    flx_graph_assignment assignment = {.name = "a", .n_inputs = inputs, .inputs = list};
    learned l = {.inputs = inputs};
    flx_error error = {0};
    for (int i = 0; i < inputs; i++)
        list[i] = (flx_assignment_input){kinds[i] == 'm'   ? FLX_METRIC
                                         : kinds[i] == 's' ? FLX_STATE
                                                           : FLX_KNOB,
                                         "input"};
    assert_int(flx_features_learn(raw, rows, &assignment, &options, &l.predictor,
                                  l.is_dropped, &error),
               FLX_OK);
    return l;
}

static void forget(learned *l)
{
    flx_predictor_clear(&l->predictor);
}

/* Feature `k` of one row of raw inputs. */
static double feature_of(const learned *l, const double *raw, int k)
{
    double X[2 * MOST_INPUTS];
    flx_features_apply(&l->predictor, raw, 1, X);
    return X[k];
}

static void inputs_are_z_scores_of_the_width_of_a_uniform(void)
{
    const double raw[] = {10, 1, 20, 5, 30, 3, 40, 7};
    learned l = learn(raw, 4, 2, "ks", (flx_feature_options){0});
    double X[8], sd = sqrt(125.0); /* of 10, 20, 30, 40, population */
    assert_int(l.predictor.n_features, 2);
    assert_int(l.predictor.n_metrics, 0);
    assert_int(l.predictor.n_inputs, 2);
    flx_features_apply(&l.predictor, raw, 4, X);
    for (int i = 0; i < 4; i++)
        assert_close(X[2 * i], (raw[2 * i] - 25) / sd * UNIFORM_SD, 1e-14, 0);
    assert_close(X[1], (1 - 4) / sqrt(5.0) * UNIFORM_SD, 1e-14, 0);
    forget(&l);
}

static void constant_inputs_are_dropped(void)
{
    const double raw[] = {7, 1, 1e9, 7, 2, 1e9 + 1e-3, 7, 3, 1e9};
    learned l = learn(raw, 3, 3, "kkk", (flx_feature_options){0});
    assert_int(l.predictor.n_features, 1);
    assert_int(l.predictor.features[0].input, 1);
    for (int i = 0; i < 3; i++)
        assert_int(l.is_dropped[i], false); /* silently: nothing was missing */
    forget(&l);
}

static void values_are_kept_near_what_training_saw(void)
{
    const double raw[] = {0, 0, 10, 10};
    learned l = learn(raw, 2, 2, "km", (flx_feature_options){0});
    const double far[] = {1000, 1000}, low[] = {-1000, -1000}, near[] = {10.4, 12.4};
    double unit = UNIFORM_SD / 5; /* sd 5, center 5 */
    assert_close(feature_of(&l, far, 0), (10 + 0.1 * 5 - 5) * unit, 1e-14, 0);
    assert_close(feature_of(&l, far, 1), (10 + 0.5 * 5 - 5) * unit, 1e-14, 0);
    assert_close(feature_of(&l, low, 0), (0 - 0.1 * 5 - 5) * unit, 1e-14, 0);
    assert_close(feature_of(&l, low, 1), (0 - 0.5 * 5 - 5) * unit, 1e-14, 0);
    assert_close(feature_of(&l, near, 0), 5.4 * unit, 1e-13, 0);
    assert_close(feature_of(&l, near, 1), 7.4 * unit, 1e-13, 0);
    forget(&l);
}

static void missing_values_get_the_median_and_an_indicator(void)
{
    const double raw[] = {1, 2, NAN, 9};
    learned l = learn(raw, 4, 1, "s", (flx_feature_options){0});
    const double missing[] = {NAN}, median[] = {2}, present[] = {9};
    /* sd of 1, 2, 2 (filled), 9 around the mean 4 of those present: (9+4+4+25)/4. */
    double sd = sqrt(10.5);
    assert_int(l.predictor.n_features, 2);
    assert_true(l.predictor.features[0].is_indicator);
    assert_close(feature_of(&l, missing, 1), (2 - 4) / sd * UNIFORM_SD, 1e-14, 0);
    assert_close(feature_of(&l, missing, 1), feature_of(&l, median, 1), 0, 0);
    /* A share of 1/4 has the sd sqrt(3)/4. */
    double unit = UNIFORM_SD / (sqrt(3.0) / 4);
    assert_close(feature_of(&l, missing, 0), 0.75 * unit, 1e-14, 0);
    assert_close(feature_of(&l, present, 0), -0.25 * unit, 1e-14, 0);
    forget(&l);
}

static void an_input_missing_in_more_than_half_is_dropped_and_named(void)
{
    const double raw[] = {NAN, NAN, 1, NAN, NAN, 2, 3, NAN, 3, 4, 5, 4};
    learned l = learn(raw, 4, 3, "skm", (flx_feature_options){0});
    assert_int(l.is_dropped[0], false); /* exactly half is not more */
    assert_int(l.is_dropped[1], true);
    assert_int(l.is_dropped[2], false);
    assert_int(l.predictor.n_features, 3);
    for (int k = 0; k < 3; k++)
        assert_true(l.predictor.features[k].input != 1);
    forget(&l);
    const double absent[] = {NAN, NAN, NAN};
    l = learn(absent, 3, 1, "m", (flx_feature_options){0});
    assert_int(l.is_dropped[0], true);
    assert_int(l.predictor.n_features, 0);
    forget(&l);
}

static void metrics_come_last_after_their_indicators(void)
{
    const double raw[] = {1, NAN, 5, 2, 4, 6, 3, 6, 9};
    learned l = learn(raw, 3, 3, "kmm", (flx_feature_options){0});
    const flx_feature *f = l.predictor.features;
    assert_int(l.predictor.n_features, 4);
    assert_int(l.predictor.n_metrics, 2);
    assert_int(f[0].input, 0);
    assert_true(f[1].is_indicator);
    assert_int(f[1].input, 1);
    assert_true(!f[2].is_indicator && f[2].input == 1);
    assert_true(!f[3].is_indicator && f[3].input == 2);
    forget(&l);
}

static void a_unit_cube_is_used_as_given_on_request(void)
{
    const double cube[] = {0, 0.25, 1, 0.5, 0.5, 0.75}, wide[] = {0, 2, 1, 1, 0.5, 0.5};
    learned l = learn(cube, 3, 2, "km", (flx_feature_options){.keep_unit_cube = true});
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            assert_close(feature_of(&l, cube + 2 * i, k), cube[2 * i + k], 1e-15, 0);
    forget(&l);
    l = learn(cube, 3, 2, "km", (flx_feature_options){0});
    assert_close(feature_of(&l, cube, 0), -0.5 / sqrt(1.0 / 6) * UNIFORM_SD, 1e-14, 0);
    forget(&l);
    /* One input outside, and all are scaled. */
    l = learn(wide, 3, 2, "kk", (flx_feature_options){.keep_unit_cube = true});
    assert_close(feature_of(&l, wide, 0), -0.5 / sqrt(1.0 / 6) * UNIFORM_SD, 1e-14, 0);
    forget(&l);
}

static void metrics_are_logarithms_where_all_are_positive(void)
{
    const double raw[] = {1, 1, 0, M_E, M_E, 5, M_E * M_E, M_E * M_E, 10};
    learned l = learn(raw, 3, 3, "kmm", (flx_feature_options){.log_metrics = true});
    const flx_feature *f = l.predictor.features;
    double sd = sqrt(2.0 / 3.0);
    assert_true(!f[0].is_log); /* a knob never is */
    assert_true(f[1].is_log);
    assert_true(!f[2].is_log); /* holds a 0 */
    assert_close(feature_of(&l, raw + 6, 1), 1 / sd * UNIFORM_SD, 1e-14, 0);
    /* What has no logarithm is as low as can be. */
    const double zero[] = {1, 0, 0};
    assert_close(feature_of(&l, zero, 1), (-0.5 * sd - 1) / sd * UNIFORM_SD, 1e-14, 0);
    forget(&l);
}

static void slopes_are_those_of_the_features(void)
{
    const double raw[] = {1, 2, 4, 8, 16, 31};
    for (int is_log = 0; is_log < 2; is_log++) {
        learned l = learn(raw, 6, 1, "m", (flx_feature_options){.log_metrics = is_log});
        for (double value = 1.5; value < 30; value += 3) {
            double h = 1e-6 * value, up[] = {value + h}, down[] = {value - h};
            double slope = (feature_of(&l, up, 0) - feature_of(&l, down, 0)) / (2 * h);
            assert_close(flx_feature_slope(&l.predictor.features[0], value), slope, 1e-7,
                         0);
        }
        assert_close(flx_feature_slope(&l.predictor.features[0], 1e6), 0, 0, 0);
        assert_close(flx_feature_slope(&l.predictor.features[0], -1e6), 0, 0, 0);
        assert_close(flx_feature_slope(&l.predictor.features[0], NAN), 0, 0, 0);
        forget(&l);
    }
}

CU_TestInfo feature_transform_tests[] = {
    {"inputs are z-scores of the width of a uniform",
     inputs_are_z_scores_of_the_width_of_a_uniform},
    {"constant inputs are dropped", constant_inputs_are_dropped},
    {"values are kept near what training saw", values_are_kept_near_what_training_saw},
    {"missing values get the median and an indicator",
     missing_values_get_the_median_and_an_indicator},
    {"an input missing in more than half is dropped and named",
     an_input_missing_in_more_than_half_is_dropped_and_named},
    {"metrics come last, after their indicators",
     metrics_come_last_after_their_indicators},
    {"a unit cube is used as given on request", a_unit_cube_is_used_as_given_on_request},
    {"metrics are logarithms where all are positive",
     metrics_are_logarithms_where_all_are_positive},
    {"slopes are those of the features", slopes_are_those_of_the_features},
    CU_TEST_INFO_NULL,
};
