/* SPDX-License-Identifier: MIT */
#include "kernels/device_graph.h"

#include <stdbool.h>

/* Whether first .. first + count - 1 are indices below n. */
static bool is_within(int first, int count, int n)
{
    return first >= 0 && count >= 0 && first <= n && count <= n - first;
}

static bool is_index(int index, int n)
{
    return index >= 0 && index < n;
}

static flx_status check_column(const flx_device_graph *graph, int c, flx_error *error)
{
    const flx_device_graph_column *column = &graph->columns[c];
    const flx_dimension *dimension = &column->scale.dimension;
    if (column->dimension < -1 || column->dimension >= graph->n_dimensions)
        return flx_fail(error, FLX_BAD_INPUT,
                        "column %d of the graph has dimension %d, there are %d", c,
                        column->dimension, graph->n_dimensions);
    if (column->dimension < 0 || dimension->kind == FLX_DIMENSION_CONTINUOUS)
        return FLX_OK;
    bool has_list = column->first_value != -1;
    double most = has_list ? graph->n_values : 9007199254740992.0;
    if (!(dimension->levels >= 1 && dimension->levels <= most) ||
        (has_list &&
         !is_within(column->first_value, (int)dimension->levels, graph->n_values)))
        return flx_fail(error, FLX_BAD_INPUT,
                        "column %d of the graph has %g levels from value %d of %d", c,
                        dimension->levels, column->first_value, graph->n_values);
    return FLX_OK;
}

/* `below`: vertices of the levels below. */
static flx_status check_vertex(const flx_device_graph *graph, int v, int below,
                               flx_error *error)
{
    const flx_device_graph_vertex *vertex = &graph->vertices[v];
    if (!is_within(vertex->first_input, vertex->n_inputs, graph->n_inputs) ||
        !is_within(vertex->first_model, vertex->n_models, graph->n_models) ||
        vertex->n_models < 1)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "vertex %d of the graph has %d inputs from %d of %d, %d models from "
            "%d of %d",
            v, vertex->n_inputs, vertex->first_input, graph->n_inputs, vertex->n_models,
            vertex->first_model, graph->n_models);
    for (int i = 0; i < vertex->n_inputs; i++) {
        const flx_device_graph_input *input = &graph->inputs[vertex->first_input + i];
        if (input->vertex < -1 || input->vertex >= below)
            return flx_fail(
                error, FLX_BAD_INPUT,
                "vertex %d of the graph reads vertex %d, only %d are below it", v,
                input->vertex, below);
        if (input->column < -1 || input->column >= graph->n_columns)
            return flx_fail(error, FLX_BAD_INPUT,
                            "vertex %d of the graph reads column %d of %d", v,
                            input->column, graph->n_columns);
    }
    return FLX_OK;
}

/* What a model reads of the inputs of a vertex. */
static flx_status check_inputs(const flx_device_graph *graph, int v, int m,
                               flx_error *error)
{
    const flx_device_graph_model *model = &graph->models[m];
    int n = graph->vertices[v].n_inputs;
    for (int k = 0; k < model->n_features; k++) {
        int input = graph->features[model->first_feature + k].input;
        if (!is_index(input, n))
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the graph reads input %d of the %d of vertex %d",
                            m, input, n, v);
    }
    if (model->kind == FLX_DEVICE_GRAPH_RULE &&
        (long long)model->n_metrics * (1 + (long long)model->n_blocks) > n)
        return flx_fail(error, FLX_BAD_INPUT,
                        "rule %d of the graph reads %d x %d inputs, vertex %d has %d", m,
                        model->n_metrics, 1 + model->n_blocks, v, n);
    return FLX_OK;
}

/* Walks go to later nodes only, hence end. */
static flx_status check_trees(const flx_device_graph *graph, int m, flx_error *error)
{
    const flx_device_graph_model *model = &graph->models[m];
    const flx_device_graph_node *nodes = graph->nodes + model->first_node;
    int n = model->n_nodes;
    for (int t = 0; t < model->n_roots; t++)
        if (!is_index(graph->roots[model->first_root + t], n))
            return flx_fail(error, FLX_BAD_INPUT,
                            "tree %d of model %d of the graph begins at node %d of %d", t,
                            m, graph->roots[model->first_root + t], n);
    for (int i = 0; i < n; i++) {
        const flx_device_graph_node *node = &nodes[i];
        bool is_behind = node->left > i && node->left < n && node->right > i &&
                         node->right < n && node->missing > i && node->missing < n;
        if (node->feature != -1 &&
            (!is_behind || !is_index(node->feature, model->n_features)))
            return flx_fail(
                error, FLX_BAD_INPUT,
                "node %d of %d of model %d of the graph splits feature %d of %d to "
                "%d, %d and %d",
                i, n, m, node->feature, model->n_features, node->left, node->right,
                node->missing);
    }
    return FLX_OK;
}

/* Parameters that a kind needs. */
static int count_parameters(const flx_device_graph_model *model)
{
    switch (model->kind) {
    case FLX_DEVICE_GRAPH_LINEAR:
        return 1 + model->n_features;
    case FLX_DEVICE_GRAPH_RULE:
        return 2;
    case FLX_DEVICE_GRAPH_TREES:
        return 1;
    default:
        return 0;
    }
}

static flx_status check_model(const flx_device_graph *graph, int m, int members,
                              flx_error *error)
{
    const flx_device_graph_model *model = &graph->models[m];
    if (model->kind < FLX_DEVICE_GRAPH_GP || model->kind > FLX_DEVICE_GRAPH_TREES ||
        !is_within(model->first_feature, model->n_features, graph->n_features) ||
        !is_within(model->first_parameter, model->n_parameters, graph->n_parameters) ||
        !is_within(model->first_root, model->n_roots, graph->n_roots) ||
        !is_within(model->first_node, model->n_nodes, graph->n_nodes) ||
        model->n_parameters < count_parameters(model) || model->n_metrics < 0 ||
        model->n_blocks < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "model %d of the graph, of kind %d, has features, parameters or "
                        "nodes that are not there",
                        m, (int)model->kind);
    if (model->kind == FLX_DEVICE_GRAPH_GP && !is_index(model->member, members))
        return flx_fail(error, FLX_BAD_INPUT,
                        "model %d of the graph is member %d of a posterior of %d", m,
                        model->member, members);
    return model->kind == FLX_DEVICE_GRAPH_TREES ? check_trees(graph, m, error) : FLX_OK;
}

static flx_status check_levels(const flx_device_graph *graph, flx_error *error)
{
    if (graph->n_vertices < 1 || graph->n_levels < 1 || graph->n_targets < 1 ||
        graph->n_columns < 0 || graph->n_dimensions < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a graph of %d vertices on %d levels, %d targets, %d columns and "
                        "%d dimensions",
                        graph->n_vertices, graph->n_levels, graph->n_targets,
                        graph->n_columns, graph->n_dimensions);
    for (int level = 0; level <= graph->n_levels; level++) {
        int start = graph->level_start[level];
        int least = level == 0 ? 0 : graph->level_start[level - 1];
        int most = level == 0 ? 0 : graph->n_vertices;
        if (start < least || start > most ||
            (level == graph->n_levels && start != graph->n_vertices))
            return flx_fail(error, FLX_BAD_INPUT,
                            "level %d of the graph begins at vertex %d of %d", level,
                            start, graph->n_vertices);
    }
    return FLX_OK;
}

static flx_status check_targets(const flx_device_graph *graph, flx_error *error)
{
    for (int t = 0; t < graph->n_targets; t++)
        if (!is_index(graph->targets[t].vertex, graph->n_vertices))
            return flx_fail(error, FLX_BAD_INPUT,
                            "target %d of the graph is vertex %d of %d", t,
                            graph->targets[t].vertex, graph->n_vertices);
    for (int r = 0; r < graph->n_ranges; r++)
        if (!is_index(graph->ranges[r].column, graph->n_columns))
            return flx_fail(error, FLX_BAD_INPUT,
                            "range %d of the graph is of column %d of %d", r,
                            graph->ranges[r].column, graph->n_columns);
    return FLX_OK;
}

flx_status flx_device_graph_check(const flx_device_graph *graph, int members,
                                  flx_error *error)
{
    FLX_TRY(check_levels(graph, error));
    for (int c = 0; c < graph->n_columns; c++)
        FLX_TRY(check_column(graph, c, error));
    for (int m = 0; m < graph->n_models; m++)
        FLX_TRY(check_model(graph, m, members, error));
    for (int level = 0; level < graph->n_levels; level++) {
        int start = graph->level_start[level];
        for (int v = start; v < graph->level_start[level + 1]; v++) {
            const flx_device_graph_vertex *vertex = &graph->vertices[v];
            FLX_TRY(check_vertex(graph, v, start, error));
            for (int k = 0; k < vertex->n_models; k++)
                FLX_TRY(check_inputs(graph, v, vertex->first_model + k, error));
        }
    }
    return check_targets(graph, error);
}
