/* SPDX-License-Identifier: MIT
 * Which metrics of the services below the assignments of a graph read, where it is not
 * all of them: what input selection decided (host/training/metric_selection.h), kept
 * beside the graph so that it can be built again. */
#ifndef FLX_INPUT_SUBSET_H
#define FLX_INPUT_SUBSET_H

#include "formats/status.h"

#include <stdbool.h>

/* One assignment. */
typedef struct {
    char *assignment; /* "frontend:p90" */
    int n_labels;
    char *
        *labels; /* (n_labels) of the metrics it reads: "cartservice:p95"; may be none */
} flx_input_subset;

typedef struct {
    int count;
    flx_input_subset *list; /* (count) other assignments read all there is */
} flx_input_subsets;

flx_input_subsets *flx_input_subsets_create(void); /* none; NULL when out of memory */
void flx_input_subsets_destroy(flx_input_subsets *readings); /* NULL is fine */
flx_input_subsets *
flx_input_subsets_copy(const flx_input_subsets *readings); /* NULL: no memory */

/* A new entry without labels; both copy their text. False when out of memory. */
bool flx_input_subsets_add(flx_input_subsets *readings, const char *assignment);
bool flx_input_subsets_add_label(flx_input_subsets *readings,
                                 const char *label); /* to the newest */

/* The entry of an assignment, or NULL. */
const flx_input_subset *flx_input_subsets_find(const flx_input_subsets *readings,
                                               const char *assignment);
bool flx_input_subset_has(const flx_input_subset *reading, const char *label);
#endif
