/* SPDX-License-Identifier: MIT
 * A trained model, a table to predict, and what one predictor makes of a row. */
#ifndef FLX_TEST_INFERENCE_BENCH_H
#define FLX_TEST_INFERENCE_BENCH_H

#include "host/graph.h"
#include "host/model.h"

/* A trained model, a table to predict, and the inference bound to it. */
typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *table;
    flx_inference *inference;
} inference_bench;

void bind_bench(inference_bench *b, const flx_dataset *table);

/* `noise`: added to the measured outputs of the training rows, so that variances are not
 * nearly nothing. */
inference_bench begin_bench(int replicas, const char *transform, double noise, int rows);

void finish_bench(inference_bench *b);

/* Mean and variance of one predictor at one row of raw inputs, straight from the backend.
 */
double predict_by_hand(const inference_bench *b, const flx_predictor *p,
                       const double *raw, double *variance);

/* Raw inputs of a vertex in one row, where `values` (n_vertices) are the outputs so far.
 */
void collect_inputs(const inference_bench *b, const flx_column_binding *binding, int v,
                    int row, const double *values, double *raw);

/* A constant 13 +- 2 beside the model of the leaf, one to three. */
void host_constant_beside(inference_bench *b);
#endif
