/* SPDX-License-Identifier: MIT
 * The training of one model's learning assignments, cut into steps so that many models
 * (the members of an ensemble, their folds) share one batch of fits. Inside the library.
 *
 * An ordinary graph is taught in one round, on measured inputs. A skip-connected one is
 * taught level by level: its vertices learn from the leave-one-out predictions of the
 * vertices below, as they will be asked. */
#ifndef FLX_TRAINER_H
#define FLX_TRAINER_H

#include "host/graph.h"
#include "host/regression.h"
#include "host/training/training_set.h"
#include "kernels/backend.h"

/* What the fits cost. */
typedef struct {
    int fits;       /* cache hits included */
    int cache_hits; /* found in the repository: no work */
    long evaluations;
    double wall_s;
} flx_training_report;

typedef struct {
    flx_model *model;     /* deployment, graph, rows, prior and modes stand */
    bool wants_residuals; /* of kinds that are not Gaussian processes:
                             host/regression/fit_queue.h */
    bool may_fail;        /* a target that cannot be fitted is a constant, no error */
    int starts;           /* of every Gaussian process; 0: as many as it asks for */
    uint64_t seed;        /* of kinds that draw random numbers; flx_trainer_run sets it */
    const flx_model *warm; /* the same graph on more rows: its optima are the only
                              starts; NULL: none. Borrowed */
    flx_dataset *inputs;   /* skip-connected: the rows, with predictions in the place
                              of measured metrics; else NULL */
    flx_column_binding *binding;
    flx_training_set *lessons; /* (n_assignments) */
    flx_fit_task *tasks;       /* (n_assignments) */
    flx_fit_result *results;   /* (n_assignments) */
    int n_tasks, n_done;       /* tasks so far; those of earlier rounds */
} flx_trainer;

/* Opens every assignment of the model for one fitted model. Close it also on failure. */
flx_status flx_trainer_create(flx_trainer *school, flx_error *error);
void flx_trainer_destroy(flx_trainer *school);

/* Teaches all schools, round by round, each round as one batch. The report adds up. */
flx_status flx_trainer_run(flx_trainer *schools, int count, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error);

/* Trains the predictors of a model whose deployment, graph, rows, prior and mode stand
 * and that has none yet. On failure what was trained is left to flx_model_destroy. */
flx_status flx_train_model(flx_model *model, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error);

/* The two steps of one assignment: its lesson becomes a task where there is something to
 * fit, and its result (school->results) a predictor. */
flx_status flx_trainer_prepare(flx_trainer *school, int a, flx_error *error);
flx_status flx_trainer_accept(flx_trainer *school, int a, flx_error *error);
#endif
