/* SPDX-License-Identifier: MIT
 * Many predictors of one learning assignment at the same rows of raw inputs: what
 * weighing them against each other needs. */
#ifndef FLX_PREDICT_EACH_H
#define FLX_PREDICT_EACH_H

#include "formats/predictor.h"
#include "host/graph.h"
#include "kernels/backend.h"

typedef struct {
    const flx_graph_assignment *assignment;
    int count;
    const flx_predictor *const *predictors; /* (count) */
    int rows;
    const double *raw; /* (rows, inputs of the assignment) */
} flx_predictor_queries;

/* mean (count, rows) out, in the unit of the output, NaN where a rule cannot tell. */
flx_status flx_predict_each(const flx_predictor_queries *queries, flx_backend *backend,
                            double *mean, flx_error *error);
#endif
