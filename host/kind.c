/* SPDX-License-Identifier: MIT */
#include "host/kind.h"

#include "host/mlp.h"
#include "host/ridge.h"
#include "host/tree_kinds.h"

const flx_model_kind *flx_model_kind_of(flx_predictor_kind kind)
{
    static const flx_model_kind *const kinds[] = {&flx_ridge_kind, &flx_mlp_kind,
                                                  &flx_xgboost_kind, &flx_forest_kind};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->kind == kind)
            return kinds[i];
    return NULL;
}
