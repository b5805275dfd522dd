/* SPDX-License-Identifier: MIT
 * A model that is off by a shift and a factor is set right by a line through its
 * predictions: the least that a few new rows can tell, and the result is again a model of
 * the same kind. On logarithms where the model predicts logarithms. */
#ifndef FLX_RECALIBRATION_H
#define FLX_RECALIBRATION_H

#include "formats/predictor.h"

typedef struct {
    double intercept, slope; /* of the (log) output on the (log) prediction */
    double variance;         /* mean square of what is left */
} flx_recalibration;

/* The line through predicted, measured (n, unit of the output) that minimizes squares,
 * drawn toward the model as it is by 5 pseudo-rows on which it is right. They lie about
 * the mean of the predictions, spread like the model's own training rows (at least like
 * the predictions): a few rows from a corner of what the model knows may shift it, but
 * not turn it. Pairs that have no logarithm are left out where `model` predicts
 * logarithms; without a pair it is the identity. */
flx_recalibration flx_recalibration_estimate(const flx_predictor *model,
                                             const double *predicted,
                                             const double *measured, int n);

/* A prediction, in the unit of the output, recalibrated. */
double flx_recalibration_apply(const flx_recalibration *line, double predicted,
                               bool is_log);

/* Makes `predictor` predict so. FLX_NO_MEMORY. */
flx_status flx_recalibrate(const flx_recalibration *line, flx_predictor *predictor,
                           flx_error *error);
#endif
