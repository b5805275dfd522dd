/* SPDX-License-Identifier: MIT
 * Weights of an ensemble from what its members predict out of sample. Inside the library.
 */
#ifndef FLX_ENSEMBLE_WEIGHTS_H
#define FLX_ENSEMBLE_WEIGHTS_H

#include "host/model.h"
#include "kernels/backend.h"

/* predicted (n, n_members), y (n). Sets weights and fold_mae of the members, margin and
 * scores of the ensemble. Weights: the mean of w1 ~ (fold MAE)^-4 and of w2, which
 * minimizes MAE + 0.02 sd(y) |w - 1/k|_1 on the simplex (output weighting, paper 4.1),
 * then shrunk toward the composed graph, the first member, with 10 pseudo-rows. */
flx_status flx_ensemble_weigh(flx_ensemble *ensemble, const double *predicted,
                              const double *y, int n, flx_backend *backend,
                              flx_error *error);
#endif
