/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_optimizer.h"

#include "kernels/formulas/philox.h"

#include <math.h>
#include <string.h>

enum { ORDER_STREAM = 0x4d4c504f /* "MLPO" */ };

/* The noise of small minibatches keeps networks from overfitting tens of rows (on
 * measured runs, 50 and 100 of them: 8 rows predict 5 % better than 64); hundreds of rows
 * need no more steps an epoch. */
enum { FEWEST_ROWS = 8, MOST_ROWS = 64, BATCHES = 8 };

int flx_mlp_batches(int n)
{
    int rows = n / BATCHES < FEWEST_ROWS ? FEWEST_ROWS
               : n / BATCHES > MOST_ROWS ? MOST_ROWS
                                         : n / BATCHES;
    return (n + rows - 1) / rows;
}

int flx_mlp_batch_rows(int n)
{
    int batches = flx_mlp_batches(n);
    return (n + batches - 1) / batches;
}

static void shuffle(const flx_mlp_learner *l, int epoch)
{
    for (int i = 0; i < l->fold->n; i++)
        l->order[i] = i;
    for (int i = l->fold->n - 1; i > 0; i--) {
        int j = flx_below(l->run->seed, ORDER_STREAM, l->individual, (uint32_t)epoch,
                          (uint32_t)i, i + 1);
        int moved = l->order[i];
        l->order[i] = l->order[j];
        l->order[j] = moved;
    }
}

flx_mlp_pass flx_mlp_gather_batch(const flx_mlp_learner *l, int step)
{
    int n = l->fold->n, batches = flx_mlp_batches(n), rows = flx_mlp_batch_rows(n);
    int batch = step % batches, first = batch * rows;
    size_t d = (size_t)l->run->config.shape.size[0];
    flx_mlp_pass pass = {.shape = &l->run->config.shape,
                         .weights = l->weights,
                         .m = n - first < rows ? n - first : rows,
                         .X = l->X,
                         .work = l->work,
                         .gradient = l->gradient};
    if (batch == 0 && batches > 1)
        shuffle(l, step / batches);
    for (int i = 0; i < pass.m; i++) {
        size_t row = (size_t)(batches > 1 ? l->order[first + i] : i);
        memcpy(l->X + (size_t)i * d, l->fold->X + row * d, d * sizeof(double));
        l->y[i] = l->fold->y[row];
    }
    return pass;
}

void flx_mlp_differentiate_loss(const flx_mlp_learner *l, const flx_mlp_pass *pass)
{
    const double *predictions = flx_mlp_predictions(pass);
    double *gradients = flx_mlp_output_gradients(pass);
    for (int i = 0; i < pass->m; i++)
        gradients[i] = (predictions[i] - l->y[i]) / pass->m;
}

static void step_by_adam(const flx_mlp_learner *l, size_t count, double rate, int steps)
{
    const double b1 = 0.9, b2 = 0.999, tiny = 1e-8, decay = rate * l->run->config.decay;
    double c1 = rate / (1 - pow(b1, steps + 1)), c2 = 1 / (1 - pow(b2, steps + 1));
    double *restrict w = l->weights, *restrict mean = l->mean,
                     *restrict square = l->square;
    const double *restrict gradient = l->gradient;
    for (size_t i = 0; i < count; i++) {
        double g = gradient[i];
        mean[i] = b1 * mean[i] + (1 - b1) * g;
        square[i] = b2 * square[i] + (1 - b2) * g * g;
        w[i] -= c1 * mean[i] / (sqrt(c2 * square[i]) + tiny) + decay * w[i];
    }
}

static void step_by_descent(const flx_mlp_learner *l, size_t count, double rate)
{
    const double momentum = 0.9, decay = rate * l->run->config.decay;
    double *restrict w = l->weights, *restrict velocity = l->mean;
    const double *restrict gradient = l->gradient;
    for (size_t i = 0; i < count; i++) {
        double push = rate * gradient[i];
        velocity[i] = momentum * velocity[i] - push;
        w[i] += momentum * velocity[i] - push - decay * w[i];
    }
}

void flx_mlp_step(const flx_mlp_learner *l, double rate, int steps)
{
    size_t count = flx_mlp_count_weights(&l->run->config.shape);
    if (l->run->config.optimizer == FLX_MLP_ADAM)
        step_by_adam(l, count, rate, steps);
    else
        step_by_descent(l, count, rate);
}
