/* SPDX-License-Identifier: MIT
 * Many models of one learning assignment, asked about the same rows of raw inputs: what
 * weighing them against each other needs. Inside the library. */
#ifndef FLX_PREDICT_EACH_H
#define FLX_PREDICT_EACH_H

#include "host/model/model.h"
#include "kernels/backend.h"

/* mean (count, rows) out, in the unit of the output, NaN where a rule has no answer: what
 * each of `predictors` (count) says at raw (rows, inputs of `assignment`). `model` is the
 * one that the assignment belongs to. */
flx_status flx_predict_each(const flx_model *model,
                            const flx_graph_assignment *assignment,
                            const flx_predictor *const *predictors, int count,
                            const double *raw, int rows, flx_backend *backend,
                            double *mean, flx_error *error);
#endif
