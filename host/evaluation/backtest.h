/* SPDX-License-Identifier: MIT
 * Walks along a table in the order of time (paper 5.2.2): a learning assignment that
 * hosts models of several periods, beside forests and boosted trees that are fitted anew
 * at the beginning of every period, on the previous period or on all before.
 *
 * At the end of a period its error decides whether a model is fitted on it and hosted.
 * The paper prints the rule as "only if this MAE is below 85 %", which is the wrong way
 * round: here a model is added where the *accuracy* of the period is below 85 %. Accuracy
 * is the share of rows in the right bucket; of numbers, for which the paper has no rule,
 * it is 1 - MAE / mean |target|. What a row became is taken as known when its period ends
 * and, for the weights, when its stretch does, as in the paper. */
#ifndef FLX_BACKTEST_H
#define FLX_BACKTEST_H

#include "formats/predictor.h"
#include "formats/progress.h"
#include "host/evaluation/time_series.h"
#include "kernels/backend.h"

/* Zero: the default. */
typedef struct {
    int64_t period_s;        /* periods begin at multiples of it since 1970; required */
    int64_t reweight_s;      /* weights are found anew so often in a period; 0: 7200 */
    double accuracy;         /* below it a model is added; 0: 0.85 */
    int recent;              /* weights are found on the rows of the last period_s seconds
                                that no hosted model was fitted on, at most so many;
                                0: 20000 */
    flx_predictor_kind kind; /* of the hosted models, 0: FLX_PREDICTOR_XGBOOST */
    bool has_no_baselines;
    uint64_t seed;
    const flx_progress *progress; /* may be NULL; counts rows */
} flx_backtest_options;

/* Predictors: the learning assignment, then what it is compared with. */
typedef enum {
    FLX_BACKTEST_HOSTED,
    FLX_BACKTEST_FOREST_LAST, /* fitted on the previous period that has rows */
    FLX_BACKTEST_FOREST_ALL,  /* on all periods before */
    FLX_BACKTEST_XGBOOST_LAST,
    FLX_BACKTEST_XGBOOST_ALL,
    FLX_BACKTEST_PREDICTORS
} flx_backtest_predictor;

typedef struct {
    double mae, accuracy; /* NaN where it could not predict yet */
    double train_s;       /* seconds of one core that fitting took */
} flx_backtest_score;

typedef struct {
    int64_t start; /* Unix seconds */
    int rows;
    int models;      /* hosted while its rows were predicted */
    bool adds_model; /* its end fitted one: counted in train_s of HOSTED here */
    int reweightings;
    double reweight_s; /* wall seconds of all of them */
    flx_backtest_score scores[FLX_BACKTEST_PREDICTORS];
} flx_backtest_period;

typedef struct {
    int n_periods; /* those with rows */
    flx_backtest_period *periods;
    flx_backtest_period total; /* errors over all rows predicted, sums of times */
} flx_backtest;

/* FLX_BAD_INPUT: a period or an option that makes no sense. */
flx_status flx_backtest_run(const flx_time_series *series,
                            const flx_backtest_options *options, flx_backend *backend,
                            flx_backtest **out, flx_error *error);
void flx_backtest_destroy(flx_backtest *backtest); /* NULL is fine */
#endif
