/* SPDX-License-Identifier: MIT
 * Tuning that leaves the model on the device: the inference graph goes there as a plan
 * (host/tuning/compiled_graph.h), and so does the population; only good settings come
 * back. */
#ifndef FLX_TUNING_DEVICE_H
#define FLX_TUNING_DEVICE_H

#include "host/tuning/tuning_objective.h"

typedef struct {
    flx_backend *backend; /* borrowed, as the next */
    flx_tuning_objective *model;
    char reason[FLX_DEVICE_GRAPH_REASON]; /* out: why the host searches; "" where it does
                                     not, or where the backend has no device for it */
} flx_tuning_device;

/* A flx_search_settings; `context` is a flx_tuning_device. Leaves the search to the host,
 * with a reason, where a model of the graph is of a kind that the device does not
 * evaluate, and where memory is short. */
flx_status flx_tuning_device_search(void *context, const flx_device_search *search,
                                    flx_optimum **out, flx_error *error);
#endif
