/* SPDX-License-Identifier: MIT
 * What the fit queue and inference need of a kind of model: one table of functions, one
 * file a kind, one row in host/regression/regressor.c. A kind is fitted to, and predicts,
 * the standardized (log) target from features that host/model/feature_transform.h has
 * scaled. */
#ifndef FLX_REGRESSOR_H
#define FLX_REGRESSOR_H

#include "formats/progress.h"
#include "host/regression/fit_task.h"
#include "kernels/backend.h"

/* Who looks on while models are fitted. */
typedef struct {
    const flx_progress *progress; /* or NULL */
    /* Told of a task whose result is whole, one task at a time; a failure ends the fit.
     */
    flx_status (*finished)(void *context, int task, flx_error *error);
    void *context;
} flx_fit_observer;

/* A model that queries go to. Both borrowed. */
typedef struct {
    const char *name; /* for reports */
    const flx_predictor *predictor;
} flx_query_target;

/* Queries to one of the models; mean and variance are standardized. */
typedef flx_gp_query flx_query;

typedef struct {
    /* All tasks of this kind. A failing task says so in its result (flx_fit_result_fail);
     * of the others it fills what the predictor keeps, y_mean, y_sd, variance,
     * evaluations (its own count of work), and where wanted loo_mean and loo_mae. It may
     * leave it to the queue to tell the observer that results are whole. */
    flx_status (*fit)(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error);
    bool tells_observer; /* of each result, as soon as it is whole */
    /* What predicts with all these models. A file may hold anything: FLX_BAD_INPUT
     * or FLX_NUMERIC names the model that cannot predict. */
    flx_status (*prepare)(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error);
    void (*release)(void *prepared);
    /* Several threads may call. */
    flx_status (*predict)(const void *prepared, flx_query *queries, int count,
                          flx_error *error);
} flx_regressor;

extern const flx_regressor flx_gp_regressor, flx_ridge_regressor, flx_mlp_regressor,
    flx_tree_regressor; /* boosted trees and forests */

/* NULL for constant and rule, which are not fitted and which inference applies. */
const flx_regressor *flx_regressor_of(flx_predictor_kind kind);
#endif
