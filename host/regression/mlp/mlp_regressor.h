/* SPDX-License-Identifier: MIT
 * Multi-layer perceptrons as a kind of model (the paper's DNN baseline). All tasks,
 * trials of hyper-parameters (host/regression/mlp/mlp_config.h) and folds are trained
 * together, as one batch (host/regression/mlp/mlp_training.h); few enough at a time to
 * fit into memory, which changes no result.
 *
 * The model is the mean of the networks of the three best trials over all folds: every
 * row counts, and every residual is that of networks which were not taught the row.
 * (Trials and steps were picked by these residuals: on 10 rows they are a fifth too
 * small.) Inputs are standardized, which the first layer's weights take over in the end.
 *
 * parameters: number of networks, then for each one activation (0 tanh, 1 relu), number
 * of layers of weights, their sizes (layers + 1), and weights as in
 * host/regression/mlp/mlp_network.h.
 *
 * A task fails as host/regression/regressor_target.h says. */
#ifndef FLX_MLP_REGRESSOR_H
#define FLX_MLP_REGRESSOR_H

#include "host/regression/regressor.h"

extern const flx_regressor flx_mlp_regressor;
#endif
