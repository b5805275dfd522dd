/* SPDX-License-Identifier: MIT
 * One network in training: its minibatches and the steps of its weights. Inside the
 * library. */
#ifndef FLX_MLP_OPTIMIZER_H
#define FLX_MLP_OPTIMIZER_H

#include "host/regression/mlp/mlp_training.h"

typedef struct {
    const flx_mlp_run *run;
    const flx_mlp_fold *fold;
    int number; /* of the run in its batch */
    uint32_t individual;
    double *weights, *gradient; /* (weights of the shape) */
    double *mean, *square;      /* running moments of the gradient; mean: the velocity */
    double *X, *y;              /* (batch, d), (batch) the minibatch */
    double *work;               /* of a pass, of the minibatch or of the rows left out */
    int *order;                 /* (n) the rows of this epoch */
} flx_mlp_learner;

/* Minibatches of an epoch over n rows, and rows of the largest of them. */
int flx_mlp_batches(int n);
int flx_mlp_batch_rows(int n);

/* The minibatch of a step (from 0 on) as a pass. */
flx_mlp_pass flx_mlp_gather_batch(const flx_mlp_learner *learner, int step);
/* Writes the output gradients of half the mean squared error of the minibatch. */
void flx_mlp_differentiate_loss(const flx_mlp_learner *learner, const flx_mlp_pass *pass);
/* One step of the weights; `steps`: since the moments were 0. */
void flx_mlp_step(const flx_mlp_learner *learner, double rate, int steps);
#endif
