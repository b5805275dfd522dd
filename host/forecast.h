/* SPDX-License-Identifier: MIT
 * The target of a trained model, predicted: by its inference graph, or where the model
 * hosts a mixture (host/mixture.h) by all members, weighted. The door through which
 * prediction, evaluation and tuning go. */
#ifndef FLX_FORECAST_H
#define FLX_FORECAST_H

#include "host/inference.h"

typedef struct flx_forecast flx_forecast;

/* Conditions every model on the backend. `model` and `backend` are borrowed. */
flx_status flx_forecast_create(const flx_model *model, flx_backend *backend,
                               flx_forecast **out, flx_error *error);
void flx_forecast_destroy(flx_forecast *forecast); /* NULL is fine */

/* The table that the next calls read, as flx_inference_bind. */
flx_status flx_forecast_bind(flx_forecast *forecast, const flx_dataset *table,
                             flx_error *error);

/* The composed graph's own inference, bound alike. */
flx_inference *flx_forecast_graph(flx_forecast *forecast);

/* Mean (rows) of the target in its unit. */
flx_status flx_forecast_target(flx_forecast *forecast, double *mean, flx_error *error);

/* Central interval of probability `level` at every row: lower, upper (rows). Of a graph
 * from at least `draws` samples through it, by seed; of a mixture conformal. */
flx_status flx_forecast_intervals(flx_forecast *forecast, double level, int draws,
                                  uint64_t seed, double *lower, double *upper,
                                  flx_error *error);
#endif
