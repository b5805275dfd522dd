/* SPDX-License-Identifier: MIT
 * Perceptrons against a hand-worked one, finite differences, and themselves row by row.
 */
#include "host/regression/mlp/mlp_network.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

enum { NETWORKS = 4, ROWS = 23, MOST_WEIGHTS = 400, MOST_WORK = 2000 };

static const flx_mlp_shape shapes[NETWORKS] = {
    {FLX_MLP_TANH, 1, {5, 1}},
    {FLX_MLP_TANH, 3, {5, 7, 4, 1}},
    {FLX_MLP_RELU, 2, {3, 9, 1}},
    {FLX_MLP_RELU, 4, {2, 6, 5, 3, 1}},
};
static double X[ROWS * 5], y[ROWS];
static double weights[NETWORKS][MOST_WEIGHTS], gradients[NETWORKS][MOST_WEIGHTS];
static double work[NETWORKS][MOST_WORK];
static flx_mlp_pass passes[NETWORKS];
static flx_product products[2 * NETWORKS];

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

/* Networks whose last layer and biases are not 0 either. */
static void fill(void)
{
    for (uint32_t i = 0; i < ROWS * 5; i++)
        X[i] = flx_normal(31, 1, i, 0, 0);
    for (uint32_t i = 0; i < ROWS; i++)
        y[i] = flx_normal(31, 2, i, 0, 0);
    for (uint32_t b = 0; b < NETWORKS; b++) {
        size_t count = flx_mlp_count_weights(&shapes[b]);
        assert_true(count <= MOST_WEIGHTS);
        assert_true(flx_mlp_count_work(&shapes[b], ROWS) <= MOST_WORK);
        for (uint32_t i = 0; i < count; i++)
            weights[b][i] = 0.7 * flx_normal(31, 3, i, b, 0);
        passes[b] =
            (flx_mlp_pass){&shapes[b], weights[b], ROWS, X, work[b], gradients[b]};
    }
}

/* sum (answer - y)^2 / 2 of every network, with gradients where wanted. */
static void evaluate(flx_backend *backend, double *losses, bool wants_gradients)
{
    flx_error error = {0};
    assert_int(flx_mlp_forward(backend, passes, NETWORKS, products, &error), FLX_OK);
    for (int b = 0; b < NETWORKS; b++) {
        const double *answers = flx_mlp_predictions(&passes[b]);
        losses[b] = 0;
        for (int i = 0; i < ROWS; i++) {
            double miss = answers[i] - y[i];
            losses[b] += miss * miss / 2;
            flx_mlp_output_gradients(&passes[b])[i] = miss;
        }
    }
    if (wants_gradients)
        assert_int(flx_mlp_backward(backend, passes, NETWORKS, products, &error), FLX_OK);
}

static void gradients_are_those_of_differences(void)
{
    flx_backend *backend = open_cpu(2);
    double losses[NETWORKS], above[NETWORKS], below[NETWORKS];
    const double step = 1e-5;
    fill();
    evaluate(backend, losses, true);
    for (int i = 0; i < MOST_WEIGHTS; i++) {
        for (int b = 0; b < NETWORKS; b++)
            weights[b][i] += step;
        evaluate(backend, above, false);
        for (int b = 0; b < NETWORKS; b++)
            weights[b][i] -= 2 * step;
        evaluate(backend, below, false);
        for (int b = 0; b < NETWORKS; b++) {
            weights[b][i] += step;
            if ((size_t)i < flx_mlp_count_weights(&shapes[b])) /* losses: some 100 */
                assert_close(gradients[b][i], (above[b] - below[b]) / (2 * step), 1e-6,
                             1e-6);
        }
    }
    flx_backend_close(backend);
}

static void works_by_hand(void)
{
    /* x = (1, 2); hidden sums 1*1 + 2*(-1) + 0.5 = -0.5 and 1*2 + 2*1 - 1 = 3; relu: 0,
     * 3; answer 4 * 0 + 5 * 3 + 6 = 21; slopes 5 * (2, 1) */
    flx_mlp_shape shape = {FLX_MLP_RELU, 2, {2, 2, 1}};
    double w[] = {1, 2, -1, 1, 0.5, -1, 4, 5, 6}, x[] = {1, 2}, scratch[8];
    double slopes[] = {0, 0}, last = 0;
    assert_int((long)flx_mlp_count_weights(&shape), 9);
    assert_int((long)flx_mlp_count_work(&shape, 1), 6);
    assert_close(flx_mlp_predict_row(&shape, w, x, scratch, 2, slopes), 21, 0, 0);
    assert_close(slopes[0], 10, 0, 0);
    assert_close(slopes[1], 5, 0, 0);
    flx_mlp_predict_row(&shape, w, x, scratch, 1, &last);
    assert_close(last, 5, 0, 0);
    shape.activation = FLX_MLP_TANH;
    assert_close(flx_mlp_predict_row(&shape, w, x, scratch, 0, NULL),
                 4 * tanh(-0.5) + 5 * tanh(3) + 6, 1e-15, 0);
}

static void one_row_answers_as_the_batch(void)
{
    flx_backend *backend = open_cpu(1);
    double losses[NETWORKS], scratch[MOST_WORK];
    fill();
    evaluate(backend, losses, false);
    for (int b = 0; b < NETWORKS; b++) {
        int d = shapes[b].size[0];
        for (int i = 0; i < ROWS; i++) {
            double slopes[5] = {0}, x[5];
            memcpy(x, X + i * d, (size_t)d * sizeof *x);
            double answer =
                flx_mlp_predict_row(&shapes[b], weights[b], x, scratch, d, slopes);
            assert_close(answer, flx_mlp_predictions(&passes[b])[i], 1e-12, 1e-13);
            for (int k = 0; k < d; k++) {
                const double step = 1e-5;
                x[k] += step;
                double above =
                    flx_mlp_predict_row(&shapes[b], weights[b], x, scratch, 0, NULL);
                x[k] -= 2 * step;
                double below =
                    flx_mlp_predict_row(&shapes[b], weights[b], x, scratch, 0, NULL);
                x[k] += step;
                assert_close(slopes[k], (above - below) / (2 * step), 1e-6, 1e-6);
            }
        }
    }
    flx_backend_close(backend);
}

static void threads_and_neighbours_change_nothing(void)
{
    static double kept[NETWORKS][MOST_WEIGHTS];
    double losses[2][NETWORKS];
    fill();
    for (int run = 0; run < 2; run++) {
        flx_backend *backend = open_cpu(run ? 3 : 1);
        evaluate(backend, losses[run], true);
        if (run == 0)
            memcpy(kept, gradients, sizeof kept);
        flx_backend_close(backend);
    }
    assert_int(memcmp(losses[0], losses[1], sizeof losses[0]), 0);
    assert_int(memcmp(kept, gradients, sizeof kept), 0);
    flx_backend *backend = open_cpu(1);
    flx_error error = {0};
    assert_int(flx_mlp_forward(backend, passes + 3, 1, products, &error), FLX_OK);
    for (int i = 0; i < ROWS; i++)
        flx_mlp_output_gradients(&passes[3])[i] =
            flx_mlp_predictions(&passes[3])[i] - y[i];
    assert_int(flx_mlp_backward(backend, passes + 3, 1, products, &error), FLX_OK);
    assert_int(memcmp(kept[3], gradients[3], sizeof kept[3]), 0);
    flx_backend_close(backend);
}

/* Uniform within sqrt(6 / (in + out)): variance 2 / (in + out). */
static void drawn_weights_have_their_variance(void)
{
    static double w[101 * 200 + 201];
    flx_mlp_shape shape = {FLX_MLP_TANH, 2, {100, 200, 1}};
    double square = 0, x[100], scratch[1000];
    flx_mlp_draw(&shape, 5, 1, w);
    for (int i = 0; i < 20000; i++)
        square += w[i] * w[i] / 20000;
    assert_close(square, 2.0 / 300, 0.05, 0);
    for (int k = 0; k < 100; k++)
        x[k] = k;
    assert_close(flx_mlp_predict_row(&shape, w, x, scratch, 0, NULL), 0, 0, 0);
    double first = w[0];
    flx_mlp_draw(&shape, 5, 2, w);
    assert_true(w[0] != first);
    flx_mlp_draw(&shape, 5, 1, w);
    assert_close(w[0], first, 0, 0);
}

CU_TestInfo mlp_network_tests[] = {
    {"works by hand", works_by_hand},
    {"gradients are those of differences", gradients_are_those_of_differences},
    {"one row answers as the batch", one_row_answers_as_the_batch},
    {"threads and neighbours change nothing", threads_and_neighbours_change_nothing},
    {"drawn weights have their variance", drawn_weights_have_their_variance},
    CU_TEST_INFO_NULL,
};
