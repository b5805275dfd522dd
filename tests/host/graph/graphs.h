/* SPDX-License-Identifier: MIT
 * Graphs of tests: built from a few words, and looked into by name. */
#ifndef FLX_TEST_GRAPHS_H
#define FLX_TEST_GRAPHS_H

#include "host/graph.h"

/* The composed graph with the metrics in `words`, or with the target's alone (""). Must
 * succeed. */
flx_graph *build_graph(const flx_deployment *deployment, const char *words, bool paper);

int find_vertex(const flx_graph *graph, const char *name); /* or -1 */
/* The subset of an assignment, or NULL. */
const flx_input_subset *find_subset(const flx_input_subsets *subsets,
                                    const char *assignment);
#endif
