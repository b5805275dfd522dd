/* SPDX-License-Identifier: MIT
 * Memory of a graph's parts, for what builds and changes graphs. Inside the library. */
#ifndef FLX_GRAPH_PARTS_H
#define FLX_GRAPH_PARTS_H

#include "host/graph/graph.h"

/* Zeroed arrays, as long as the counts of the graph say. False when out of memory: what
 * there is until then is the graph's and goes with it. */
bool flx_graph_allocate(flx_graph *graph);

/* Sets n_inputs: the columns of the table that some vertex reads, each once. False when
 * out of memory. */
bool flx_graph_count_inputs(flx_graph *graph);

/* Each NULL is fine; the last two clear what the struct points to. */
void flx_assignment_inputs_free(flx_assignment_input *inputs, int count);
void flx_sources_free(flx_source *sources, int count);
void flx_graph_assignment_clear(flx_graph_assignment *assignment);
void flx_vertex_clear(flx_vertex *vertex, int n_inputs);
#endif
