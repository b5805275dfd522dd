/* SPDX-License-Identifier: MIT
 * An inference graph as numbers: what a device needs to predict the target of a composed
 * graph, or of several in an ensemble, from settings, level by level (paper 3.2.2),
 * without going back to the host. Means only: that is what a search for settings wants.
 * Indices instead of pointers; host/tuning/compiled_graph.h makes one of a trained model.
 *
 *   dimensions -> columns -> vertices, each a weighted mean of models (paper, Eq. 2)
 *         -> one target, or the weighted sum of several
 *
 * A value that is missing is NaN. Arrays are borrowed for the call. */
#ifndef FLX_KERNELS_DEVICE_GRAPH_H
#define FLX_KERNELS_DEVICE_GRAPH_H

#include "formats/status.h"
#include "kernels/formulas/feature.h"
#include "kernels/formulas/knob.h"

/* A column that vertices read: a knob, or a state that is held. */
typedef struct {
    int dimension; /* of the candidate; -1: always `value` */
    double value;  /* NaN: missing */
    flx_knob_scale scale;
    int first_value; /* in graph->values, what the dimension's levels stand for; -1: no
                        list */
} flx_device_graph_column;

/* One raw input of a vertex: another vertex, or a share of a column. */
typedef struct {
    int vertex, column; /* the one that is not -1; both -1: missing */
    double share;       /* of a column */
} flx_device_graph_input;

typedef struct {
    int first_input, n_inputs;
    int first_model, n_models; /* replicas have the same models */
} flx_device_graph_vertex;

/* A model predicts mean + sd * f, of which that is the logarithm where is_log, kept
 * within the range; a rule predicts f as it is. What f is: */
typedef enum {
    FLX_DEVICE_GRAPH_GP,       /* the mean of a member of the posterior at the features */
    FLX_DEVICE_GRAPH_CONSTANT, /* 0 */
    FLX_DEVICE_GRAPH_LINEAR,   /* parameters: intercept, a coefficient a feature */
    /* parameters: intercept and slope of the mean of the first n_metrics inputs, weighted
     * by rates. n_blocks blocks of n_metrics inputs follow; the rate of instance i is the
     * sum over them. Equal weights where n_blocks is 0 or a rate is not above 0. */
    FLX_DEVICE_GRAPH_RULE,
    /* parameters: base. Plus a leaf of every tree, in order, summed as 32-bit floats. */
    FLX_DEVICE_GRAPH_TREES
} flx_device_graph_kind;

typedef struct {
    flx_device_graph_kind kind;
    double weight; /* of a vertex's models; the only model counts whole */
    int member;    /* of the posterior, FLX_DEVICE_GRAPH_GP */
    int first_feature, n_features;
    int first_parameter, n_parameters;
    int n_metrics, n_blocks;                      /* FLX_DEVICE_GRAPH_RULE */
    int first_root, n_roots, first_node, n_nodes; /* FLX_DEVICE_GRAPH_TREES */
    int is_log;
    double mean, sd, low, high;
} flx_device_graph_model;

typedef struct {
    int input; /* of the vertex: 0 .. n_inputs - 1 */
    flx_scaling scaling;
} flx_device_graph_feature;

/* A split, or a leaf. Features are compared as 32-bit floats. Nodes and roots count from
 * the model's first node. */
typedef struct {
    int feature;              /* of the model: 0 .. n_features - 1; -1: a leaf */
    float value;              /* of a leaf; else features below it go left */
    int left, right, missing; /* nodes behind this one; missing: where NaN goes */
} flx_device_graph_node;

typedef struct {
    int vertex;
    double weight, extrapolating_weight;
} flx_device_graph_target;

/* A candidate extrapolates where a column lies outside of a range. */
typedef struct {
    int column;
    double share, low, high;
} flx_device_graph_range;

typedef struct {
    int n_dimensions, n_columns, n_values, n_inputs, n_vertices, n_levels, n_models;
    int n_features, n_parameters, n_roots, n_nodes, n_targets, n_ranges;
    int is_ensemble; /* the prediction is the weighted sum of all targets, each kept
                       within low
                       .. high; else the first target as it is */
    const flx_device_graph_column *columns;
    const double *values;
    const flx_device_graph_input *inputs;
    const flx_device_graph_vertex *vertices; /* by level */
    const int *level_start; /* (n_levels + 1) first vertex of every level */
    const flx_device_graph_model *models;
    const flx_device_graph_feature *features;
    const double *parameters;
    const int *roots;
    const flx_device_graph_node *nodes;
    const flx_device_graph_target *targets;
    const flx_device_graph_range *ranges;
    double low, high;
} flx_device_graph;

/* FLX_BAD_INPUT, with the place, for what is not a graph over `members` Gaussian
 * processes: an index out of range, a vertex that reads one of its own level or above, no
 * vertex, no target. */
flx_status flx_device_graph_check(const flx_device_graph *graph, int members,
                                  flx_error *error);
#endif
