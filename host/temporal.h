/* SPDX-License-Identifier: MIT
 * A learning assignment along time (paper 3.1, 5.2.2): it hosts models of different
 * periods and answers with their weighted mean, of numbers or of the probabilities of
 * buckets. The weights are output weighting (host/weighting.h) on recent rows: the mean
 * absolute error of numbers, the mean squared error of probabilities (Brier) of buckets.
 *
 * A model knows the rows it was taught, so those say nothing of how much to trust it. One
 * group of rows in ten is therefore taught to no hosted model, and weights come from rows
 * that none was taught. */
#ifndef FLX_TEMPORAL_H
#define FLX_TEMPORAL_H

#include "host/learner.h"
#include "kernels/backend.h"

typedef struct {
    flx_learner learner;
    double
        *answers; /* (history->n, width) those given so far: rows are asked for once, */
    bool *is_answered; /* (history->n) though they count in many weightings */
} flx_temporal_model;

typedef struct {
    const flx_history *history; /* borrowed */
    flx_backend *backend;       /* borrowed */
    uint64_t seed;
    int64_t recent_s; /* weights are found on the rows of so many seconds, */
    int recent;       /* at most so many */
    int n_models;
    flx_temporal_model *models; /* (n_models) oldest first */
    double *weights;            /* (n_models) summing to 1 */
    bool *is_taught;            /* (history->n) to some hosted model */
} flx_temporal;

flx_status flx_temporal_create(const flx_history *history, flx_backend *backend,
                               int64_t recent_s, int recent, uint64_t seed,
                               flx_temporal **out, flx_error *error);
void flx_temporal_destroy(flx_temporal *temporal); /* NULL is fine */

/* Rows first .. last - 1 that a model of theirs would be taught, into rows; returns how
 * many: nine groups in ten, drawn by seed and group; all where that leaves none. */
int flx_temporal_choose(const flx_temporal *temporal, int first, int last, int *rows);

/* Hosts a model taught on those rows, whatever becomes of the call; the first has weight
 * 1, later ones 0 until weights are found again. */
flx_status flx_temporal_take(flx_temporal *temporal, flx_learner *model, const int *rows,
                             int count, flx_error *error);

/* Finds the weights on the recent rows before row `now` that no model was taught; keeps
 * those there are where there are fewer than two models or no such rows. */
flx_status flx_temporal_reweight(flx_temporal *temporal, int now, flx_error *error);

/* values (last - first): numbers, or the likeliest buckets; needs a model. */
flx_status flx_temporal_predict(flx_temporal *temporal, int first, int last,
                                double *values, flx_error *error);
#endif
