/* SPDX-License-Identifier: MIT
 * Ridge regression as a kind of model (host/ridge_regression.h).
 *
 * parameters (2 + n_features): penalty, intercept, coefficients; of the standardised
 * target and the features as they come. loo_mean of its fits is what a refit without the
 * row predicts there, at the penalty chosen from all rows. A task fails as
 * host/kind_task.h says. */
#ifndef FLX_RIDGE_H
#define FLX_RIDGE_H

#include "host/kind.h"

extern const flx_model_kind flx_ridge_kind;
#endif
