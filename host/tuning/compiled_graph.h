/* SPDX-License-Identifier: MIT
 * A trained model as a plan for a device (kernels/device_graph.h): the inference graph,
 * or all graphs of an ensemble side by side, level by level, with the columns that tuning
 * binds. What a device predicts from it is what flx_target_predictor_target does, but for
 * the last bits of exp and log. */
#ifndef FLX_COMPILED_GRAPH_H
#define FLX_COMPILED_GRAPH_H

#include "host/model.h"
#include "host/tuning/search_space.h"
#include "kernels/backend.h"

typedef struct flx_device_graph {
    flx_inference_device_graph numbers; /* points into the plan */
    int n_members;
    flx_gp_condition *members; /* (n_members) of the posterior that `numbers` is over;
                                  inputs and theta are the model's */
    double *targets;           /* what the members' problems point to */
} flx_device_graph;

enum { FLX_DEVICE_GRAPH_REASON = 256 };

/* table: a column a knob of the space, in its order, then the states that are held, whose
 * values stand in its first row; what it has no column for is missing. The model is
 * borrowed until the plan is destroyed; space and table are not kept. *out NULL and
 * FLX_OK where a device cannot evaluate one of the models: `reason` says which.
 * FLX_BAD_INPUT where an assignment hosts no model or a model is damaged. */
flx_status flx_compiled_graph_create(const flx_model *model,
                                     const flx_search_space *space,
                                     const flx_dataset *table, flx_device_graph **out,
                                     char reason[FLX_DEVICE_GRAPH_REASON],
                                     flx_error *error);
void flx_compiled_graph_destroy(flx_device_graph *plan); /* NULL is fine */

/* A plan on a backend. */
typedef struct {
    flx_backend *backend; /* borrowed */
    flx_gp_posterior *posterior;
    flx_resident_graph *graph;
} flx_uploaded_graph;

/* Conditions the members and creates the graph; `backend` has graph_create. FLX_NUMERIC
 * where a covariance is not positive definite. *out is empty on failure. */
flx_status flx_device_graph_upload(flx_device_graph *plan, flx_backend *backend,
                                   flx_uploaded_graph *out, flx_error *error);
void flx_device_graph_release(flx_uploaded_graph *placed); /* an empty one is fine */
#endif
