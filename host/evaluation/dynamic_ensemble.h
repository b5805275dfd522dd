/* SPDX-License-Identifier: MIT
 * A learning assignment along time (paper 3.1, 5.2.2): it hosts models of different
 * periods and answers with their weighted mean, of numbers or of the probabilities of
 * buckets. The weights are output weighting (host/optimization/output_weighting.h) on
 * recent rows: the mean absolute error of numbers, the mean squared error of
 * probabilities (Brier) of buckets.
 *
 * A model knows the rows it was taught, so those say nothing of how much to trust it. One
 * group of rows in ten is therefore taught to no hosted model, and weights come from rows
 * that none was taught. */
#ifndef FLX_DYNAMIC_ENSEMBLE_H
#define FLX_DYNAMIC_ENSEMBLE_H

#include "host/evaluation/period_model.h"
#include "kernels/backend.h"

typedef struct {
    flx_period_model learner;
    double
        *answers; /* (history->n, width) those given so far: rows are asked for once, */
    bool *is_answered; /* (history->n) though they count in many weightings */
} flx_dynamic_ensemble_model;

typedef struct {
    const flx_time_series *history; /* borrowed */
    flx_backend *backend;           /* borrowed */
    uint64_t seed;
    int64_t recent_s; /* weights are found on the rows of so many seconds, */
    int recent;       /* at most so many */
    int n_models;
    flx_dynamic_ensemble_model *models; /* (n_models) oldest first */
    double *weights;                    /* (n_models) summing to 1 */
    bool *is_taught;                    /* (history->n) to some hosted model */
} flx_dynamic_ensemble;

flx_status flx_dynamic_ensemble_create(const flx_time_series *history,
                                       flx_backend *backend, int64_t recent_s, int recent,
                                       uint64_t seed, flx_dynamic_ensemble **out,
                                       flx_error *error);
void flx_dynamic_ensemble_destroy(flx_dynamic_ensemble *temporal); /* NULL is fine */

/* Rows first .. last - 1 that a model of theirs would be taught, into rows; returns how
 * many: nine groups in ten, drawn by seed and group; all where that leaves none. */
int flx_dynamic_ensemble_choose(const flx_dynamic_ensemble *temporal, int first, int last,
                                int *rows);

/* Hosts a model taught on those rows, whatever becomes of the call; the first has weight
 * 1, later ones 0 until weights are found again. */
flx_status flx_dynamic_ensemble_take(flx_dynamic_ensemble *temporal,
                                     flx_period_model *model, const int *rows, int count,
                                     flx_error *error);

/* Finds the weights on the recent rows before row `now` that no model was taught; keeps
 * those there are where there are fewer than two models or no such rows. */
flx_status flx_dynamic_ensemble_reweight(flx_dynamic_ensemble *temporal, int now,
                                         flx_error *error);

/* values (last - first): numbers, or the likeliest buckets; needs a model. */
flx_status flx_dynamic_ensemble_predict(flx_dynamic_ensemble *temporal, int first,
                                        int last, double *values, flx_error *error);
#endif
