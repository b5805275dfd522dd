/* SPDX-License-Identifier: MIT
 * Ridge regression as a kind of model (host/regression/ridge.h).
 *
 * parameters (2 + n_features): penalty, intercept, coefficients; of the standardized
 * target and the features as they come. loo_mean of its fits is what a refit without the
 * row predicts there, at the penalty chosen from all rows. A task fails as
 * host/regression/regressor_target.h says. */
#ifndef FLX_RIDGE_REGRESSOR_H
#define FLX_RIDGE_REGRESSOR_H

#include "host/regression/regressor.h"

extern const flx_regressor flx_ridge_regressor;
#endif
