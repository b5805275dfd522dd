/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_optimizer.h"

#include "kernels/formulas/philox.h"

#include <math.h>
#include <string.h>

enum { ORDER_STREAM = 0x4d4c504f /* "MLPO" */ };

/* The noise of small minibatches keeps networks from learning tens of rows by heart (on
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

static void shuffle(const flx_mlp_member *l, int epoch)
{
    for (int i = 0; i < l->fold->n; i++)
        l->order[i] = i;
    for (int i = l->fold->n - 1; i > 0; i--) {
        int j = flx_below(l->course->seed, ORDER_STREAM, l->individual, (uint32_t)epoch,
                          (uint32_t)i, i + 1);
        int moved = l->order[i];
        l->order[i] = l->order[j];
        l->order[j] = moved;
    }
}

flx_mlp_pass flx_mlp_gather(const flx_mlp_member *l, int step)
{
    int n = l->fold->n, batches = flx_mlp_batches(n), rows = flx_mlp_batch_rows(n);
    int batch = step % batches, first = batch * rows;
    size_t d = (size_t)l->course->trial.shape.size[0];
    flx_mlp_pass pass = {.shape = &l->course->trial.shape,
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

void flx_mlp_compare(const flx_mlp_member *l, const flx_mlp_pass *pass)
{
    const double *answers = flx_mlp_predictions(pass);
    double *slopes = flx_mlp_input_gradients(pass);
    for (int i = 0; i < pass->m; i++)
        slopes[i] = (answers[i] - l->y[i]) / pass->m;
}

static void move_by_adam(const flx_mlp_member *l, size_t count, double rate, int age)
{
    const double b1 = 0.9, b2 = 0.999, tiny = 1e-8, decay = rate * l->course->trial.decay;
    double c1 = rate / (1 - pow(b1, age + 1)), c2 = 1 / (1 - pow(b2, age + 1));
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

static void move_by_descent(const flx_mlp_member *l, size_t count, double rate)
{
    const double momentum = 0.9, decay = rate * l->course->trial.decay;
    double *restrict w = l->weights, *restrict velocity = l->mean;
    const double *restrict gradient = l->gradient;
    for (size_t i = 0; i < count; i++) {
        double push = rate * gradient[i];
        velocity[i] = momentum * velocity[i] - push;
        w[i] += momentum * velocity[i] - push - decay * w[i];
    }
}

void flx_mlp_move(const flx_mlp_member *l, double rate, int age)
{
    size_t count = flx_mlp_count_weights(&l->course->trial.shape);
    if (l->course->trial.optimizer == FLX_MLP_ADAM)
        move_by_adam(l, count, rate, age);
    else
        move_by_descent(l, count, rate);
}
