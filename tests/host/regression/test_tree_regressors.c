/* SPDX-License-Identifier: MIT
 * Boosted trees and forests as regressors: out-of-sample residuals, threads, files. */
#include "host/regression/tree_ensemble.h"

#include "host/regression/fit_queue.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/predict_rows.h"
#include "tests/host/regression/step.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

static void list_tasks(flx_fit_task tasks[4])
{
    for (int t = 0; t < 4; t++)
        tasks[t] = (flx_fit_task){.name = "web:p90",
                                  .n = STEP_ROWS - 7 * t,
                                  .d = STEP_COLUMNS,
                                  .X = step_X,
                                  .y = step_y,
                                  .kind = tree_kinds[t / 2],
                                  .seed = (uint64_t)t / 2,
                                  .wants_residuals = t % 2 == 0};
}

static void fits_do_not_depend_on_threads(void)
{
    flx_fit_task tasks[4];
    flx_fit_result one[4], three[4];
    flx_error error = {0};
    make_step();
    list_tasks(tasks);
    flx_backend *serial = open_cpu(1), *parallel = open_cpu(3);
    assert_int(flx_fit_all(serial, tasks, 4, one, NULL, &error), FLX_OK);
    assert_int(flx_fit_all(parallel, tasks, 4, three, NULL, &error), FLX_OK);
    for (int t = 0; t < 4; t++) {
        size_t n = (size_t)tasks[t].n;
        assert_true(!one[t].has_failed && one[t].predictor.n_bytes > 0);
        assert_true(one[t].predictor.n_bytes == three[t].predictor.n_bytes &&
                    memcmp(one[t].predictor.bytes, three[t].predictor.bytes,
                           one[t].predictor.n_bytes) == 0);
        assert_close(one[t].predictor.variance, three[t].predictor.variance, 0, 0);
        if (tasks[t].wants_residuals)
            assert_true(memcmp(one[t].loo_mean, three[t].loo_mean, n * sizeof(double)) ==
                        0);
        else
            assert_true(one[t].loo_mean == NULL && isnan(one[t].predictor.loo_mae));
        flx_fit_result_clear(&one[t]);
        flx_fit_result_clear(&three[t]);
    }
    flx_backend_close(serial);
    flx_backend_close(parallel);
}

/* Half of the rows have 10 and half 30, by a fair coin that no input knows: out of sample
 * the error is that of a guess, 10 on average or more, though forests know the rows they
 * were fitted to. */
static void residuals_are_out_of_sample(void)
{
    flx_fit_task tasks[4];
    flx_fit_result results[4];
    flx_error error = {0};
    make_step();
    for (uint32_t i = 0; i < STEP_ROWS; i++)
        step_y[i] = flx_uniform(9, 2, i, 0, 0) < 0.5 ? 10 : 30;
    list_tasks(tasks);
    flx_backend *backend = open_cpu(2);
    assert_int(flx_fit_all(backend, tasks, 4, results, NULL, &error), FLX_OK);
    for (int t = 0; t < 4; t++) {
        double mae = 0, square = 0;
        for (int i = 0; i < tasks[t].n && results[t].loo_mean; i++) {
            mae += fabs(results[t].loo_mean[i] - step_y[i]) / tasks[t].n;
            square += pow(results[t].loo_mean[i] - step_y[i], 2) / tasks[t].n;
        }
        if (tasks[t].wants_residuals) {
            assert_close(results[t].predictor.loo_mae, mae, 1e-12, 0);
            assert_close(results[t].predictor.variance, square, 1e-12, 0);
            assert_true(mae > 8 && results[t].predictor.variance > 80);
        } else
            assert_true(results[t].predictor.variance < 60);
        flx_fit_result_clear(&results[t]);
    }
    flx_backend_close(backend);
}

static void a_regressor_predicts_what_it_was_fitted_to(void)
{
    make_step();
    flx_backend *backend = open_cpu(2);
    for (int k = 0; k < 2; k++) {
        flx_fit_task task = {.name = "a",
                             .n = STEP_ROWS,
                             .d = STEP_COLUMNS,
                             .X = step_X,
                             .y = step_y,
                             .kind = tree_kinds[k],
                             .seed = 7};
        flx_fit_result result;
        flx_error error = {0};
        assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
        flx_predictor p = {.kind = tree_kinds[k],
                           .n_features = STEP_COLUMNS,
                           .n_metrics = 1,
                           .bytes = result.predictor.bytes,
                           .n_bytes = result.predictor.n_bytes};
        double mean[STEP_ROWS], slopes[STEP_ROWS], squares = 0;
        slopes[3] = 1;
        assert_int(predict_rows(&p, step_X, STEP_ROWS, mean, slopes, &error), FLX_OK);
        for (int i = 0; i < STEP_ROWS; i++)
            squares +=
                pow(result.predictor.y_mean + result.predictor.y_sd * mean[i] - step_y[i],
                    2) /
                STEP_ROWS;
        assert_close(squares, result.predictor.variance, 1e-12, 0);
        assert_close(slopes[3], 0, 0, 0);
        flx_fit_result_clear(&result);
    }
    flx_backend_close(backend);
}

/* To a file and back: the same bytes, the same predictions. */
static void a_file_restores_them_bit_for_bit(void)
{
    flx_error error = {0};
    flx_feature features[STEP_COLUMNS] = {{0}};
    flx_trees_options options = {.kind = FLX_PREDICTOR_FOREST, .trees = 30, .seed = 5};
    flx_predictor p = {.kind = options.kind,
                       .n_inputs = STEP_COLUMNS,
                       .n_features = STEP_COLUMNS,
                       .features = features,
                       .y_sd = 1},
                  restored;
    make_step();
    scratch_begin();
    assert_int(flx_trees_fit(&options, step_X, step_y, STEP_ROWS, STEP_COLUMNS, &p.bytes,
                             &p.n_bytes, &error),
               FLX_OK);
    assert_int(flx_predictor_write(&p, scratch_path("p.h5"), &error), FLX_OK);
    assert_int(flx_predictor_read(scratch_path("p.h5"), &restored, &error), FLX_OK);
    double before[STEP_ROWS], after[STEP_ROWS];
    const flx_predictor *both[] = {&p, &restored};
    for (int i = 0; i < 2; i++) {
        assert_int(
            predict_rows(both[i], step_X, STEP_ROWS, i ? after : before, NULL, &error),
            FLX_OK);
    }
    assert_true(restored.n_bytes == p.n_bytes &&
                memcmp(restored.bytes, p.bytes, p.n_bytes) == 0);
    assert_true(memcmp(before, after, sizeof before) == 0);
    flx_predictor_clear(&restored);
    free(p.bytes);
    scratch_end();
}

static void a_constant_target_is_kept(void)
{
    make_step();
    flx_backend *backend = open_cpu(1);
    for (int i = 0; i < STEP_ROWS; i++)
        step_y[i] = 42.5;
    for (int k = 0; k < 2; k++) {
        flx_fit_task task = {.name = "a",
                             .n = STEP_ROWS,
                             .d = STEP_COLUMNS,
                             .X = step_X,
                             .y = step_y,
                             .kind = tree_kinds[k],
                             .wants_residuals = true};
        flx_fit_result result;
        flx_error error = {0};
        assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
        assert_close(result.predictor.y_mean, 42.5, 1e-15, 0);
        assert_close(result.loo_mean[5], 42.5, 1e-15, 0);
        assert_close(result.predictor.variance, 0, 0, 1e-20);
        flx_fit_result_clear(&result);
    }
    flx_backend_close(backend);
}

CU_TestInfo tree_regressors_tests[] = {
    {"fits do not depend on threads", fits_do_not_depend_on_threads},
    {"residuals are out of sample", residuals_are_out_of_sample},
    {"a regressor predicts what it was fitted to",
     a_regressor_predicts_what_it_was_fitted_to},
    {"a file restores them bit for bit", a_file_restores_them_bit_for_bit},
    {"a constant target is kept", a_constant_target_is_kept},
    CU_TEST_INFO_NULL,
};
