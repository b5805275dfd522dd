/* SPDX-License-Identifier: MIT
 * A plan evaluated by plain loops, candidate by candidate: what a device's answers are
 * compared with. Gaussian processes are asked one query at a time. */
#ifndef FLX_TEST_GRAPH_REFERENCE_H
#define FLX_TEST_GRAPH_REFERENCE_H

#include "kernels/backend.h"

/* mean (count) of settings (count, n_columns). */
void plan_reference(const flx_inference_device_graph *plan, const flx_backend *backend,
                    const flx_gp_posterior *posterior, const double *settings, int count,
                    double *mean);

/* The columns (n_columns) that a candidate's genes give. */
void plan_reference_columns(const flx_inference_device_graph *plan, const double *genes,
                            double *settings);
#endif
