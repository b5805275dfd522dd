/* SPDX-License-Identifier: MIT
 * One learning assignment of a trained graph, trained anew on recent rows (paper 3.2.3):
 * the modularity of the graph means that nothing else has to be. The new model takes the
 * place of the old one only where it errs less out of sample. An ensemble that the target
 * hosts (host/model/ensemble.h) is given up with the old model: its other members have
 * not seen the recent rows, and its weights are those of another graph. */
#ifndef FLX_RETRAINING_H
#define FLX_RETRAINING_H

#include "host/model.h"
#include "kernels/backend.h"

/* Errors are mean absolute ones on the recent rows given measured inputs, in the unit of
 * the assignment's output, and both out of sample: the old model has not seen the rows,
 * the new one is left without the row it predicts. NaN where there is none. */
typedef struct {
    double mae_old, mae_new;
    bool was_replaced;
    char why_not[200]; /* one sentence where there is no new model, else "" */
} flx_retraining;

/* Trains assignment `a` of the model on `recent`, with the model's own prior and mode.
 * That the rows do not suffice or the fit fails is a result, not an error. */
flx_status flx_retrain_assignment(flx_model *model, flx_backend *backend,
                                  const flx_dataset *recent, int a, flx_retraining *out,
                                  flx_error *error);
#endif
