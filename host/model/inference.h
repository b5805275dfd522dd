/* SPDX-License-Identifier: MIT
 * Graph inferencing (paper 3.2.2) for many rows at once: level by level, the vertices of
 * a level that share an assignment as one query to the backend, predictions fed forward
 * and their uncertainty with them. Rows are handled in batches that bound memory; results
 * do not depend on batches or threads. */
#ifndef FLX_INFERENCE_H
#define FLX_INFERENCE_H

#include "host/model/model.h"
#include "kernels/backend.h"

typedef struct flx_inference flx_inference;

/* Conditions every predictor on the backend. The table gives knobs, states and, for
 * measured inputs, metrics; its rows and values may change between calls, its columns may
 * not. All three are borrowed. */
flx_status flx_inference_create(flx_fitted_graph fitted, flx_backend *backend,
                                const flx_dataset *table, flx_inference **out,
                                flx_error *error);
void flx_inference_destroy(flx_inference *inference); /* NULL is fine */

/* Knobs and states that predictors read and the table has no column for: the
 * training medians stand in for them. *total: how many they read. A vertex counts for
 * itself. */
int flx_inference_count_absent(const flx_inference *inference, int *total);

typedef enum {
    FLX_FROM_PREDICTIONS, /* composed: predictions feed the vertices above */
    FLX_FROM_MEASUREMENTS /* every vertex sees measured metrics ("teacher-forced") */
} flx_metric_source;

/* All vertices at all rows of the table: mean and variance (n_vertices, rows), in
 * the units of the outputs. variance may be NULL; else the first-order propagation var =
 * var_gp(x) + sum_k (d mean / d x_k)^2 var_k over inputs that are predictions. */
flx_status flx_inference_vertices(flx_inference *inference, flx_metric_source source,
                                  double *mean, double *variance, flx_error *error);

/* The target alone: mean and variance (rows), variance may be NULL. */
flx_status flx_inference_target(flx_inference *inference, double *mean, double *variance,
                                flx_error *error);

/* Draws through the graph: samples (rows, n_samples) of the target, where every vertex is
 * drawn from its predictive distribution given the draws of those below it. Random
 * numbers depend on (seed, assignment, row, sample) only: replicas share a model and its
 * error. */
flx_status flx_inference_sample(flx_inference *inference, int n_samples, uint64_t seed,
                                double *samples, flx_error *error);

/* In one go: the means of all vertices, or of the target, at all rows of a table. */
flx_status flx_predict_vertices(flx_fitted_graph fitted, flx_backend *backend,
                                const flx_dataset *table, flx_metric_source source,
                                double *mean, flx_error *error);
flx_status flx_predict_graph_target(flx_fitted_graph fitted, flx_backend *backend,
                                    const flx_dataset *table, double *mean,
                                    flx_error *error);
#endif
