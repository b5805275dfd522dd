/* SPDX-License-Identifier: MIT
 * One chunk of rows on its way through the graph, level by level. Inside the library: what
 * host/inference.c splits its work into. */
#ifndef FLX_CHUNK_H
#define FLX_CHUNK_H

#include "host/binding.h"
#include "host/inference.h"

#include <stddef.h>
#include <stdint.h>

struct flx_inference {
    const flx_model *model;
    flx_backend *backend;
    flx_gp_posterior *posterior;
    int *member; /* (n_assignments) index into the posterior, -1: none */
    int *order;  /* (n_vertices) by level, then assignment: one run, one query */
    const flx_dataset *table;
    flx_binding *binding;
};

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
    double *mean, *spread, *slopes; /* their answers, standardised */
    size_t *at;       /* (n_vertices) first query of a vertex in X's level, in points */
    size_t *x_at, *slope_at; /* (n_vertices) first double of a vertex in X and slopes */
    flx_gp_query *queries;   /* (n_vertices) */
} flx_chunk;

/* Room for `rows` rows of `samples` draws (1: means). */
flx_status flx_chunk_create(const flx_inference *inference, int rows, int samples,
                            bool wants_variance, flx_chunk *chunk, flx_error *error);
void flx_chunk_release(flx_chunk *chunk);

/* Fills value and variance for rows first .. first + rows - 1 of the bound table. */
flx_status flx_chunk_infer(flx_chunk *chunk, int first, int rows, flx_error *error);
#endif
