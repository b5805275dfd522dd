/* SPDX-License-Identifier: MIT
 * One ensemble of trees taught on some rows of a history, and how it answers: with the
 * target, or with one probability a bucket. */
#ifndef FLX_PERIOD_MODEL_H
#define FLX_PERIOD_MODEL_H

#include "host/evaluation/time_series.h"
#include "host/regression.h"

typedef struct {
    flx_trees *trees;    /* NULL: not taught */
    double y_mean, y_sd; /* numbers: of the (log) target */
    int rows;            /* it was taught */
    double seconds;      /* of one core, that teaching took */
} flx_period_model;

/* rows (count) are indices into the history. Taught by one thread; several learners may
 * be taught at once. */
flx_status flx_period_model_fit(const flx_time_series *history, const int *rows,
                                int count, flx_predictor_kind kind, uint64_t seed,
                                flx_period_model *out, flx_error *error);
void flx_period_model_clear(flx_period_model *learner);

/* answers (count, width); numbers in the unit of the target. */
flx_status flx_period_model_predict(const flx_period_model *learner,
                                    const flx_time_series *history, const int *rows,
                                    int count, double *answers, flx_error *error);
#endif
