/* SPDX-License-Identifier: MIT
 * Ridge regression against hand-worked cases and explicit refits, and as a kind of model.
 */
#include "host/regression/fit_queue.h"

#include "host/regression/ridge.h"
#include "host/statistics/symmetric_eigen.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/predict_rows.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 12, MOST = 30 };

static double X[N * MOST], y[N];

/* y = 3 + x_0 - 2 x_1 + noise, of d uniform inputs. */
static void fill(int d)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t k = 0; k < (uint32_t)d; k++)
            X[i * (uint32_t)d + k] = flx_uniform(21, 1, i, k, 0);
        y[i] = 3 + X[i * (uint32_t)d] - 2 * X[i * (uint32_t)d + 1] +
               0.1 * flx_normal(21, 2, i, 0, 0);
    }
}

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

static void eigenvectors_by_hand_and_of_any_matrix(void)
{
    double pair[] = {2, 1, 1, 2}, values[MOST], vectors[MOST * MOST]; /* 1 and 3 */
    flx_symmetric_eigen(2, pair, values, vectors);
    assert_close(fmin(values[0], values[1]), 1, 1e-15, 0);
    assert_close(fmax(values[0], values[1]), 3, 1e-15, 0);
    double S[MOST * MOST], kept[MOST * MOST];
    for (uint32_t i = 0; i < MOST; i++)
        for (uint32_t j = 0; j <= i; j++)
            S[i * MOST + j] = S[j * MOST + i] = flx_normal(22, 1, i, j, 0);
    memcpy(kept, S, sizeof S);
    flx_symmetric_eigen(MOST, S, values, vectors);
    for (int j = 0; j < MOST; j++) {
        const double *v = vectors + j * MOST;
        double norm = 0;
        for (int i = 0; i < MOST; i++) {
            double Sv = 0;
            for (int k = 0; k < MOST; k++)
                Sv += kept[i * MOST + k] * v[k];
            assert_close(Sv, values[j] * v[i], 0, 1e-13); /* |S| is about 11 */
            norm += v[i] * v[i];
        }
        assert_close(norm, 1, 1e-13, 0);
    }
}

/* Rows (0, 0) -> 0, (1, 0) -> 1, (0, 1) -> 2, (1, 1) -> 3, so y = x_0 + 2 x_1. Centred
 * the columns are orthogonal, each of sum of squares 1: at penalty 1 every coefficient is
 * halved, b = (1/2, 1), b_0 = 1.5 - 1/4 - 1/2 = 0.75. */
static void works_by_hand(void)
{
    double x[] = {0, 0, 1, 0, 0, 1, 1, 1}, target[] = {0, 1, 2, 3};
    double parameters[4], fitted[4], left_out[4];
    flx_ridge ridge = {4, 2, x, target, 1, parameters, fitted, left_out};
    flx_error error = {0};
    assert_int(flx_ridge_solve(&ridge, &error), FLX_OK);
    double expected[] = {1, 0.75, 0.5, 1};
    for (int k = 0; k < 4; k++)
        assert_close(parameters[k], expected[k], 1e-14, 0);
    /* leverage 1/4 + (1/4 + 1/4) / 2 = 1/2: residuals double; row 0: -0.75 -> -1.5 */
    assert_close(fitted[0], 0.75, 1e-14, 0);
    assert_close(left_out[0], 1.5, 1e-14, 0);
}

static double predict_at(const double *parameters, int d, const double *x)
{
    double sum = parameters[1];
    for (int k = 0; k < d; k++)
        sum += parameters[2 + k] * x[k];
    return sum;
}

static void compare_with_refits(int d, double penalty)
{
    double parameters[2 + MOST], again[2 + MOST], fitted[N], left_out[N], rest[2][N];
    double fewer_X[N * MOST], fewer_y[N];
    flx_error error = {0};
    fill(d);
    flx_ridge ridge = {N, d, X, y, penalty, parameters, fitted, left_out};
    assert_int(flx_ridge_solve(&ridge, &error), FLX_OK);
    for (int i = 0; i < N; i++) {
        assert_close(predict_at(parameters, d, X + i * d), fitted[i], 1e-11, 0);
        memcpy(fewer_X, X, sizeof fewer_X);
        memcpy(fewer_y, y, sizeof fewer_y);
        memmove(fewer_X + i * d, X + (i + 1) * d,
                (size_t)((N - 1 - i) * d) * sizeof(double));
        memmove(fewer_y + i, y + i + 1, (size_t)(N - 1 - i) * sizeof(double));
        flx_ridge refit = {N - 1,         d,     fewer_X, fewer_y,
                           ridge.penalty, again, rest[0], rest[1]};
        assert_int(flx_ridge_solve(&refit, &error), FLX_OK);
        /* 1 - leverage may be 1e-6, by subtraction: six digits are lost, twice with the
         * spectrum's */
        assert_close(left_out[i], predict_at(again, d, X + i * d), 2e-8, 0);
    }
}

static void left_out_rows_are_those_of_refits(void)
{
    compare_with_refits(3, 0.3);
    compare_with_refits(3, 0);      /* chosen */
    compare_with_refits(MOST, 0.3); /* more features than rows */
    compare_with_refits(MOST, 0);
    compare_with_refits(N, 0.01);
}

static void the_penalty_follows_the_noise(void)
{
    double parameters[2 + MOST], fitted[N], left_out[N];
    flx_error error = {0};
    fill(2);
    for (int i = 0; i < N; i++) /* without noise */
        y[i] = 3 + X[i * 2] - 2 * X[i * 2 + 1];
    flx_ridge ridge = {N, 2, X, y, 0, parameters, fitted, left_out};
    assert_int(flx_ridge_solve(&ridge, &error), FLX_OK);
    assert_close(parameters[2], 1, 1e-4, 0);
    assert_close(parameters[3], -2, 1e-4, 0);
    for (int i = 0; i < N; i++) /* nothing but noise */
        y[i] = i % 2 ? 1 : -1;
    for (int i = 0; i < N; i++)
        X[i * 2] = X[i * 2 + 1] = (i / 2) % 2;
    ridge.penalty = 0;
    assert_int(flx_ridge_solve(&ridge, &error), FLX_OK);
    assert_close(parameters[2], 0, 0, 1e-5);
}

static flx_fit_result fit_one(flx_backend *backend, const flx_fit_task *task)
{
    flx_fit_result result;
    flx_error error = {0};
    assert_int(flx_fit_all(backend, task, 1, &result, NULL, &error), FLX_OK);
    return result;
}

static flx_fit_task make_task(int n, int d)
{
    return (flx_fit_task){.name = "a",
                          .n = n,
                          .d = d,
                          .X = X,
                          .y = y,
                          .kind = FLX_PREDICTOR_RIDGE,
                          .wants_residuals = true};
}

static void a_kind_predicts_what_it_was_taught(void)
{
    flx_backend *backend = open_cpu(2);
    fill(3);
    flx_fit_task task = make_task(N, 3);
    flx_fit_result honest = fit_one(backend, &task);
    task.wants_residuals = false;
    flx_fit_result plain = fit_one(backend, &task);
    assert_true(!plain.loo_mean && isnan(plain.predictor.loo_mae));
    assert_true(plain.predictor.variance < honest.predictor.variance);
    assert_true(honest.predictor.loo_mae > 0 && honest.predictor.loo_mae < 0.3);
    flx_predictor p = {.kind = FLX_PREDICTOR_RIDGE,
                       .n_features = 3,
                       .n_metrics = 2,
                       .parameters = plain.predictor.parameters,
                       .n_parameters = plain.predictor.n_parameters};
    double mean[N], slopes[N * 2], square = 0;
    flx_error error = {0};
    assert_int(predict_rows(&p, X, N, mean, slopes, &error), FLX_OK);
    for (int i = 0; i < N; i++)
        square +=
            pow(plain.predictor.y_mean + plain.predictor.y_sd * mean[i] - y[i], 2) / N;
    assert_close(square, plain.predictor.variance, 1e-10, 0);
    assert_close(slopes[2], plain.predictor.parameters[3], 0, 0);
    assert_close(slopes[3], plain.predictor.parameters[4], 0, 0);
    p.n_features = 4;
    assert_int(predict_rows(&p, X, N, mean, slopes, &error), FLX_BAD_INPUT);
    assert_contains(error.message,
                    "it: a ridge regression of 4 features has 5 parameters instead of 6");
    flx_fit_result_clear(&honest);
    flx_fit_result_clear(&plain);
    flx_backend_close(backend);
}

static void a_file_restores_it_bit_for_bit(void)
{
    flx_backend *backend = open_cpu(1);
    flx_error error = {0};
    flx_feature features[3] = {{0}};
    fill(3);
    flx_fit_task task = make_task(N, 3);
    flx_fit_result result = fit_one(backend, &task);
    flx_predictor restored, p = {.kind = FLX_PREDICTOR_RIDGE,
                                 .n_inputs = 3,
                                 .n_features = 3,
                                 .features = features,
                                 .y_sd = 1,
                                 .parameters = result.predictor.parameters,
                                 .n_parameters = result.predictor.n_parameters};
    scratch_begin();
    assert_int(flx_predictor_write(&p, scratch_path("p.h5"), &error), FLX_OK);
    assert_int(flx_predictor_read(scratch_path("p.h5"), &restored, &error), FLX_OK);
    assert_int((long)restored.n_parameters, 5);
    assert_int(memcmp(restored.parameters, p.parameters, 5 * sizeof(double)), 0);
    flx_predictor_clear(&restored);
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
    scratch_end();
}

static void odd_tasks_are_answered(void)
{
    flx_backend *backend = open_cpu(1);
    fill(3);
    flx_fit_task task = make_task(2, 3); /* each row is predicted by the other one */
    flx_fit_result result = fit_one(backend, &task);
    assert_close(result.loo_mean[0], y[1], 1e-12, 0);
    assert_close(result.loo_mean[1], y[0], 1e-12, 0);
    flx_fit_result_clear(&result);
    for (int i = 0; i < N; i++)
        y[i] = 42.5;
    task.n = N;
    result = fit_one(backend, &task);
    assert_close(result.predictor.y_mean, 42.5, 1e-15, 0);
    assert_close(result.loo_mean[3], 42.5, 1e-15, 0);
    assert_close(result.predictor.parameters[2], 0, 0, 0);
    flx_fit_result_clear(&result);
    fill(3);
    for (int i = 0; i < 3 * N; i++)
        X[i] = 0.25;
    result = fit_one(backend, &task);
    assert_close(result.predictor.parameters[1], 0, 0, 1e-15);
    assert_close(result.loo_mean[0], (result.predictor.y_mean * N - y[0]) / (N - 1),
                 1e-13, 0);
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
}

static void refuse(flx_backend *backend, const flx_fit_task *task, const char *part)
{
    flx_fit_result result = fit_one(backend, task);
    assert_true(result.has_failed);
    assert_contains(result.why, part);
    flx_fit_result_clear(&result);
}

static void what_cannot_be_fitted_says_why(void)
{
    flx_backend *backend = open_cpu(1);
    fill(3);
    flx_fit_task task = make_task(1, 3);
    refuse(backend, &task, "fewer than 2 rows");
    task = make_task(N, 0);
    refuse(backend, &task, "no inputs");
    task = make_task(N, 3);
    X[7] = NAN;
    refuse(backend, &task, "input 1 of row 2 is not finite");
    y[4] = INFINITY;
    refuse(backend, &task, "the target of row 4 is not finite");
    flx_backend_close(backend);
}

/* The same bits for any number of threads, among failing neighbours. */
static void threads_change_nothing(void)
{
    fill(3);
    flx_fit_task tasks[6];
    for (int t = 0; t < 6; t++)
        tasks[t] = make_task(t == 2 ? 1 : N - t, 3);
    flx_fit_result results[2][6];
    for (int i = 0; i < 2; i++) {
        flx_backend *backend = open_cpu(i ? 3 : 1);
        flx_error error = {0};
        assert_int(flx_fit_all(backend, tasks, 6, results[i], NULL, &error), FLX_OK);
        flx_backend_close(backend);
    }
    for (int t = 0; t < 6; t++) {
        assert_int(results[0][t].has_failed, t == 2);
        assert_true(t == 2 ||
                    memcmp(results[0][t].predictor.parameters,
                           results[1][t].predictor.parameters, 5 * sizeof(double)) == 0);
        flx_fit_result_clear(&results[0][t]);
        flx_fit_result_clear(&results[1][t]);
    }
}

CU_TestInfo ridge_regressor_tests[] = {
    {"eigenvectors by hand and of any matrix", eigenvectors_by_hand_and_of_any_matrix},
    {"works by hand", works_by_hand},
    {"left out rows are those of refits", left_out_rows_are_those_of_refits},
    {"the penalty follows the noise", the_penalty_follows_the_noise},
    {"a kind predicts what it was taught", a_kind_predicts_what_it_was_taught},
    {"a file restores it bit for bit", a_file_restores_it_bit_for_bit},
    {"odd tasks are answered", odd_tasks_are_answered},
    {"what cannot be fitted says why", what_cannot_be_fitted_says_why},
    {"threads change nothing", threads_change_nothing},
    CU_TEST_INFO_NULL,
};
