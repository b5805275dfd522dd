/* SPDX-License-Identifier: MIT
 * From a lesson to the model that it gives: the fit task it makes, and the predictor that
 * comes back. Inside the library. */
#ifndef FLX_STUDY_H
#define FLX_STUDY_H

#include "host/fit.h"
#include "host/lesson.h"

enum { FLX_FEWEST_ROWS = 5, FLX_MOST_ROWS = 16384 };

/* Frames `predictor` (features, output range) and fills `task`, whose X is the
 * predictor's and whose y is the lesson's; or makes it a constant where there is nothing
 * to fit, and leaves *is_fit false. FLX_BAD_INPUT: more than FLX_MOST_ROWS rows. */
flx_status flx_study_prepare(flx_lesson *lesson, const flx_graph_assignment *assignment,
                             const flx_model *model, flx_predictor *predictor,
                             flx_fit_task *task, bool *is_fit, flx_error *error);

/* Moves what the fit found into the predictor; a failed fit leaves a constant. */
void flx_study_accept(flx_lesson *lesson, flx_fit_result *result,
                      flx_predictor *predictor);
#endif
