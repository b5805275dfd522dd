/* SPDX-License-Identifier: MIT */
#include "host/regression/regressor.h"

const flx_regressor *flx_regressor_of(flx_predictor_kind kind)
{
    static const flx_regressor *const regressors[FLX_PREDICTOR_KINDS] = {
        [FLX_PREDICTOR_GP] = &flx_gp_regressor,
        [FLX_PREDICTOR_RIDGE] = &flx_ridge_regressor,
        [FLX_PREDICTOR_MLP] = &flx_mlp_regressor,
        [FLX_PREDICTOR_XGBOOST] = &flx_tree_regressor,
        [FLX_PREDICTOR_FOREST] = &flx_tree_regressor,
    };
    return regressors[kind];
}
