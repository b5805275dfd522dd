/* SPDX-License-Identifier: MIT
 * The training of one model's learning assignments, cut into steps so that many models
 * (the members of a mixture, their folds) share one batch of fits. Inside the library.
 *
 * An ordinary graph is taught in one round, on measured inputs. A skip-connected one is
 * taught level by level: its vertices learn from the leave-one-out predictions of the
 * vertices below, as they will be asked. */
#ifndef FLX_SCHOOL_H
#define FLX_SCHOOL_H

#include "host/binding.h"
#include "host/fit.h"
#include "host/lesson.h"
#include "host/training.h"

typedef struct {
    flx_model *model;     /* deployment, graph, rows, prior and modes stand */
    bool wants_residuals; /* of kinds that are not Gaussian processes: host/fit.h */
    bool may_fail;        /* a target that cannot be fitted is a constant, no error */
    int starts;           /* of every Gaussian process; 0: as many as it asks for */
    uint64_t seed; /* of kinds that draw random numbers; flx_school_teach sets it */
    const flx_model *warm; /* the same graph on more rows: its optima are the only
                              starts; NULL: none. Borrowed */
    flx_dataset *inputs;   /* skip-connected: the rows, with predictions in the place
                              of measured metrics; else NULL */
    flx_binding *binding;
    flx_lesson *lessons;     /* (n_assignments) */
    flx_fit_task *tasks;     /* (n_assignments) */
    flx_fit_result *results; /* (n_assignments) */
    int n_tasks, n_done;     /* tasks so far; those of earlier rounds */
} flx_school;

/* Opens every assignment of the model for one fitted model. Close it also on failure. */
flx_status flx_school_open(flx_school *school, flx_error *error);
void flx_school_close(flx_school *school);

/* Teaches all schools, round by round, each round as one batch. The report adds up. */
flx_status flx_school_teach(flx_school *schools, int count, flx_backend *backend,
                            const flx_fit_options *options, flx_training_report *report,
                            flx_error *error);

/* The two steps of one assignment: its lesson becomes a task where there is something to
 * fit, and its result (school->results) a predictor. */
flx_status flx_school_prepare(flx_school *school, int a, flx_error *error);
flx_status flx_school_accept(flx_school *school, int a, flx_error *error);
#endif
