/* SPDX-License-Identifier: MIT
 * The state of a run in training: its networks, its rate, its early stopping. Inside the
 * library. */
#ifndef FLX_MLP_RUN_H
#define FLX_MLP_RUN_H

#include "host/regression/mlp/mlp_optimizer.h"

typedef struct {
    flx_mlp_run *run;
    flx_mlp_learner *learners; /* (folds), borrowed */
    int check_interval;        /* steps from one validation to the next */
    int step, steps_at_rate, rate_drops;
    int checks;             /* since progress */
    double rate, reference; /* reference: the error that progress is measured by */
    bool is_done;
} flx_mlp_state;

/* Doubles of one network in training. */
size_t flx_mlp_count_learner(const flx_mlp_run *run, const flx_mlp_fold *fold);

/* Begins run `number`: draws its networks. Takes their memory from *memory (zeros) and
 * *orders (the training rows of every fold), and moves both on. */
void flx_mlp_run_start(flx_mlp_state *state, flx_mlp_run *run, int number,
                       flx_mlp_learner *learners, double **memory, int **orders);

/* Whether the run is to be validated before the next step. */
bool flx_mlp_is_check_due(const flx_mlp_state *state);
/* Takes the error of that validation. */
void flx_mlp_record_error(flx_mlp_state *state, double loss);
/* After a step: a run of given length ends with the weights it has. */
void flx_mlp_count_step(flx_mlp_state *state);

/* How many steps a run takes at most. */
int flx_mlp_max_steps(const flx_mlp_run *run);
#endif
