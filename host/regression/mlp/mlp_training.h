/* SPDX-License-Identifier: MIT
 * Training of perceptrons by minibatches: Adam (Kingma & Ba 2015, weight decay decoupled
 * as by Loshchilov & Hutter 2019) or stochastic descent with Nesterov's momentum. Any
 * number of networks advance together, one step of all of them being one batch of
 * products a layer; one that has ended drops out. Inside the library.
 *
 * Early stopping: the folds of a run step together and are validated together, on the
 * rows each leaves out. Where that error has not fallen for a while the rate drops, from
 * the best weights on, and after the second time the run ends. So the error at the end
 * was picked once from a curve over all rows, not once a fold, and is honest but for
 * that. */
#ifndef FLX_MLP_TRAINING_H
#define FLX_MLP_TRAINING_H

#include "formats/progress.h"
#include "host/regression/mlp/mlp_network.h"

typedef enum { FLX_MLP_ADAM, FLX_MLP_SGD } flx_mlp_optimizer;

/* Hyper-parameters. */
typedef struct {
    flx_mlp_shape shape;
    flx_mlp_optimizer optimizer;
    double rate;  /* the first one */
    double decay; /* of every weight, each step by rate * decay of itself */
} flx_mlp_config;

/* Training rows and those left out; inputs and targets of unit variance. Borrowed. */
typedef struct {
    int n, m;
    const double *X, *y;           /* (n, d), (n) */
    const double *test_X, *test_y; /* (m, d), (m) */
} flx_mlp_fold;

/* One configuration on all folds. */
typedef struct {
    flx_mlp_config config;
    int folds;
    const flx_mlp_fold *fold; /* (folds) */
    uint64_t seed;
    uint32_t individual; /* of the random numbers, with the number of the fold */
    int steps;           /* 0: as the error asks for; else so many, without validation */
    double *weights;     /* (folds, flx_mlp_count_weights) out, the caller's: at the least
                            error */
    double loss;         /* out: mean square of the errors on the rows left out */
    int best_step, taken_steps; /* out */
} flx_mlp_run;

/* Doubles of memory that the training of a run takes, its weights included. */
size_t flx_mlp_count_memory(const flx_mlp_run *run);

/* Trains all runs. A run whose error ceases to be a number ends with the best it had, at
 * worst the untrained network, which predicts 0. FLX_NO_MEMORY, or what the backend says.
 */
flx_status flx_mlp_train(flx_backend *backend, flx_mlp_run *runs, int count,
                         const flx_progress *progress, flx_error *error);
#endif
