/* SPDX-License-Identifier: MIT
 * Boosted trees and forests: what they learn, that threads and missing inputs change
 * nothing that they should not, and bad input. */
#include "host/regression/tree_ensemble.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/step.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double predict_one(const flx_trees *trees, const double *x)
{
    double mean = NAN;
    flx_error error = {0};
    assert_int(flx_trees_predict(trees, x, 1, &mean, &error), FLX_OK);
    return mean;
}

static void a_step_is_learned(void)
{
    make_step();
    for (int k = 0; k < 2; k++) {
        flx_trees *trees =
            grow_trees(&(flx_trees_options){.kind = tree_kinds[k], .seed = 1}, step_X,
                       step_y, STEP_ROWS, STEP_COLUMNS);
        assert_int(flx_trees_outputs(trees), 1);
        /* Half of the splits see the first column, the others pull towards 20. */
        assert_close(predict_one(trees, (double[]){0.2, 0.5, 0.5}), 10, 0, 2.5);
        assert_close(predict_one(trees, (double[]){0.8, 0.5, 0.5}), 30, 0, 2.5);
        flx_trees_release(trees);
    }
}

/* One tree of depth 1 over one column with two values: whichever rows it is fitted to. */
static void a_stump_is_the_mean_of_each_side(void)
{
    double x[400], target[400];
    for (int i = 0; i < 400; i++) {
        x[i] = i < 100 ? 1 : 2;
        target[i] = i < 100 ? 5 : -7;
    }
    flx_trees_options stump = {.kind = FLX_PREDICTOR_FOREST, .trees = 1, .depth = 1};
    flx_trees *trees = grow_trees(&stump, x, target, 400, 1);
    assert_close(predict_one(trees, (double[]){1}), 5, 1e-6, 0);
    assert_close(predict_one(trees, (double[]){2}), -7, 1e-6, 0);
    assert_close(predict_one(trees, (double[]){1.49}), 5, 1e-6, 0);
    assert_close(predict_one(trees, (double[]){1.51}), -7, 1e-6, 0);
    flx_trees_release(trees);
}

/* Class 0 below 1/3, class 1 to 2/3, class 2 above, of the first column. */
static void classes_get_probabilities(void)
{
    make_step();
    for (int i = 0; i < STEP_ROWS; i++)
        step_y[i] = floor(3 * step_X[i * STEP_COLUMNS]);
    for (int k = 0; k < 2; k++) {
        flx_trees_options options = {.kind = tree_kinds[k], .classes = 3, .trees = 60};
        flx_trees *trees = grow_trees(&options, step_X, step_y, STEP_ROWS, STEP_COLUMNS);
        assert_int(flx_trees_outputs(trees), 3);
        for (int class = 0; class < 3; class ++) {
            double x[] = {class / 3.0 + 1 / 6.0, 0.5, 0.5}, p[3];
            flx_error error = {0};
            assert_int(flx_trees_predict(trees, x, 1, p, &error), FLX_OK);
            assert_close(p[0] + p[1] + p[2], 1, 0, 1e-6);
            for (int other = 0; other < 3; other++)
                assert_true(other == class || p[other] < 0.3);
            assert_true(p[class] > 0.5);
        }
        flx_trees_release(trees);
    }
}

/* Rows whose first column is missing have 30: they go where the large values are. */
static void missing_inputs_take_a_side(void)
{
    make_step();
    for (int i = 0; i < STEP_ROWS; i += 2) {
        step_X[i * STEP_COLUMNS] = NAN;
        step_y[i] = 30;
    }
    for (int k = 0; k < 2; k++) {
        flx_trees *trees = grow_trees(&(flx_trees_options){.kind = tree_kinds[k]}, step_X,
                                      step_y, STEP_ROWS, STEP_COLUMNS);
        assert_close(predict_one(trees, (double[]){NAN, 0.5, 0.5}), 30, 0, 3);
        assert_close(predict_one(trees, (double[]){0.2, 0.5, 0.5}), 10, 0, 3.5);
        flx_trees_release(trees);
    }
}

/* More than 2048 rows are fitted by quantiles. */
static void many_rows_are_fitted_too(void)
{
    enum { MANY = 5000 };
    double *x = malloc(MANY * sizeof *x), *target = malloc(MANY * sizeof *target);
    for (uint32_t i = 0; i < MANY; i++) {
        x[i] = flx_uniform(5, 1, i, 0, 0);
        target[i] = floor(4 * x[i]);
    }
    for (int k = 0; k < 2; k++) {
        flx_trees_options options = {.kind = tree_kinds[k], .trees = 100};
        flx_trees *trees = grow_trees(&options, x, target, MANY, 1);
        for (int i = 0; i < 4; i++)
            assert_close(predict_one(trees, (double[]){i / 4.0 + 0.125}), i, 0.02, 0.02);
        flx_trees_release(trees);
    }
    free(x);
    free(target);
}

static void predictions_do_not_depend_on_threads(void)
{
    make_step();
    flx_trees *trees = grow_trees(&(flx_trees_options){.seed = 3, .kind = tree_kinds[0]},
                                  step_X, step_y, STEP_ROWS, STEP_COLUMNS);
    double alone[STEP_ROWS];
    flx_error error = {0};
    assert_int(flx_trees_predict(trees, step_X, STEP_ROWS, alone, &error), FLX_OK);
    int wrong = 0;
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
    for (int i = 0; i < 400; i++) {
        double few[STEP_ROWS];
        int first = i % 11, count = STEP_ROWS - 20 + i % 9;
        flx_error own = {0};
        wrong += flx_trees_predict(trees, step_X + first * STEP_COLUMNS, count, few,
                                   &own) != FLX_OK ||
                 memcmp(few, alone + first, (size_t)count * sizeof *few) != 0;
    }
    assert_int(wrong, 0);
    flx_trees_release(trees);
}

static void bad_bytes_give_a_sentence(void)
{
    unsigned char *bytes, junk[200] = "{nothing good";
    size_t size;
    flx_trees *trees;
    flx_error error = {0};
    make_step();
    assert_int(flx_trees_load(junk, sizeof junk, STEP_COLUMNS, &trees, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "XGBoost could not read its trees: Expecting");
    assert_true(strchr(error.message, '\n') == NULL && trees == NULL);
    assert_int(flx_trees_load(junk, 0, STEP_COLUMNS, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "0 bytes over 3 columns are no trees");
    flx_trees_options options = {.kind = FLX_PREDICTOR_XGBOOST, .trees = 3};
    assert_int(flx_trees_fit(&options, step_X, step_y, STEP_ROWS, STEP_COLUMNS, &bytes,
                             &size, &error),
               FLX_OK);
    assert_int(flx_trees_load(bytes, size / 2, STEP_COLUMNS, &trees, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "XGBoost could not read its trees");
    assert_int(flx_trees_load(bytes, size, 4, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "the trees are over 3 columns, not 4");
    free(bytes);
}

static void refuse(flx_trees_options options, int n, int d, const char *words)
{
    unsigned char *bytes;
    size_t size;
    flx_error error = {0};
    assert_int(flx_trees_fit(&options, step_X, step_y, n, d, &bytes, &size, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, words);
    assert_true(bytes == NULL && size == 0);
}

static void bad_rows_are_refused(void)
{
    flx_trees_options boosted = {.kind = FLX_PREDICTOR_XGBOOST, .trees = 2};
    make_step();
    refuse(boosted, 0, STEP_COLUMNS, "there are 0 and 3");
    refuse((flx_trees_options){.kind = FLX_PREDICTOR_RULE}, STEP_ROWS, STEP_COLUMNS,
           "rule is no kind");
    boosted.classes = 1;
    refuse(boosted, STEP_ROWS, STEP_COLUMNS,
           "2 trees of depth 0 for 1 classes cannot be grown");
    boosted.classes = 30;
    step_y[0] = 10;
    step_y[1] = 30;
    refuse(boosted, 2, STEP_COLUMNS, "the target of row 1 is 30, which is no class");
    boosted.classes = 0;
    step_y[2] = NAN;
    refuse(boosted, STEP_ROWS, STEP_COLUMNS,
           "the target of row 2 is nan, which is no number");
    step_y[2] = 10;
    step_X[7] = INFINITY;
    refuse(boosted, STEP_ROWS, STEP_COLUMNS, "XGBoost could not take the rows: ");
}

CU_TestInfo tree_ensemble_tests[] = {
    {"a step is learned", a_step_is_learned},
    {"a stump is the mean of each side", a_stump_is_the_mean_of_each_side},
    {"classes get probabilities", classes_get_probabilities},
    {"missing inputs take a side", missing_inputs_take_a_side},
    {"many rows are fitted too", many_rows_are_fitted_too},
    {"predictions do not depend on threads", predictions_do_not_depend_on_threads},
    {"bad bytes give a sentence", bad_bytes_give_a_sentence},
    {"bad rows are refused", bad_rows_are_refused},
    CU_TEST_INFO_NULL,
};
