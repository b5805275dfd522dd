/* SPDX-License-Identifier: MIT
 * A graph evaluated by plain loops, candidate by candidate: what a device's predictions
 * are compared with. Gaussian processes predict one query at a time. */
#ifndef FLX_TEST_GRAPH_REFERENCE_H
#define FLX_TEST_GRAPH_REFERENCE_H

#include "kernels/backend.h"

/* mean (count) of settings (count, n_columns). */
void graph_reference(const flx_device_graph *graph, const flx_backend *backend,
                     const flx_gp_posterior *posterior, const double *settings, int count,
                     double *mean);

/* The columns (n_columns) that a candidate's dimensions give. */
void graph_reference_columns(const flx_device_graph *graph, const double *dimensions,
                             double *settings);
#endif
