/* SPDX-License-Identifier: MIT
 * The queries of kinds that predict on the host, each row by itself: the part of
 * flx_regressor after `fit`, made from functions on one model. */
#ifndef FLX_ROW_PREDICTOR_H
#define FLX_ROW_PREDICTOR_H

#include "host/regression/regressor.h"

typedef struct {
    /* What predicts besides the predictor; NULL where that is enough. FLX_BAD_INPUT
     * where the predictor is none of the kind. */
    flx_status (*load)(const flx_predictor *predictor, void **loaded, flx_error *error);
    void (*unload)(void *loaded); /* NULL is fine */
    /* X (m, n_features) row-major; mean (m) standardized; slopes (m, n_metrics) or NULL:
     * d mean / d feature of the last n_metrics features. Several threads call. */
    flx_status (*predict)(const flx_predictor *predictor, const void *loaded,
                          const double *X, int m, double *mean, double *slopes,
                          flx_error *error);
} flx_row_predictor;

/* The functions of flx_regressor; the variance of a prediction is that of the residuals,
 * everywhere the same. */
flx_status flx_row_predictor_prepare(const flx_row_predictor *kind, flx_backend *backend,
                                     const flx_query_target *targets, int count,
                                     void **prepared, flx_error *error);
void flx_row_predictor_release(void *prepared);
flx_status flx_row_predictor_predict(const void *prepared, flx_query *queries, int count,
                                     flx_error *error);
#endif
