/* SPDX-License-Identifier: MIT
 * Searches for the weights of the blends of a set, all of them together: on a device that
 * keeps populations wholly there, elsewhere in rounds, each of which evaluates the
 * populations of all searches that are not done as one batch. */
#ifndef FLX_WEIGHT_SEARCH_H
#define FLX_WEIGHT_SEARCH_H

#include "host/optimization/device_search.h"

/* Runs all searches of `set` on `backend` to the end; fills optima (count), NULL on
 * failure. `progress` counts evaluations. FLX_NUMERIC where a search met no finite loss.
 */
flx_status flx_weight_search_run(flx_backend *backend, flx_weighting_set *set,
                                 const flx_search_task *searches, int count,
                                 const flx_progress *progress, flx_optimum **optima,
                                 flx_error *error);

/* Weights (count, k) of sum 1. All zero give NaN, which a search counts as worst. In
 * place is fine. */
void flx_weights_normalize(const double *weights, int count, int k, double *scaled);
#endif
