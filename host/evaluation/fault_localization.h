/* SPDX-License-Identifier: MIT
 * Testing engine (paper 4.2): which learning assignment is at fault when the graph
 * predicts recent runs badly. TE.compute_err is flx_vertex_errors_compute, TE.debug
 * flx_fault_localize.
 *
 * The errors meant in 3.2.3 are those of composed predictions: debugging asks whether a
 * vertex errs by itself or because "local errors propagate" from the vertices that feed
 * it, and only where predictions are passed on does an error reach the next vertex.
 * Errors given measured inputs stand beside them for the reader: what a vertex does wrong
 * by itself. They take no part in the search. */
#ifndef FLX_FAULT_LOCALIZATION_H
#define FLX_FAULT_LOCALIZATION_H

#include "host/model.h"

typedef struct {
    int n_vertices, rows;
    int n_read, n_absent; /* knobs and states read, and those without a column */
    double *error;        /* (n_vertices, rows) |composed prediction - measured|, in the
                             unit of the vertex; NaN where its output is missing */
    double *mae; /* (n_vertices) mean over the rows that have it; NaN: none has */
    double *mae_measured; /* (n_vertices) likewise, given measured inputs */
    int *counted;         /* (n_vertices) rows that have its output */
} flx_test_errors;

/* TE.compute_err: the error of every vertex at every row of a test table. */
flx_status flx_vertex_errors_compute(const flx_model *model, flx_backend *backend,
                                     const flx_dataset *table, flx_test_errors **out,
                                     flx_error *error);
void flx_test_errors_destroy(flx_test_errors *errors); /* NULL is fine */

typedef struct {
    int n_edges;
    double *r;  /* (n_edges) of graph->edges: Pearson's correlation, over the rows that
                   have both, of the errors of its parent (from) and child (to); 0 where
                   one of them is constant or no two rows have both */
    int vertex; /* found; -1 where it and all that leads to it is excluded */
    int n_path; /* 0 where nothing was found */
    int *path;  /* (n_path) vertices from the graph's output to the one found */
} flx_fault_path;

/* What narrows the search; zeros are the paper's. */
typedef struct {
    double min_correlation;  /* follow only an r above this: 0.2 leaves out most chance
                      correlations  of a hundred rows */
    const bool *is_excluded; /* (n_assignments) or NULL: those retrained already. Their
                                  vertices are passed but never found; there the
                                  depth-first search turns back */
} flx_fault_search_rule;

/* TE.debug, one iteration (3.2.3): from the output always on to the parent with the
 * largest r above 0 (of equal ones the first in the graph); where there is none, that
 * vertex is it. `rule` NULL: the paper's. FLX_BAD_INPUT where no row has the target. */
flx_status flx_fault_localize(const flx_graph *graph, const flx_test_errors *errors,
                              const flx_fault_search_rule *rule, flx_fault_path **out,
                              flx_error *error);
void flx_fault_path_destroy(flx_fault_path *fault); /* NULL is fine */
#endif
