/* SPDX-License-Identifier: MIT */
#include "host/regression/regressor.h"

#include "host/regression/mlp/mlp_regressor.h"
#include "host/regression/ridge_regressor.h"
#include "host/regression/tree_regressors.h"

const flx_regressor *flx_regressor_of(flx_predictor_kind kind)
{
    static const flx_regressor *const kinds[] = {&flx_ridge_regressor, &flx_mlp_regressor,
                                                 &flx_xgboost_regressor,
                                                 &flx_forest_regressor};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->kind == kind)
            return kinds[i];
    return NULL;
}
