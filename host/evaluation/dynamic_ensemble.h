/* SPDX-License-Identifier: MIT
 * A learning assignment along time (paper 3.1, 5.2.2): it hosts models of different
 * periods and predicts their weighted mean, of numbers or of the probabilities of
 * buckets. The weights are output weighting (host/optimization/output_weighting.h) on
 * recent rows: the mean absolute error of numbers, the mean squared error of
 * probabilities (Brier) of buckets.
 *
 * A model knows the rows it was fitted on, so those say nothing of how good it is. One
 * group of rows in ten is therefore held out of every fit, and weights come from rows
 * that no model was fitted on. */
#ifndef FLX_DYNAMIC_ENSEMBLE_H
#define FLX_DYNAMIC_ENSEMBLE_H

#include "host/evaluation/period_model.h"
#include "kernels/backend.h"

typedef struct {
    flx_period_model model;
    double
        *predictions; /* (series->n, width) those made so far: rows are predicted once, */
    bool *is_predicted; /* (series->n) though they count in many weightings */
} flx_dynamic_ensemble_model;

typedef struct {
    const flx_time_series *series; /* borrowed */
    flx_backend *backend;          /* borrowed */
    uint64_t seed;
    int64_t recent_s; /* weights are found on the rows of so many seconds, */
    int recent;       /* at most so many */
    int n_models;
    flx_dynamic_ensemble_model *models; /* (n_models) oldest first */
    double *weights;                    /* (n_models) summing to 1 */
    bool *is_fitted_on;                 /* (series->n) to some hosted model */
} flx_dynamic_ensemble;

flx_status flx_dynamic_ensemble_create(const flx_time_series *series,
                                       flx_backend *backend, int64_t recent_s, int recent,
                                       uint64_t seed, flx_dynamic_ensemble **out,
                                       flx_error *error);
void flx_dynamic_ensemble_destroy(flx_dynamic_ensemble *ensemble); /* NULL is fine */

/* Rows first .. last - 1 that a model of theirs would be fitted on, into rows; returns
 * how many: nine groups in ten, drawn by seed and group; all where that leaves none. */
int flx_dynamic_ensemble_choose(const flx_dynamic_ensemble *ensemble, int first, int last,
                                int *rows);

/* Hosts a model fitted on those rows, whatever becomes of the call; the first has weight
 * 1, later ones 0 until weights are found again. */
flx_status flx_dynamic_ensemble_take(flx_dynamic_ensemble *ensemble,
                                     flx_period_model *model, const int *rows, int count,
                                     flx_error *error);

/* Finds the weights on the recent rows before row `now` that no model was fitted on;
 * keeps those there are where there are fewer than two models or no such rows. */
flx_status flx_dynamic_ensemble_reweight(flx_dynamic_ensemble *ensemble, int now,
                                         flx_error *error);

/* values (last - first): numbers, or the likeliest buckets; needs a model. */
flx_status flx_dynamic_ensemble_predict(flx_dynamic_ensemble *ensemble, int first,
                                        int last, double *values, flx_error *error);
#endif
