/* SPDX-License-Identifier: MIT
 * The target of a trained model, predicted: by its inference graph, or where the model
 * hosts an ensemble (host/model/ensemble.h) by all members, weighted. The door through
 * which prediction, evaluation and tuning go. */
#ifndef FLX_TARGET_PREDICTOR_H
#define FLX_TARGET_PREDICTOR_H

#include "host/model/inference.h"

typedef struct flx_target_predictor flx_target_predictor;

/* Conditions every model on the backend. All is borrowed; the table's rows and values may
 * change between calls, its columns may not. */
flx_status flx_target_predictor_create(const flx_model *model, flx_backend *backend,
                                       const flx_dataset *table,
                                       flx_target_predictor **out, flx_error *error);
void flx_target_predictor_destroy(flx_target_predictor *predictor); /* NULL is fine */

/* The composed graph's own inference, on the same table. */
flx_inference *flx_target_predictor_graph(flx_target_predictor *predictor);

/* Mean (rows) of the target in its unit. */
flx_status flx_target_predictor_predict(flx_target_predictor *predictor, double *mean,
                                        flx_error *error);

/* Central interval of probability `level` at every row: lower, upper (rows). Of a graph
 * from at least `draws` samples through it, by seed; of an ensemble conformal. */
flx_status flx_target_predictor_intervals(flx_target_predictor *predictor, double level,
                                          int draws, uint64_t seed, double *lower,
                                          double *upper, flx_error *error);

/* In one go: mean (rows) of the target at all rows of a table. */
flx_status flx_predict_target(const flx_model *model, flx_backend *backend,
                              const flx_dataset *table, double *mean, flx_error *error);
#endif
