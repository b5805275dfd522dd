/* SPDX-License-Identifier: MIT
 * An ensemble of trees as the nodes that a plan has (kernels/device_graph.h), read from
 * XGBoost's own JSON: thresholds and leaves are the 32-bit floats that it computes with.
 */
#ifndef FLX_TREE_EXPORT_H
#define FLX_TREE_EXPORT_H

#include "host/regression/tree_ensemble.h"
#include "kernels/device_graph.h"

typedef struct {
    int n_roots, n_nodes;
    int *roots; /* (n_roots) */
    flx_device_graph_node
        *nodes;  /* (n_nodes) tree by tree, every node before its children */
    double base; /* what leaves are added to */
} flx_tree_nodes;

/* FLX_BAD_INPUT where the ensemble predicts more than one number or is none of trees
 * with numbers at their splits. *out is empty on failure. */
flx_status flx_tree_nodes_read(const flx_trees *trees, flx_tree_nodes *out,
                               flx_error *error);
void flx_tree_nodes_clear(flx_tree_nodes *nodes);
#endif
