/* SPDX-License-Identifier: MIT
 * A trained model as a graph that a device evaluates (kernels/device_graph.h): the
 * inference graph, or all graphs of an ensemble side by side, level by level, with the
 * columns that tuning sets. What a device predicts from it is what
 * flx_target_predictor_predict does, but for the last bits of exp and log. */
#ifndef FLX_COMPILED_GRAPH_H
#define FLX_COMPILED_GRAPH_H

#include "host/model.h"
#include "host/tuning/search_space.h"
#include "kernels/backend.h"

typedef struct {
    flx_device_graph graph; /* points into what follows and the model */
    int n_members;
    flx_gp_condition *members; /* (n_members) of the posterior that `graph` is over;
                                  inputs and theta are the model's */
    double *targets;           /* what the members' problems point to */
} flx_compiled_graph;

enum { FLX_COMPILED_GRAPH_REASON = 256 };

/* table: a column a knob of the space, in its order, then the fixed states, whose values
 * stand in its first row; what it has no column for is missing. The model is borrowed
 * until the graph is destroyed; space and table are not kept. *out NULL and FLX_OK where
 * a device cannot evaluate one of the models: `reason` says which. FLX_BAD_INPUT where an
 * assignment has no model or a model is damaged. */
flx_status flx_compiled_graph_create(const flx_model *model,
                                     const flx_search_space *space,
                                     const flx_dataset *table, flx_compiled_graph **out,
                                     char reason[FLX_COMPILED_GRAPH_REASON],
                                     flx_error *error);
void flx_compiled_graph_destroy(flx_compiled_graph *compiled); /* NULL is fine */
#endif
