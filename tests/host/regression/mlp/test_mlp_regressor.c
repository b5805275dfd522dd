/* SPDX-License-Identifier: MIT
 * Training of perceptrons, and the kind of model made of them. */
#include "host/regression/fit_queue.h"

#include "host/regression/mlp/mlp_cross_validation.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/predict_rows.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40, D = 3 };

static double X[N * D], y[N];

/* y = 100 + 30 sin(3 x_0) + 10 x_1 of inputs that are far from 0; x_2 is constant. */
static void fill(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t k = 0; k < D; k++)
            X[i * D + k] = k == 2 ? 7 : 5 + 2 * flx_uniform(41, 1, i, k, 0);
        y[i] = 100 + 30 * sin(3 * X[i * D]) + 10 * X[i * D + 1];
    }
}

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

static flx_fit_task make_task(int n, int d)
{
    return (flx_fit_task){.name = "a",
                          .n = n,
                          .d = d,
                          .X = X,
                          .y = y,
                          .kind = FLX_PREDICTOR_MLP,
                          .seed = 3,
                          .wants_residuals = true};
}

static flx_fit_result fit_one(flx_backend *backend, const flx_fit_task *task)
{
    flx_fit_result result;
    flx_error error = {0};
    assert_int(flx_fit_all(backend, task, 1, &result, NULL, &error), FLX_OK);
    return result;
}

/* A wave of one input, standardized well enough; every other row is left out. */
enum { ROWS = 24 };
typedef struct {
    double X[2][ROWS], y[2][ROWS];
    flx_mlp_fold fold;
} wave;

static void make_wave(wave *p)
{
    for (int i = 0; i < ROWS; i++)
        for (int part = 0; part < 2; part++) {
            double x = -1.5 + 3.0 * (2 * i + part) / (2 * ROWS - 1);
            p->X[part][i] = x;
            p->y[part][i] = 1.4 * sin(2 * x) + 0.3;
        }
    p->fold = (flx_mlp_fold){ROWS, ROWS, p->X[0], p->y[0], p->X[1], p->y[1]};
}

static const flx_mlp_shape small_shape = {FLX_MLP_TANH, 2, {1, 16, 1}};

static flx_mlp_run make_run(const wave *p, flx_mlp_optimizer optimizer, double rate,
                            double *weights)
{
    return (flx_mlp_run){.config = {small_shape, optimizer, rate, 0.001},
                         .folds = 1,
                         .fold = &p->fold,
                         .seed = 1,
                         .weights = weights};
}

static void train(flx_mlp_run *runs, int count, int threads)
{
    flx_backend *backend = open_cpu(threads);
    flx_error error = {0};
    assert_int(flx_mlp_train(backend, runs, count, NULL, &error), FLX_OK);
    flx_backend_close(backend);
}

/* The error on the rows left out is that of the weights that are handed back. */
static void both_optimizers_learn_a_curve(void)
{
    wave p;
    double weights[2][49], scratch[64];
    make_wave(&p);
    flx_mlp_run runs[] = {make_run(&p, FLX_MLP_ADAM, 0.01, weights[0]),
                          make_run(&p, FLX_MLP_SGD, 0.05, weights[1])};
    train(runs, 2, 2);
    for (int c = 0; c < 2; c++) {
        double square = 0;
        for (int i = 0; i < ROWS; i++) {
            double answer = flx_mlp_predict_row(&small_shape, weights[c], &p.X[1][i],
                                                scratch, 0, NULL);
            square += pow(answer - p.y[1][i], 2) / ROWS;
        }
        assert_close(runs[c].loss, square, 1e-9, 0);
        assert_true(runs[c].loss < 0.01); /* of a variance of 1 */
        assert_true(runs[c].best_step > 0 && runs[c].best_step <= runs[c].taken_steps);
    }
}

/* Whoever diverges keeps the best it had, and its neighbour does not notice. */
static void a_run_that_diverges_spoils_only_itself(void)
{
    wave p;
    double weights[3][49];
    make_wave(&p);
    flx_mlp_run alone = make_run(&p, FLX_MLP_ADAM, 0.01, weights[0]);
    train(&alone, 1, 1);
    flx_mlp_run runs[] = {make_run(&p, FLX_MLP_SGD, 1e6, weights[1]),
                          make_run(&p, FLX_MLP_ADAM, 0.01, weights[2])};
    runs[0].config.shape.activation = FLX_MLP_RELU;
    train(runs, 2, 1);
    assert_true(isfinite(runs[0].loss) && runs[0].loss < 2);
    for (int i = 0; i < 49; i++)
        assert_true(isfinite(weights[1][i]));
    assert_int(memcmp(weights[0], weights[2], sizeof weights[0]), 0);
    assert_int(alone.taken_steps, runs[1].taken_steps);
}

static void a_run_of_given_length_takes_it(void)
{
    wave p;
    double weights[2][49];
    make_wave(&p);
    flx_mlp_run runs[] = {make_run(&p, FLX_MLP_ADAM, 0.01, weights[0]),
                          make_run(&p, FLX_MLP_ADAM, 0.01, weights[1])};
    runs[0].steps = 1;
    runs[1].steps = 7;
    train(runs, 2, 1);
    assert_int(runs[0].taken_steps, 1);
    assert_int(runs[1].taken_steps, 7);
    /* Adam's first step is the rate in the sign of the gradient; the last layer was 0 and
     * its bias's gradient is minus the mean of the batch. */
    assert_close(fabs(weights[0][48]), 0.01, 1e-6, 0);
}

static void configurations_stay_in_their_ranges(void)
{
    flx_mlp_config configs[FLX_MLP_CONFIG_COUNT];
    for (uint64_t seed = 0; seed < 20; seed++) {
        flx_mlp_draw_configs(FLX_MLP_PAPER, 63, seed, configs);
        for (int t = 0; t < FLX_MLP_CONFIG_COUNT; t++) {
            const flx_mlp_shape *shape = &configs[t].shape;
            assert_true(shape->layers >= 4 && shape->layers <= 8);
            assert_int(shape->size[0], 63);
            assert_int(shape->size[shape->layers], 1);
            for (int l = 1; l < shape->layers; l++)
                assert_true(shape->size[l] >= 100 && shape->size[l] <= 2048);
            assert_true(configs[t].rate >= 0.001 && configs[t].rate <= 0.1);
            assert_int(configs[t].optimizer, FLX_MLP_SGD);
        }
        flx_mlp_draw_configs(FLX_MLP_SMALL, 63, seed, configs);
        int tanhs = 0;
        for (int t = 0; t < FLX_MLP_CONFIG_COUNT; t++) {
            assert_true(configs[t].shape.layers >= 2 && configs[t].shape.layers <= 4);
            assert_true(configs[t].shape.size[1] >= 16 &&
                        configs[t].shape.size[1] <= 128);
            tanhs += configs[t].shape.activation == FLX_MLP_TANH;
        }
        assert_true(tanhs > 0 && tanhs < FLX_MLP_CONFIG_COUNT);
    }
}

/* What training leaves predicts, and its slopes are those of differences. */
static void a_kind_predicts_what_it_was_fitted_to(void)
{
    flx_backend *backend = open_cpu(2);
    fill();
    flx_fit_task task = make_task(N, D);
    flx_fit_result result = fit_one(backend, &task);
    assert_true(!result.has_failed);
    assert_true(result.predictor.y_sd > 15);
    assert_true(result.predictor.loo_mae <
                0.5 * result.predictor.y_sd); /* the mean alone: 0.8 */
    flx_predictor p = {.kind = FLX_PREDICTOR_MLP,
                       .n_features = D,
                       .n_metrics = 2,
                       .parameters = result.predictor.parameters,
                       .n_parameters = result.predictor.n_parameters};
    double mean[N], slopes[N * 2], sum = 0, square = 0;
    flx_error error = {0};
    assert_int(predict_rows(&p, X, N, mean, slopes, &error), FLX_OK);
    for (int i = 0; i < N; i++) {
        double miss = result.loo_mean[i] - y[i];
        sum += fabs(result.predictor.y_mean + result.predictor.y_sd * mean[i] - y[i]) / N;
        square += miss * miss / N;
    }
    assert_true(sum < result.predictor.loo_mae); /* most networks were taught the row */
    assert_close(square, result.predictor.variance, 1e-10, 0);
    double x[D], above, below;
    memcpy(x, X, sizeof x);
    x[1] += 1e-6;
    assert_int(predict_rows(&p, x, 1, &above, NULL, &error), FLX_OK);
    x[1] -= 2e-6;
    assert_int(predict_rows(&p, x, 1, &below, NULL, &error), FLX_OK);
    assert_close(slopes[0], (above - below) / 2e-6, 1e-4, 1e-6);
    assert_close(slopes[1], 0, 0, 1e-15); /* of the constant input */
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
}

static void assert_same(const flx_fit_result *a, const flx_fit_result *b, int n)
{
    assert_int((long)a->predictor.n_parameters, (long)b->predictor.n_parameters);
    assert_true(a->predictor.n_parameters == b->predictor.n_parameters &&
                memcmp(a->predictor.parameters, b->predictor.parameters,
                       a->predictor.n_parameters * sizeof(double)) == 0);
    assert_int(memcmp(a->loo_mean, b->loo_mean, (size_t)n * sizeof(double)), 0);
    assert_int(a->predictor.evaluations, b->predictor.evaluations);
}

/* The same bits for any number of threads, alone and among others, also failing ones. */
static void threads_and_neighbours_change_nothing(void)
{
    enum { SMALL = 7 };
    flx_error error = {0};
    flx_fit_result results[3], alone;
    fill();
    flx_fit_task tasks[] = {make_task(SMALL, D), make_task(1, D),
                            make_task(SMALL + 3, D)};
    flx_backend *one = open_cpu(1), *three = open_cpu(3);
    alone = fit_one(one, &tasks[2]);
    assert_int(flx_fit_all(three, tasks, 3, results, NULL, &error), FLX_OK);
    assert_true(results[1].has_failed);
    assert_same(&results[2], &alone, SMALL + 3);
    flx_fit_result_clear(&alone);
    tasks[2].seed = 4;
    alone = fit_one(one, &tasks[2]);
    assert_true(alone.loo_mean[0] != results[2].loo_mean[0]);
    flx_fit_result_clear(&alone);
    for (int t = 0; t < 3; t++)
        flx_fit_result_clear(&results[t]);
    flx_backend_close(one);
    flx_backend_close(three);
}

/* To a file and back: the same bits, the same answer. One network, relu, 2 layers of 3, 2
 * and 1 units. */
static void a_file_restores_it_bit_for_bit(void)
{
    double weights[] = {1,       1,    2,       3,     2,    1,    0.1, -1 / 3.0, 1e-7,
                        2.0 / 7, -0.0, sqrt(2), 1e300, 0.25, 1e-9, 1,   1e-300};
    flx_error error = {0};
    flx_feature features[D] = {{0}};
    flx_predictor restored, p = {.kind = FLX_PREDICTOR_MLP,
                                 .n_inputs = D,
                                 .n_features = D,
                                 .features = features,
                                 .y_sd = 1,
                                 .parameters = weights,
                                 .n_parameters = 17};
    double x[] = {0.3, -0.2, 1.7}, before, after;
    scratch_begin();
    assert_int(flx_predictor_write(&p, scratch_path("p.h5"), &error), FLX_OK);
    assert_int(flx_predictor_read(scratch_path("p.h5"), &restored, &error), FLX_OK);
    assert_int((long)restored.n_parameters, 17);
    assert_int(memcmp(restored.parameters, weights, sizeof weights), 0);
    assert_int(predict_rows(&p, x, 1, &before, NULL, &error), FLX_OK);
    assert_int(predict_rows(&restored, x, 1, &after, NULL, &error), FLX_OK);
    assert_int(memcmp(&before, &after, sizeof before), 0);
    flx_predictor_clear(&restored);
    scratch_end();
}

static void parameters_that_are_no_networks_are_refused(void)
{
    /* one network, relu, 2 layers of 1, 2 and 1 units, 7 weights */
    double good[] = {1, 1, 2, 1, 2, 1, 1, 2, 0, 0, 3, 4, 5};
    static const struct {
        int at;
        double value;
    } faults[] = {{0, 0},  {0, 2}, {0, NAN}, {0, 0.5},      {1, 2},    {2, 9},
                  {2, -1}, {3, 2}, {4, 0},   {4, INFINITY}, {4, 1e12}, {5, 3}};
    flx_predictor p = {.kind = FLX_PREDICTOR_MLP,
                       .n_features = 1,
                       .parameters = good,
                       .n_parameters = 13};
    double x[] = {-1, 1}, mean[2];
    flx_error error = {0};
    assert_int(predict_rows(&p, x, 2, mean, NULL, &error), FLX_OK);
    assert_close(mean[0], 5, 0, 0);
    assert_close(mean[1], 16, 0, 0); /* 3 * 1 + 4 * 2 + 5 */
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        double kept = good[faults[f].at];
        good[faults[f].at] = faults[f].value;
        assert_int(predict_rows(&p, x, 1, mean, NULL, &error), FLX_BAD_INPUT);
        good[faults[f].at] = kept;
    }
    for (size_t length = 0; length < 13; length++) {
        p.n_parameters = length;
        assert_int(predict_rows(&p, x, 1, mean, NULL, &error), FLX_BAD_INPUT);
    }
    assert_contains(error.message, "network 0 of 1 does not fit");
}

static void odd_tasks_are_answered(void)
{
    flx_backend *backend = open_cpu(2);
    fill();
    flx_fit_task task = make_task(2, D);
    flx_fit_result result = fit_one(backend, &task);
    assert_true(!result.has_failed && isfinite(result.loo_mean[1]));
    flx_fit_result_clear(&result);
    for (int i = 0; i < N; i++)
        y[i] = 42.5;
    task = make_task(12, D);
    result = fit_one(backend, &task);
    assert_close(result.predictor.y_mean, 42.5, 1e-15, 0);
    assert_close(result.loo_mean[3], 42.5, 1e-15, 0);
    assert_close(result.predictor.variance, 0, 0, 1e-20);
    flx_fit_result_clear(&result);
    fill();
    for (int i = 0; i < N * D; i++) /* nothing to learn from: the mean, about */
        X[i] = 0.25;
    result = fit_one(backend, &task);
    assert_close(result.loo_mean[3], result.predictor.y_mean, 0, result.predictor.y_sd);
    flx_fit_result_clear(&result);
    flx_backend_close(backend);
}

static void what_cannot_be_fitted_says_why(void)
{
    static const char *const parts[] = {"fewer than 2 rows", "no inputs",
                                        "input 1 of row 2 is not finite",
                                        "the target of row 4 is not finite"};
    flx_backend *backend = open_cpu(1);
    fill();
    for (int i = 0; i < 4; i++) {
        flx_fit_task task = make_task(i == 0 ? 1 : N, i == 1 ? 0 : D);
        X[2 * D + 1] = i == 2 ? NAN : 5;
        y[4] = i == 3 ? INFINITY : 1;
        flx_fit_result result = fit_one(backend, &task);
        assert_true(result.has_failed);
        assert_contains(result.why, parts[i]);
        flx_fit_result_clear(&result);
    }
    flx_backend_close(backend);
}

CU_TestInfo mlp_regressor_tests[] = {
    {"both optimizers learn a curve", both_optimizers_learn_a_curve},
    {"a run that diverges spoils only itself", a_run_that_diverges_spoils_only_itself},
    {"a run of given length takes it", a_run_of_given_length_takes_it},
    {"configurations stay in their ranges", configurations_stay_in_their_ranges},
    {"a kind predicts what it was fitted to", a_kind_predicts_what_it_was_fitted_to},
    {"threads and neighbours change nothing", threads_and_neighbours_change_nothing},
    {"a file restores it bit for bit", a_file_restores_it_bit_for_bit},
    {"parameters that are no networks are refused",
     parameters_that_are_no_networks_are_refused},
    {"odd tasks are answered", odd_tasks_are_answered},
    {"what cannot be fitted says why", what_cannot_be_fitted_says_why},
    CU_TEST_INFO_NULL,
};
