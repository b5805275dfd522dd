/* SPDX-License-Identifier: MIT
 * A trained model as a plan for a device (kernels/plan.h): the inference graph, or all
 * graphs of a mixture side by side, level by level, with the columns that tuning binds.
 * What a device predicts from it is what flx_forecast_target does, but for the last bits
 * of exp and log. */
#ifndef FLX_PLANNING_H
#define FLX_PLANNING_H

#include "host/knob_space.h"
#include "host/model.h"
#include "kernels/backend.h"

typedef struct flx_plan {
    flx_inference_plan numbers; /* points into the plan */
    int n_members;
    flx_gp_condition *members; /* (n_members) of the posterior that `numbers` is over;
                                  inputs and theta are the model's */
    double *targets;           /* what the members' problems point to */
} flx_plan;

enum { FLX_PLAN_REASON = 256 };

/* table: a column a knob of the space, in its order, then the states that are held, whose
 * values stand in its first row; what it has no column for is missing. The model is
 * borrowed until the plan is destroyed; space and table are not kept. *out NULL and
 * FLX_OK where a device cannot evaluate one of the models: `reason` says which.
 * FLX_BAD_INPUT where an assignment hosts no model or a model is damaged. */
flx_status flx_plan_create(const flx_model *model, const flx_knob_space *space,
                           const flx_dataset *table, flx_plan **out,
                           char reason[FLX_PLAN_REASON], flx_error *error);
void flx_plan_destroy(flx_plan *plan); /* NULL is fine */

/* A plan on a backend. */
typedef struct {
    flx_backend *backend; /* borrowed */
    flx_gp_posterior *posterior;
    flx_resident_graph *graph;
} flx_placed_plan;

/* Conditions the members and creates the graph; `backend` has graph_create. FLX_NUMERIC
 * where a covariance is not positive definite. *out is empty on failure. */
flx_status flx_plan_place(flx_plan *plan, flx_backend *backend, flx_placed_plan *out,
                          flx_error *error);
void flx_plan_displace(flx_placed_plan *placed); /* an empty one is fine */
#endif
