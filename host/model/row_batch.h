/* SPDX-License-Identifier: MIT
 * Some rows on their way through the graph, level by level. Inside the library: what
 * host/model/inference.c splits its work into. A *slot* is one model of one vertex: slot
 * first_slot[vertex] + k. */
#ifndef FLX_ROW_BATCH_H
#define FLX_ROW_BATCH_H

#include "host/graph.h"
#include "host/model/inference.h"
#include "host/regression.h"

#include <stddef.h>
#include <stdint.h>

struct flx_inference {
    const flx_graph *graph;
    const flx_learning_assignment *assignments; /* (n_assignments) */
    flx_backend *backend;
    int n_slots;
    int *first_slot;   /* (n_vertices + 1) */
    int *first_hosted; /* (n_assignments + 1) models of the assignments before */
    int *member;       /* (hosted models) which of its kind's prepared models it is */
    void *prepared[FLX_PREDICTOR_KINDS]; /* by host/regression/regressor.h, or NULL */
    int *order; /* (n_vertices) by level, then assignment: one run, one query */
    const flx_dataset *table;
    flx_column_binding *binding;
};

/* Where the predictions of one slot lie. */
typedef struct {
    size_t at;             /* first point in mean and spread */
    size_t x_at, slope_at; /* first double in X and slopes */
} flx_batch_slot;

/* Columns = rows * samples: a column is one row, or one draw of it. */
typedef struct {
    const flx_inference *inference;
    flx_metric_source source;
    int first, rows, samples, columns;
    int threads; /* that share a level */
    bool wants_variance;
    uint64_t seed;
    double *value;                  /* (n_vertices, columns) */
    double *variance;               /* (n_vertices, columns), or NULL */
    double *X;                      /* queries of a level */
    double *mean, *spread, *slopes; /* their predictions, standardized */
    flx_batch_slot *slots;          /* (n_slots) */
    flx_query *queries;             /* (n_slots) of a level, one kind after the other */
    int first_query[FLX_PREDICTOR_KINDS + 1];
} flx_row_batch;

/* Room for `rows` rows of `samples` draws (1: means). */
flx_status flx_row_batch_create(const flx_inference *inference, int rows, int samples,
                                bool wants_variance, flx_row_batch *batch,
                                flx_error *error);
void flx_row_batch_release(flx_row_batch *batch);

/* Fills value and variance for rows first .. first + rows - 1 of the bound table
 * (host/model/inference_level.c). */
flx_status flx_row_batch_infer(flx_row_batch *batch, int first, int rows,
                               flx_error *error);

/* The models that a vertex's assignment hosts. */
const flx_learning_assignment *flx_row_batch_models(const flx_row_batch *batch,
                                                    int vertex);

/* Vertices of level 0 see the same inputs in every sample: one query a row is enough. */
int flx_row_batch_points(const flx_row_batch *batch, int vertex);

/* Raw inputs (n_inputs) of a vertex at one column. */
void flx_row_batch_collect(const flx_row_batch *batch, int vertex, int column,
                           double *raw);

/* From the predictions of a vertex's models to its value and variance, or its draw, in
 * columns first .. last - 1 (host/model/propagation.c). FLX_NO_MEMORY. */
flx_status flx_row_batch_propagate(flx_row_batch *batch, int vertex, int first, int last);
#endif
