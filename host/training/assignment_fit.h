/* SPDX-License-Identifier: MIT
 * The one way from the rows of a learning assignment to its fitted model: the training
 * set is submitted as a task, a batch of tasks is fitted, results become models. Training
 * and refits go through it, so that the same rows give the same model. */
#ifndef FLX_ASSIGNMENT_FIT_H
#define FLX_ASSIGNMENT_FIT_H

#include "host/regression.h"
#include "host/training/training_set.h"

/* Fewer rows say nothing of a function; with more, the covariance matrix of a Gaussian
 * process takes 2 GB and each of some hundred factorizations half a minute. */
enum { FLX_MIN_ROWS = 5, FLX_MAX_ROWS = 16384 };

typedef enum {
    FLX_FIT_FEW_ROWS,        /* these three: a constant, nothing is fitted */
    FLX_FIT_CONSTANT_OUTPUT, /* which a constant predicts exactly */
    FLX_FIT_NO_INPUT,        /* none varies */
    FLX_FIT_SUBMITTED        /* there is a task */
} flx_fit_outcome;

/* One assignment on its way. All zero but assignment, set and the period of the model;
 * clear it in every case. Must not move between submit and run. */
typedef struct {
    const flx_graph_assignment *assignment; /* borrowed */
    flx_training_set set;
    flx_hosted_model model; /* what comes of it */
    flx_fit_outcome outcome;
    bool *is_dropped;    /* (inputs) missing in more than half of the rows */
    double *X;           /* (set.n, features) */
    const char **labels; /* (inputs) borrowed from the assignment */
    flx_fit_task task;
    flx_fit_result result; /* its predictor has moved into the model */
} flx_assignment_fit;

/* How models are fitted, beyond what the view says. All zero: the defaults. */
typedef struct {
    int starts;                /* of a Gaussian process; 0: as many as it asks for */
    const flx_predictor *warm; /* fitted to more rows: its optimum is the only start where
                                  it has the same shape; NULL: none */
    uint64_t seed;             /* of kinds that draw random numbers */
    bool wants_residuals;      /* of kinds that are not Gaussian processes:
                                  host/regression/fit_task.h */
} flx_assignment_fit_options;

/* Learns the features of the model and fills the task, or makes the model a constant and
 * says why in `outcome`. FLX_BAD_INPUT: more than FLX_MAX_ROWS rows for a Gaussian
 * process. */
flx_status flx_assignment_fit_submit(flx_assignment_fit *fit,
                                     const flx_training_view *view,
                                     const flx_assignment_fit_options *options,
                                     flx_error *error);

/* What fits cost. */
typedef struct {
    int fits;       /* cache hits included */
    int cache_hits; /* found in the repository: no work */
    long evaluations;
    double wall_s;
} flx_training_report;

/* Fits those that were submitted as one batch and makes models of the results: a failed
 * fit leaves a constant, and its result says why. Adds to the report. `options` may be
 * NULL. */
flx_status flx_assignment_fits_run(flx_assignment_fit *const *fits, int count,
                                   flx_backend *backend, const flx_fit_options *options,
                                   flx_training_report *report, flx_error *error);

void flx_assignment_fit_clear(flx_assignment_fit *fit);
#endif
