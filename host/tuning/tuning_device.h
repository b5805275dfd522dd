/* SPDX-License-Identifier: MIT
 * A compiled graph on a device: it goes there with the models of its vertices, and a
 * search that is to run there goes as well, so that only good settings come back. */
#ifndef FLX_TUNING_DEVICE_H
#define FLX_TUNING_DEVICE_H

#include "host/optimization.h"
#include "host/tuning/compiled_graph.h"

typedef struct {
    flx_backend *backend; /* borrowed */
    flx_gp_posterior *posterior;
    flx_resident_graph *graph;
} flx_uploaded_graph;

/* Conditions the Gaussian processes and creates the graph. FLX_NO_BACKEND where the
 * backend keeps no graphs, FLX_NUMERIC where a covariance is not positive definite. *out
 * is empty on failure. */
flx_status flx_compiled_graph_upload(flx_compiled_graph *compiled, flx_backend *backend,
                                     flx_uploaded_graph *out, flx_error *error);
void flx_uploaded_graph_release(flx_uploaded_graph *uploaded); /* an empty one is fine */

/* Runs a whole search on `backend`, which has graph_search. */
flx_status flx_compiled_graph_search(flx_compiled_graph *compiled, flx_backend *backend,
                                     const flx_search_task *search, flx_optimum **out,
                                     flx_error *error);
#endif
