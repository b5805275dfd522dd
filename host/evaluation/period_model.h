/* SPDX-License-Identifier: MIT
 * One ensemble of trees fitted on some rows of a time series. It predicts the
 * target, or one probability a bucket. */
#ifndef FLX_PERIOD_MODEL_H
#define FLX_PERIOD_MODEL_H

#include "host/evaluation/time_series.h"
#include "host/regression.h"

typedef struct {
    flx_trees *trees;    /* NULL: not fitted */
    double y_mean, y_sd; /* numbers: of the (log) target */
    int rows;            /* it was fitted on */
    double seconds;      /* of one core, that fitting took */
} flx_period_model;

/* rows (count) are indices into the series. Fitted by one thread; several models may
 * be fitted at once. */
flx_status flx_period_model_fit(const flx_time_series *series, const int *rows, int count,
                                flx_predictor_kind kind, uint64_t seed,
                                flx_period_model *out, flx_error *error);
void flx_period_model_clear(flx_period_model *model);

/* predictions (count, width); numbers in the unit of the target. */
flx_status flx_period_model_predict(const flx_period_model *model,
                                    const flx_time_series *series, const int *rows,
                                    int count, double *predictions, flx_error *error);
#endif
