/* SPDX-License-Identifier: MIT
 * Where modularity fails. A vertex sees its own knobs and states and the metrics below
 * it. A model of the same output that sees every knob and state of the system instead
 * tells what else drives it: throttled callers, shared hosts. Where that one predicts
 * much better, the composed graph cannot be good. */
#ifndef FLX_MODULARITY_H
#define FLX_MODULARITY_H

#include "host/model.h"
#include "kernels/backend.h"

/* r2 (n_vertices): 1 - sum e^2 / sum (actual - mean)^2 over the rows of `table` that have
 * the output, of models fitted to model->rows with the model's own options; NaN where it
 * is not defined, and for all vertices where a service was scaled or replaced since the
 * rows were measured. Replicas share one fit, as their assignment does. */
flx_status flx_modularity_measure(const flx_model *model, flx_backend *backend,
                                  const flx_dataset *table, double *r2, flx_error *error);

/* Whether a vertex is much better predicted by what its own inputs leave out: an R2 from
 * all inputs of the deployment above 0.2 and more than 0.2 above that from its own. */
bool flx_modularity_fails(double r2_own_inputs, double r2_all_inputs);
#endif
