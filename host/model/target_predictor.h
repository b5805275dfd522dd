/* SPDX-License-Identifier: MIT
 * The target of a trained model, predicted: by its inference graph, or where the model
 * hosts an ensemble (host/model/ensemble.h) by all members, weighted. The door through
 * which prediction, evaluation and tuning go. */
#ifndef FLX_TARGET_PREDICTOR_H
#define FLX_TARGET_PREDICTOR_H

#include "host/model/inference.h"

typedef struct flx_target_predictor flx_target_predictor;

/* Conditions every model on the backend. `model` and `backend` are borrowed. */
flx_status flx_target_predictor_create(const flx_model *model, flx_backend *backend,
                                       flx_target_predictor **out, flx_error *error);
void flx_target_predictor_destroy(flx_target_predictor *forecast); /* NULL is fine */

/* The table that the next calls read, as flx_inference_bind. */
flx_status flx_target_predictor_bind(flx_target_predictor *forecast,
                                     const flx_dataset *table, flx_error *error);

/* The composed graph's own inference, bound alike. */
flx_inference *flx_target_predictor_graph(flx_target_predictor *forecast);

/* Mean (rows) of the target in its unit. */
flx_status flx_target_predictor_target(flx_target_predictor *forecast, double *mean,
                                       flx_error *error);

/* Central interval of probability `level` at every row: lower, upper (rows). Of a graph
 * from at least `draws` samples through it, by seed; of an ensemble conformal. */
flx_status flx_target_predictor_intervals(flx_target_predictor *forecast, double level,
                                          int draws, uint64_t seed, double *lower,
                                          double *upper, flx_error *error);
#endif
