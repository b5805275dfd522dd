/* SPDX-License-Identifier: MIT
 * Trains a model and the ensemble that its target hosts: all members and all their
 * vertices as one batch of fits, then all folds of all members as another, started from
 * the optima of the first. */
#ifndef FLX_ENSEMBLE_TRAINING_H
#define FLX_ENSEMBLE_TRAINING_H

#include "host/model.h"
#include "host/training/trainer.h"

/* `model` as for flx_train_model. Fewer than 10 rows, or than 5 groups of rows, with a
 * target: no ensemble, and a note that says so. Above 400 rows the weights come from 400
 * of them. */
flx_status flx_ensemble_train(flx_model *model, flx_backend *backend,
                              const flx_fit_options *options, flx_training_report *report,
                              flx_error *error);
#endif
