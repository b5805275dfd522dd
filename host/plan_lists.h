/* SPDX-License-Identifier: MIT
 * The arrays of a plan while it is made (host/plan.c, host/plan_models.c). Inside the
 * library. */
#ifndef FLX_PLAN_LISTS_H
#define FLX_PLAN_LISTS_H

#include "host/plan.h"

#include <stddef.h>

/* An array that grows. */
typedef struct {
    void *items;
    int count, capacity;
} flx_plan_list;

typedef struct {
    flx_plan_list columns, values, inputs, vertices, levels, models, features, parameters,
        roots, nodes, targets, ranges;
    flx_plan_list members, outputs; /* flx_gp_condition; the members' targets */
} flx_plan_lists;

/* `count` items behind the others, zeroed; NULL when out of memory. Moves the array. */
void *flx_plan_add(flx_plan_list *list, int count, size_t size);
void flx_plan_lists_clear(flx_plan_lists *lists);

/* One hosted model of an assignment as the next of lists->models. `reason`, where it is
 * one that a device cannot evaluate: then FLX_OK, and nothing is added. */
flx_status flx_plan_add_model(flx_plan_lists *lists,
                              const flx_graph_assignment *assignment,
                              const flx_hosted_model *hosted,
                              char reason[FLX_PLAN_REASON], flx_error *error);
#endif
