/* SPDX-License-Identifier: MIT
 * The searches of a batch of fits: one L-BFGS state for every (task, start), laid out in
 * memory before the first evaluation, begun one after another as a task needs them.
 * Inside the library: the loop over them is host/fit.c. */
#ifndef FLX_FIT_PLAN_H
#define FLX_FIT_PLAN_H

#include "host/fit.h"
#include "host/lbfgs.h"

#include <stddef.h>

/* One (task, start): where its search stands. */
typedef struct {
    int task;
    flx_lbfgs search;
    double jitter;
    bool is_live;
} flx_fit_search;

typedef struct {
    const flx_fit_task *tasks;
    flx_fit_result *results;
    int n_tasks, n_states;
    flx_gp_description *descriptions; /* (n_tasks) */
    flx_gp_problem *problems;         /* (n_tasks); failed tasks hold a dummy point */
    int *first_state;                 /* (n_tasks + 1) */
    int *running;                     /* (n_tasks) live states */
    bool *is_extended;                /* (n_tasks) probes and scattered starts are out */
    flx_fit_search *states;
    flx_gp_evaluation *evaluations; /* (n_states) */
    int *live;                      /* (n_states) */
    double *memory;                 /* targets, boxes, searches, gradients */
    size_t used;
    double reported; /* progress so far: new starts do not lower it */
} flx_fit_plan;

/* Room and first starts for all tasks; a task that cannot be fitted is marked so in its
 * result. */
flx_status flx_fit_plan_create(const flx_fit_task *tasks, int count,
                               flx_fit_result *results, flx_fit_plan *plan,
                               flx_error *error);
void flx_fit_plan_release(flx_fit_plan *plan);

/* Begins what tasks without a running search still need, fills plan->live and returns how
 * many searches wait for an evaluation. */
int flx_fit_plan_collect(flx_fit_plan *plan);

/* The task's best search so far, -1 where none has a value; its objective and the second
 * best one. */
int flx_fit_plan_best(const flx_fit_plan *plan, int t, double *best, double *second);

void flx_fit_fail(flx_fit_result *result, const char *why);

/* Fits tasks that are all Gaussian processes; results are zeroed by the caller. */
flx_status flx_fit_gps(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error);
#endif
