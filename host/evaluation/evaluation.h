/* SPDX-License-Identifier: MIT
 * How well a trained graph predicts a table (paper 4.2, TE.compute_err): of every vertex
 * the error of its composed prediction, and apart from it the error where measured
 * metrics are its inputs; of the target, as the model predicts it (by its ensemble, where
 * it hosts one), also the share of rows inside the 90 % interval. */
#ifndef FLX_EVALUATION_H
#define FLX_EVALUATION_H

#include "formats/progress.h"
#include "host/model.h"
#include "host/statistics.h"

enum { FLX_GRAPH_SAMPLES = 64 };

typedef struct {
    int n_vertices;
    int n_read, n_absent;    /* knobs and states read, and those without a column */
    flx_error_metrics graph; /* the target; coverage of the 90 % interval */
    flx_error_metrics graph_measured; /* the target's vertex given measured inputs */
    flx_error_metrics *composed;      /* (n_vertices) */
    flx_error_metrics *measured;      /* (n_vertices) given measured inputs */
    double *r2_all_inputs;            /* (n_vertices) host/evaluation/modularity.h */
} flx_evaluation;

/* FLX_BAD_INPUT where the table never has the target. Rows without it are not counted. */
flx_status flx_evaluate_model(const flx_model *model, flx_backend *backend,
                              const flx_dataset *table, uint64_t seed,
                              const flx_progress *progress, flx_evaluation **out,
                              flx_error *error);
void flx_evaluation_destroy(flx_evaluation *evaluation); /* NULL is fine */

/* The rows of the table that the model was not trained on. FLX_BAD_INPUT where the table
 * is another one than that of the training, or nothing is left. */
flx_status flx_other_rows(const flx_model *model, const flx_dataset *table,
                          flx_dataset **out, flx_error *error);
#endif
