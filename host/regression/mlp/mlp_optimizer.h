/* SPDX-License-Identifier: MIT
 * One network in training: its minibatches and the steps of its weights. Inside
 * mlp_training.c and mlp_step.c. */
#ifndef FLX_MLP_OPTIMIZER_H
#define FLX_MLP_OPTIMIZER_H

#include "host/regression/mlp/mlp_training.h"

typedef struct {
    const flx_mlp_run *course;
    const flx_mlp_fold *fold;
    int number; /* of the course in its batch */
    uint32_t individual;
    double *weights, *gradient; /* (weights of the shape) */
    double *mean, *square;      /* running moments of the gradient; mean: the velocity */
    double *X, *y;              /* (batch, d), (batch) the minibatch */
    double *work;               /* of a pass, of the minibatch or of the rows left out */
    int *order;                 /* (n) the rows of this epoch */
} flx_mlp_member;

/* Minibatches of an epoch over n rows, and rows of the largest of them. */
int flx_mlp_batches(int n);
int flx_mlp_batch_rows(int n);

/* The minibatch of a step (from 0 on) as a pass. */
flx_mlp_pass flx_mlp_gather(const flx_mlp_member *learner, int step);
/* Writes d loss / d answer of the minibatch's mean square, halved. */
void flx_mlp_compare(const flx_mlp_member *learner, const flx_mlp_pass *pass);
/* Moves the weights; `age`: steps since the moments were 0. */
void flx_mlp_move(const flx_mlp_member *learner, double rate, int age);
#endif
