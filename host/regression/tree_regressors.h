/* SPDX-License-Identifier: MIT
 * Boosted trees and random forests as kinds of models of a learning assignment. Their
 * slopes are 0: trees are steps, so no uncertainty of an input passes through them. */
#ifndef FLX_TREE_REGRESSORS_H
#define FLX_TREE_REGRESSORS_H

#include "host/regression/regressor.h"

extern const flx_regressor flx_xgboost_regressor, flx_forest_regressor;
#endif
