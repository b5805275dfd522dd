/* SPDX-License-Identifier: MIT
 * Where a graph's vertices find their measured values in a table: the column of every
 * output and input, or the service's column where an instance has none of its own. */
#ifndef FLX_COLUMN_BINDING_H
#define FLX_COLUMN_BINDING_H

#include "host/graph/graph.h"

typedef struct {
    int column;   /* -1: the table has none */
    double share; /* its values are multiplied by this */
} flx_column_ref;

typedef struct {
    flx_column_ref *outputs; /* (n_vertices) */
    flx_column_ref **inputs; /* (n_vertices) -> (inputs of the vertex) */
    flx_column_ref *refs;    /* what inputs point into */
} flx_column_binding;

flx_status flx_column_binding_create(const flx_graph *graph,
                                     const flx_deployment *deployment,
                                     const flx_dataset *table, flx_column_binding **out,
                                     flx_error *error);
void flx_column_binding_destroy(flx_column_binding *binding); /* NULL is fine */

/* The value in a row; NaN where it is missing. */
double flx_column_ref_value(flx_column_ref ref, const flx_dataset *table, int row);
#endif
