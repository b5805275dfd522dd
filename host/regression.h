/* SPDX-License-Identifier: MIT
 * Many regressors (Gaussian processes, ridge, perceptrons, trees) fitted as one queue,
 * and remembered by the key of what they were made from. The face of the room
 * host/regression: what other rooms include. */
#ifndef FLX_FACE_REGRESSION_H
#define FLX_FACE_REGRESSION_H

#include "host/regression/fit_cache.h"
#include "host/regression/fit_queue.h"
#include "host/regression/gp_prior.h"
#include "host/regression/model_repository.h"
#include "host/regression/regressor.h"
#include "host/regression/tree_ensemble.h"
#include "host/regression/tree_export.h"

#endif
