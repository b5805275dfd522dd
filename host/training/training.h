/* SPDX-License-Identifier: MIT
 * Trains every learning assignment of a deployment on one table, as one batch of fits.
 *
 * An assignment is trained on measured inputs (paper 5, "teacher-forced"). Replicas share
 * one, which is fitted in row r to what replica r mod R did: as many points as rows, from
 * all of them. A service-vertex keeps its rule where a fit does not beat it by
 * leave-one-out. Missing values: formats/SCHEMA.md, "Missing cells". */
#ifndef FLX_TRAINING_H
#define FLX_TRAINING_H

#include "host/model.h"
#include "host/training/trainer.h"

typedef struct {
    flx_composition composition;
    flx_gp_prior prior;
    flx_covariance covariance; /* of Gaussian processes */
    bool paper_mode;           /* Matern 5/2, one length scale, maximum likelihood */
    bool hosts_ensemble; /* the default predictor (host/training/ensemble_training.h); of
                           composed graphs with priors only */
    const char *const *spectrum;
    int n_spectrum;
    const flx_repository *repository; /* fits are looked up and stored there; or NULL */
    bool selects_metrics; /* chooses them instead (host/training/metric_selection.h); of
                             composed graphs only */
    int n_selected;       /* metrics that a vertex reads; 0: the error decides */
    uint64_t seed;
} flx_training_options;

/* Takes ownership of `deployment` and `rows` in every case. FLX_BAD_INPUT where the
 * target has no value at all or an output more than 16384 rows; FLX_NUMERIC where the
 * target's own fit fails. */
flx_status flx_train_take(flx_deployment *deployment, flx_dataset *rows,
                          const flx_training_options *options, flx_backend *backend,
                          const flx_progress *progress, flx_model **out,
                          flx_training_report *report, flx_error *error);
#endif
