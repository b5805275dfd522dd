/* SPDX-License-Identifier: MIT
 * The searches of a batch of fits: one L-BFGS state for every (task, start), laid out in
 * memory before the first evaluation, begun one after another as a task needs them.
 * Inside the library: the loop over them is host/regression/gp_regressor.c. */
#ifndef FLX_GP_MULTISTART_H
#define FLX_GP_MULTISTART_H

#include "host/optimization.h"
#include "host/regression/regressor.h"

#include <stddef.h>
#include <time.h>

/* One (task, start): where its search stands. */
typedef struct {
    int task;
    flx_lbfgs search;
    double jitter;
    bool is_live;
} flx_fit_search;

typedef struct {
    const flx_fit_task *const *tasks;
    flx_fit_result *const *results;
    int n_tasks, n_states;
    flx_gp_description *descriptions; /* (n_tasks) */
    flx_gp_problem *problems;         /* (n_tasks); failed tasks hold a dummy point */
    int *first_state;                 /* (n_tasks + 1) */
    int *running;                     /* (n_tasks) live states */
    bool *is_extended;                /* (n_tasks) probes and scattered starts are out */
    bool *is_finished;                /* (n_tasks) the result is whole, or has failed */
    flx_fit_search *states;
    flx_gp_evaluation *evaluations; /* (n_states) */
    int *live;                      /* (n_states) */
    double *memory;                 /* targets, boxes, searches, gradients */
    size_t used;
    double reported;   /* progress so far: new starts do not lower it */
    time_t finished_s; /* when tasks were last finished, on the monotonic clock */
} flx_gp_multistart;

/* Room and first starts for all tasks; a task that cannot be fitted is marked so in its
 * result. */
flx_status flx_gp_multistart_create(const flx_fit_task *const *tasks, int count,
                                    flx_fit_result *const *results,
                                    flx_gp_multistart *fits, flx_error *error);
void flx_gp_multistart_release(flx_gp_multistart *fits);

/* Begins what tasks without a running search still need, fills fits->live and returns how
 * many searches wait for an evaluation. */
int flx_gp_multistart_collect(flx_gp_multistart *fits);

/* The task's best search so far, -1 where none has a value; its objective and the second
 * best one. */
int flx_gp_multistart_best(const flx_gp_multistart *fits, int t, double *best,
                           double *second);

/* host/regression/gp_fit_result.c: fills the results of tasks whose searches have all
 * ended, and tells of them. Before the end (`is_last` false) it waits until that is worth
 * a batch. */
flx_status flx_gp_fit_store_result(flx_backend *backend, flx_gp_multistart *fits,
                                   const flx_fit_observer *observer, bool is_last,
                                   flx_error *error);
#endif
