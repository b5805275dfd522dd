/* SPDX-License-Identifier: MIT
 * From a deployment to vertices, learning assignments, edges and levels, and to the
 * columns of a table. The face of the room host/graph: what other rooms include. */
#ifndef FLX_FACE_GRAPH_H
#define FLX_FACE_GRAPH_H

#include "host/graph/aggregation_rule.h"
#include "host/graph/black_box_graph.h"
#include "host/graph/column_binding.h"
#include "host/graph/graph.h"
#include "host/graph/graph_pruning.h"
#include "host/graph/metric_list.h"
#include "host/graph/skip_graph.h"

#endif
