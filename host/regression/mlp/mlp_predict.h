/* SPDX-License-Identifier: MIT
 * Answers of the networks that a predictor holds; the functions of
 * host/regression/regressor.h. Inside the library. */
#ifndef FLX_MLP_PREDICT_H
#define FLX_MLP_PREDICT_H

#include "formats/predictor.h"

/* FLX_BAD_INPUT where the parameters are no networks over the predictor's features: a
 * file may hold any numbers. */
flx_status flx_mlp_load(const flx_predictor *predictor, void **loaded, flx_error *error);
void flx_mlp_unload(void *loaded); /* NULL is fine */
flx_status flx_mlp_predict(const flx_predictor *predictor, const void *loaded,
                           const double *X, int m, double *mean, double *slopes,
                           flx_error *error);
#endif
