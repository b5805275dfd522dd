/* SPDX-License-Identifier: MIT
 * The training of one graph, cut into stages so that many graphs (the members of an
 * ensemble, their folds) share one batch of fits.
 *
 * An ordinary graph is trained in one stage, on measured inputs. A skip-connected one is
 * trained level by level: its vertices are fitted to the leave-one-out predictions of the
 * vertices below, which is what they will see. */
#ifndef FLX_TRAINER_H
#define FLX_TRAINER_H

#include "host/training/assignment_fit.h"

typedef struct {
    flx_training_view view;
    bool wants_residuals; /* as in flx_assignment_fit_options, with starts */
    bool may_fail;        /* a target that cannot be fitted is a constant, no error */
    int starts;
    /* (n_assignments) the same graph fitted to more rows: its optima are the only starts;
     * NULL: none. Borrowed. */
    const flx_learning_assignment *warm;

    /* What it gives; it may be taken, leaving zeros. */
    flx_learning_assignment *assignments; /* (n_assignments) */
    flx_warning_list warnings;
    flx_dataset *predictions; /* skip-connected: the rows, with predictions in the place
                                 of measured metrics; else NULL */

    uint64_t seed; /* of the options of flx_trainer_run */
    flx_column_binding *binding;
    flx_assignment_fit *fits; /* (n_assignments) */
} flx_trainer;

/* Binds the graph to the rows. `trainer`: the fields before what it gives are set, the
 * others zero. Destroy it also on failure. */
flx_status flx_trainer_create(flx_trainer *trainer, flx_error *error);
void flx_trainer_destroy(flx_trainer *trainer);

/* Trains all of them, stage by stage, each stage as one batch. The report adds up. */
flx_status flx_trainer_run(flx_trainer *trainers, int count, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error);

/* One graph by itself: *assignments (n_assignments) is the caller's to destroy. */
flx_status flx_train_graph(const flx_training_view *view, flx_backend *backend,
                           flx_learning_assignment **assignments, flx_error *error);

/* A model whose deployment, graph, rows, prior and mode stand and that has no fits yet.
 */
flx_status flx_train_model(flx_model *model, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error);
#endif
