/* SPDX-License-Identifier: MIT
 * What the fit queue and inference ask of a kind of model that is no Gaussian process:
 * one table of functions, one file a kind, one line in host/regression/regressor.c. A
 * kind is taught, and predicts, the standardized (log) target of features that
 * host/model/feature_transform.h has scaled. */
#ifndef FLX_REGRESSOR_H
#define FLX_REGRESSOR_H

#include "host/regression/fit_queue.h"

typedef struct {
    flx_predictor_kind kind;
    /* All tasks of this kind. A failing task says so in its result (flx_fit_fail); fills
     * y_mean, y_sd, variance, parameters or bytes, evaluations (its own count of work),
     * and where wanted loo_mean and loo_mae. */
    flx_status (*fit)(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_progress *progress,
                      flx_error *error);
    /* What answers queries later; NULL where the predictor itself is enough. */
    flx_status (*prepare)(const flx_predictor *predictor, void **state, flx_error *error);
    void (*release)(void *state);
    /* X (m, n_features) row-major; mean (m) standardized; slopes (m, n_metrics) or NULL:
     * d mean / d feature of the last n_metrics features. Several threads may call. */
    flx_status (*predict)(const flx_predictor *predictor, const void *state,
                          const double *X, int m, double *mean, double *slopes,
                          flx_error *error);
} flx_regressor;

/* NULL for gp, constant and rule, which the queue and inference know themselves. */
const flx_regressor *flx_regressor_of(flx_predictor_kind kind);
#endif
