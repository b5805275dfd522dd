/* SPDX-License-Identifier: MIT
 * The refit of one learning assignment: what it is fitted on, what each fold of the new
 * rows gives, and how the models that come of it are weighed against those in place.
 * Inside the library; host/engine/refit.c runs many of them as one batch. */
#ifndef FLX_REFIT_CASE_H
#define FLX_REFIT_CASE_H

#include "host/model.h"
#include "host/statistics.h"
#include "host/training.h"

enum { FLX_REFIT_FOLDS = FLX_FOLDS };

/* One model that is weighed. */
typedef enum { FLX_IN_PLACE, FLX_RECALIBRATED, FLX_FITTED } flx_refit_origin;
typedef struct {
    flx_refit_origin origin;
    int model;            /* in place: which of those hosted; recalibrated: of which */
    double before, after; /* its weight */
    double mae;           /* out of sample */
} flx_refit_column;

typedef struct {
    const flx_graph_assignment *assignment; /* borrowed */
    const flx_learning_assignment *hosting; /* what is in place; borrowed */
    const char *digest;                     /* of the new rows; borrowed */
    int64_t first_time, last_time;          /* of the new rows; 0: not known */
    flx_training_set fresh;   /* the new rows that have its output; measured inputs */
    double *predicted_inputs; /* (fresh.n, inputs) the same with metrics as the graph
                       predicts them: what its models will see */
    int *fold;                /* (fresh.n) which fold leaves it out */
    int n_folds, n_kept;
    flx_assignment_fit fits[FLX_REFIT_FOLDS + 1]; /* [f] without fold f, [n_folds] all */
    flx_recalibration line;                       /* of all rows */
    int n_columns, n_scored;
    flx_refit_column *columns; /* (n_columns) */
    double *blend; /* (n_scored, n_columns) out-of-sample predictions, all finite */
    double *y;     /* (n_scored) */
} flx_refit_case;

/* Deals the new rows into folds, the rows of a group together (`groups` of the table, or
 * NULL), by seed. FLX_NO_MEMORY. */
flx_status flx_refit_assign_folds(flx_refit_case *one, const int64_t *groups,
                                  uint64_t seed, flx_error *error);

/* Whether its candidate is fitted on the rows kept by the model too. */
bool flx_refit_wants_original_rows(const flx_refit_case *one, const flx_model *model);

/* The training set of each fold: the rows kept by the model, and the new ones that it
 * does not leave out. */
flx_status flx_refit_fit_candidates(flx_refit_case *one, const flx_training_set *kept,
                                    flx_error *error);

/* Predictions of all models, those of folds of the rows left out. `is_fitted_on` (models
 * in place): those fitted on these very rows do not count. `has_fits`: `fitted` is
 * filled. */
flx_status flx_refit_predict(flx_refit_case *one, bool has_fits, const bool *is_fitted_on,
                             flx_backend *backend, flx_error *error);

/* Takes weights (n_columns) that blend best, drawn toward those in place by 10
 * pseudo-rows; `weights` NULL: the last column alone. False where that is not clearly
 * better out of sample than what is in place: by half the standard error of the gain.
 * Measured (experiments/refit.sh): stricter tests, a whole standard error or weights
 * that have not seen the row, give away gains and spare no loss. */
bool flx_refit_settle(flx_refit_case *one, const double *weights, double *mae_before,
                      double *mae_after);

/* What the assignment hosts after the refit: copies, light ones left out. */
flx_status flx_refit_install(flx_refit_case *one, flx_learning_assignment *out,
                             flx_error *error);

void flx_refit_clear(flx_refit_case *one);
#endif
