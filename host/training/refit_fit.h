/* SPDX-License-Identifier: MIT
 * From a lesson to the model that it gives: the fit task it makes, and the predictor that
 * comes back. Inside the library. */
#ifndef FLX_REFIT_FIT_H
#define FLX_REFIT_FIT_H

#include "host/regression.h"
#include "host/training/training_set.h"

enum { FLX_MIN_ROWS = 5, FLX_MAX_ROWS = 16384 };

/* Frames `predictor` (features, output range) and fills `task`, whose X is the
 * predictor's and whose y is the lesson's; or makes it a constant where there is nothing
 * to fit, and leaves *is_fit false. FLX_BAD_INPUT: more than FLX_MAX_ROWS rows. */
flx_status flx_refit_fit_prepare(flx_training_set *lesson,
                                 const flx_graph_assignment *assignment,
                                 const flx_model *model, flx_predictor *predictor,
                                 flx_fit_task *task, bool *is_fit, flx_error *error);

/* Moves what the fit found into the predictor; a failed fit leaves a constant. */
void flx_refit_fit_accept(flx_training_set *lesson, flx_fit_result *result,
                          flx_predictor *predictor);
#endif
