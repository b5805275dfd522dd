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
    char **labels; /* (n_labels) the metrics that it reads: "cartservice:p95" */
} flx_input_subset;

typedef struct {
    int count;
    flx_input_subset *list; /* (count) other assignments read all there is */
} flx_input_subsets;

/* An empty list, and a copy; NULL when out of memory. */
flx_input_subsets *flx_input_subsets_create(void);
flx_input_subsets *flx_input_subsets_copy(const flx_input_subsets *subsets);
void flx_input_subsets_destroy(flx_input_subsets *subsets); /* NULL is fine */

/* A new subset without labels, and a label of the newest; both copy their text. False
 * when out of memory. */
bool flx_input_subsets_add(flx_input_subsets *subsets, const char *assignment);
bool flx_input_subsets_add_label(flx_input_subsets *subsets, const char *label);

bool flx_input_subset_has(const flx_input_subset *subset, const char *label);
#endif
