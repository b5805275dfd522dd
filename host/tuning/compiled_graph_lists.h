/* SPDX-License-Identifier: MIT
 * The arrays of a compiled graph while it is made (host/tuning/compiled_graph.c,
 * host/tuning/compiled_graph_models.c). Inside the library. */
#ifndef FLX_COMPILED_GRAPH_LISTS_H
#define FLX_COMPILED_GRAPH_LISTS_H

#include "host/tuning/compiled_graph.h"

#include <stddef.h>

/* An array that grows. */
typedef struct {
    void *items;
    int count, capacity;
} flx_compiled_graph_list;

typedef struct {
    flx_compiled_graph_list columns, values, inputs, vertices, level_start, models,
        features, parameters, roots, nodes, targets, ranges;
    flx_compiled_graph_list members, outputs; /* flx_gp_condition; the members' targets */
} flx_compiled_graph_lists;

/* Copies of `count` items of that size behind the others, zeroed ones where `items` is
 * NULL; NULL when out of memory. Moves the array. */
void *flx_compiled_graph_add(flx_compiled_graph_list *list, const void *items, int count,
                             size_t size);

/* A trained model of an assignment as the next of lists->models. `reason`, where it is
 * one that a device cannot evaluate: then FLX_OK, and nothing is added. */
flx_status flx_compiled_graph_add_model(flx_compiled_graph_lists *lists,
                                        const flx_graph_assignment *assignment,
                                        const flx_hosted_model *hosted,
                                        char reason[FLX_COMPILED_GRAPH_REASON],
                                        flx_error *error);
#endif
