/* SPDX-License-Identifier: MIT
 * Fills a graph's vertices, assignments, edges and levels from the plan of its groups.
 * Inside the library. */
#ifndef FLX_GRAPH_BUILDER_H
#define FLX_GRAPH_BUILDER_H

#include "host/graph/call_levels.h"
#include "host/graph/graph.h"

#include <stdbool.h>

/* The arrays of `graph` are allocated, zeroed, and as long as the plan says. Sets
 * first_instance and first_shown of the groups. False when out of memory: what was filled
 * until then is the graph's and goes with it. */
bool flx_graph_build_vertices(flx_graph *graph, flx_call_levels *groups, bool paper_mode);
#endif
