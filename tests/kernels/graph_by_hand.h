/* SPDX-License-Identifier: MIT
 * A graph with everything that a graph can have: knobs of every scale and a list, a
 * missing state, replicas, every kind of model, several models of a vertex, rules with
 * and without rates, indicators, logarithms, a weighted sum of two targets. */
#ifndef FLX_TEST_GRAPH_BY_HAND_H
#define FLX_TEST_GRAPH_BY_HAND_H

#include "kernels/device_graph.h"

enum {
    GRAPH_COLUMNS =
        8, /* four with dimensions; a state, a missing one, rates of two instances */
    GRAPH_MEMBERS = 3, /* of 3, 2 and 3 inputs */
    GRAPH_MODELS = 10,
    GRAPH_NODES = 8
};
extern const flx_device_graph graph_by_hand;
#endif
