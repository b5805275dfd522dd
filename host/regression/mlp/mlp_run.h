/* SPDX-License-Identifier: MIT
 * Where a course stands: its networks, its rate, and when it ends. Inside
 * mlp_training.c and mlp_course.c. */
#ifndef FLX_MLP_RUN_H
#define FLX_MLP_RUN_H

#include "host/regression/mlp/mlp_optimizer.h"

typedef struct {
    flx_mlp_run *course;
    flx_mlp_member *learners;                  /* (folds), borrowed */
    int steps_a_look, step, age, falls, looks; /* looks since progress */
    double rate, reference;                    /* error that progress is measured by */
    bool is_done;
} flx_mlp_state;

/* Doubles of one network in training. */
size_t flx_mlp_count_member(const flx_mlp_run *course, const flx_mlp_fold *fold);

/* Begins course `number`: draws its networks. Takes their room from *memory (zeros) and
 * *orders (the rows taught of every fold), and moves both on. */
void flx_mlp_run_start(flx_mlp_state *state, flx_mlp_run *course, int number,
                       flx_mlp_member *learners, double **memory, int **orders);

/* Whether the rows left out are to be looked at before the next step. */
bool flx_mlp_is_due(const flx_mlp_state *state);
/* Takes the error at that look. */
void flx_mlp_report_error(flx_mlp_state *state, double loss);
/* After a step: a course of given length ends with the weights it has. */
void flx_mlp_count_step(flx_mlp_state *state);

/* How many steps a course takes at most. */
int flx_mlp_max_steps(const flx_mlp_run *course);
#endif
