/* SPDX-License-Identifier: MIT
 * Pruning of a graph (paper 3.1, "to prune unnecessary metrics and the corresponding
 * learning assignments"): assignments read only some of the metrics below, and what the
 * output then no longer needs goes. */
#ifndef FLX_GRAPH_PRUNING_H
#define FLX_GRAPH_PRUNING_H

#include "host/graph/graph.h"

/* Edges, vertices and assignments go; levels and counts are those of what remains, its
 * order stays. The graph keeps a copy of `subsets`. FLX_BAD_INPUT where they name an
 * assignment or a metric input that the graph has not; the graph is then no longer whole
 * and can only be destroyed. */
flx_status flx_graph_prune(flx_graph *graph, const flx_input_subsets *subsets,
                           flx_error *error);
#endif
