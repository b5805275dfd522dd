/* SPDX-License-Identifier: MIT */
#include "tests/kernels/graph_by_hand.h"

#include <math.h>

/* Knobs of every scale, then states: one held, one missing, rates of two instances. */
static const flx_device_graph_column columns[GRAPH_COLUMNS] = {
    {0, 0, {{FLX_DIMENSION_CONTINUOUS, 1, 0}, 0, 2, 10, 0}, -1},
    {1, 0, {{FLX_DIMENSION_CONTINUOUS, 1, 0}, 1, 1, 100, 4.605170185988092}, -1},
    {2, 0, {{FLX_DIMENSION_LEVELS, 5, 3}, 0, 3, 7, 0}, -1},
    {3, 0, {{FLX_DIMENSION_LEVELS, 4, 0}, 0, 1, 8, 0}, 0},
    {-1, 7, {{0}, 0, 0, 0, 0}, -1},
    {-1, NAN, {{0}, 0, 0, 0, 0}, -1},
    {-1, 30, {{0}, 0, 0, 0, 0}, -1},
    {-1, 10, {{0}, 0, 0, 0, 0}, -1},
};
static const double values[] = {1, 2, 4, 8};
static const flx_device_graph_input inputs[] = {
    /* 0: of an instance, and of the other one */
    {-1, 0, 1},
    {-1, 1, 1},
    {-1, 5, 1},
    {-1, 3, 0.5},
    {-1, 1, 1},
    {-1, 4, 1},
    /* 6: nothing that is known */
    {-1, -1, 1},
    {-1, 5, 1},
    /* 8: two instances and their rates; the same with one rate missing; three instances
     */
    {0, -1, 1},
    {1, -1, 1},
    {-1, 6, 1},
    {-1, 7, 0.5},
    {0, -1, 1},
    {1, -1, 1},
    {-1, 6, 1},
    {-1, 5, 1},
    {0, -1, 1},
    {4, -1, 1},
    {1, -1, 1},
    /* 19: of the last level */
    {5, -1, 1},
    {3, -1, 1},
    {-1, 2, 1},
    {6, -1, 1},
    {7, -1, 1},
    {-1, -1, 1},
};
/* {input, {indicator, logarithm, low, high, center, scale, fill}} */
static const flx_device_graph_feature features[] = {
    /* 0: of instances: scaled, a logarithm, whether it is missing */
    {0, {0, 0, 0, 10, 0, 1.0 / 10, 0}},
    {1, {0, 1, 0, 4, 1, 0.3, 0.5}},
    {2, {1, 0, 0, 1, 0.1, 0.8, 0}},
    /* 3: of two kinds at once */
    {0, {0, 0, 0, 10, 0, 1.0 / 10, 0}},
    {1, {0, 1, 0, 4, 1, 0.3, 0.5}},
    /* 5: of the last level: scaled, then as given with a fill */
    {0, {0, 0, 0, 30, 0, 1.0 / 30, 0}},
    {1, {0, 0, 0, 30, 0, 1.0 / 30, 0}},
    {2, {0, 0, 3, 7, 3, 1.0 / 4, 3}},
    {0, {0, 0, -100, 100, 0, 1, 0.25}},
    {1, {0, 0, -100, 100, 0, 1, 0.25}},
    {2, {0, 0, -100, 100, 0, 1, 0.25}},
};
static const double parameters[] = {/* 0: a plane */ 1,  2,   -3,
                                    /* 3: rules */ 0,    1,   0.5,  0.9,
                                    /* 7: base */ 0.125,
                                    /* 8 */ 1,           0.5, 0.25, 2};
static const int roots[] = {0, 3, 5};
static const flx_device_graph_node nodes[] = {
    {0, 0.5f, 1, 2, 2},  {-1, -0.5f, 0, 0, 0}, {-1, 0.75f, 0, 0, 0}, {2, 0.25f, 4, 5, 5},
    {-1, 0.1f, 0, 0, 0}, {1, 0.3f, 6, 7, 6},   {-1, -0.2f, 0, 0, 0}, {-1, 0.4f, 0, 0, 0},
};
static const flx_device_graph_model models[] = {
    {.kind = FLX_DEVICE_GRAPH_GP,
     .weight = 1,
     .n_features = 3,
     .mean = 12,
     .sd = 4,
     .low = 0,
     .high = 15},
    {.kind = FLX_DEVICE_GRAPH_CONSTANT,
     .weight = 1,
     .is_log = 1,
     .mean = 2.5,
     .low = 0,
     .high = 1e9},
    {.kind = FLX_DEVICE_GRAPH_GP,
     .weight = 0.25,
     .member = 1,
     .first_feature = 3,
     .n_features = 2,
     .mean = 10,
     .sd = 3,
     .low = -1e9,
     .high = 1e9},
    {.kind = FLX_DEVICE_GRAPH_LINEAR,
     .weight = 0.75,
     .first_feature = 3,
     .n_features = 2,
     .n_parameters = 3,
     .mean = 10,
     .sd = 5,
     .low = 9,
     .high = 16},
    {.kind = FLX_DEVICE_GRAPH_RULE,
     .weight = 1,
     .first_parameter = 3,
     .n_parameters = 2,
     .n_metrics = 2},
    {.kind = FLX_DEVICE_GRAPH_RULE,
     .weight = 1,
     .first_parameter = 3,
     .n_parameters = 2,
     .n_metrics = 2,
     .n_blocks = 1},
    {.kind = FLX_DEVICE_GRAPH_RULE,
     .weight = 1,
     .first_parameter = 5,
     .n_parameters = 2,
     .n_metrics = 3},
    {.kind = FLX_DEVICE_GRAPH_GP,
     .weight = 0.5,
     .member = 2,
     .first_feature = 5,
     .n_features = 3,
     .is_log = 1,
     .mean = 3,
     .sd = 0.4,
     .low = 0,
     .high = 60},
    {.kind = FLX_DEVICE_GRAPH_TREES,
     .weight = 0.5,
     .first_feature = 5,
     .n_features = 3,
     .first_parameter = 7,
     .n_parameters = 1,
     .n_roots = 3,
     .n_nodes = 8,
     .is_log = 1,
     .mean = 3,
     .sd = 0.4,
     .low = 0,
     .high = 60},
    {.kind = FLX_DEVICE_GRAPH_LINEAR,
     .weight = 1,
     .first_feature = 8,
     .n_features = 3,
     .first_parameter = 8,
     .n_parameters = 4,
     .mean = 0,
     .sd = 1,
     .low = 0,
     .high = 1e9},
};
static const flx_device_graph_vertex vertices[] = {
    /* level 0: two instances, a constant, two models at once, one that knows nothing */
    {0, 3, 0, 1},
    {3, 3, 0, 1},
    {0, 0, 1, 1},
    {0, 2, 2, 2},
    {6, 2, 4, 1},
    /* level 1: services */
    {8, 4, 5, 1},
    {12, 4, 5, 1},
    {16, 3, 6, 1},
    /* level 2 */
    {19, 3, 7, 2},
    {22, 3, 9, 1},
};
static const int level_start[] = {0, 5, 8, 10};
static const flx_device_graph_target targets[] = {{8, 0.7, 0.4}, {9, 0.3, 0.6}};
static const flx_device_graph_range ranges[] = {
    {0, 1, 1, 9}, {5, 1, 1, 2}, {1, 0.5, 0, 40}};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

const flx_device_graph graph_by_hand = {
    .n_dimensions = 4,
    .n_columns = GRAPH_COLUMNS,
    .n_values = COUNT(values),
    .n_inputs = COUNT(inputs),
    .n_vertices = COUNT(vertices),
    .n_levels = COUNT(level_start) - 1,
    .n_models = COUNT(models),
    .n_features = COUNT(features),
    .n_parameters = COUNT(parameters),
    .n_roots = COUNT(roots),
    .n_nodes = COUNT(nodes),
    .n_targets = COUNT(targets),
    .n_ranges = COUNT(ranges),
    .columns = columns,
    .values = values,
    .inputs = inputs,
    .vertices = vertices,
    .level_start = level_start,
    .models = models,
    .features = features,
    .parameters = parameters,
    .roots = roots,
    .nodes = nodes,
    .targets = targets,
    .ranges = ranges,
    .is_ensemble = 1,
    .low = 5,
    .high = 50,
};
