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

static flx_status check_column(const flx_inference_device_graph *plan, int c,
                               flx_error *error)
{
    const flx_device_graph_column *column = &plan->columns[c];
    const flx_dimension *gene = &column->scale.gene;
    if (column->gene < -1 || column->gene >= plan->n_genes)
        return flx_fail(error, FLX_BAD_INPUT,
                        "column %d of the plan has gene %d, there are %d", c,
                        column->gene, plan->n_genes);
    if (column->gene < 0 || gene->kind == FLX_DIMENSION_CONTINUOUS)
        return FLX_OK;
    bool has_list = column->first_value != -1;
    double most = has_list ? plan->n_values : 9007199254740992.0;
    if (!(gene->levels >= 1 && gene->levels <= most) ||
        (has_list && !is_within(column->first_value, (int)gene->levels, plan->n_values)))
        return flx_fail(error, FLX_BAD_INPUT,
                        "column %d of the plan has %g levels from value %d of %d", c,
                        gene->levels, column->first_value, plan->n_values);
    return FLX_OK;
}

/* `below`: vertices of the levels below. */
static flx_status check_vertex(const flx_inference_device_graph *plan, int v, int below,
                               flx_error *error)
{
    const flx_device_graph_vertex *vertex = &plan->vertices[v];
    if (!is_within(vertex->first_input, vertex->n_inputs, plan->n_inputs) ||
        !is_within(vertex->first_model, vertex->n_models, plan->n_models) ||
        vertex->n_models < 1)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "vertex %d of the plan has %d inputs from %d of %d, %d models from "
            "%d of %d",
            v, vertex->n_inputs, vertex->first_input, plan->n_inputs, vertex->n_models,
            vertex->first_model, plan->n_models);
    for (int i = 0; i < vertex->n_inputs; i++) {
        const flx_device_graph_input *input = &plan->inputs[vertex->first_input + i];
        if (input->vertex < -1 || input->vertex >= below)
            return flx_fail(error, FLX_BAD_INPUT,
                            "vertex %d of the plan reads vertex %d, only %d are below it",
                            v, input->vertex, below);
        if (input->column < -1 || input->column >= plan->n_columns)
            return flx_fail(error, FLX_BAD_INPUT,
                            "vertex %d of the plan reads column %d of %d", v,
                            input->column, plan->n_columns);
    }
    return FLX_OK;
}

/* What a model reads of the inputs of a vertex. */
static flx_status check_reading(const flx_inference_device_graph *plan, int v, int m,
                                flx_error *error)
{
    const flx_device_graph_model *model = &plan->models[m];
    int n = plan->vertices[v].n_inputs;
    for (int k = 0; k < model->n_features; k++) {
        int input = plan->features[model->first_feature + k].input;
        if (!is_index(input, n))
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the plan reads input %d of the %d of vertex %d",
                            m, input, n, v);
    }
    if (model->kind == FLX_DEVICE_GRAPH_RULE &&
        (long long)model->n_metrics * (1 + (long long)model->n_blocks) > n)
        return flx_fail(error, FLX_BAD_INPUT,
                        "rule %d of the plan reads %d x %d inputs, vertex %d has %d", m,
                        model->n_metrics, 1 + model->n_blocks, v, n);
    return FLX_OK;
}

/* Walks go to later nodes only, hence end. */
static flx_status check_trees(const flx_inference_device_graph *plan, int m,
                              flx_error *error)
{
    const flx_device_graph_model *model = &plan->models[m];
    const flx_device_graph_node *nodes = plan->nodes + model->first_node;
    int n = model->n_nodes;
    for (int t = 0; t < model->n_roots; t++)
        if (!is_index(plan->roots[model->first_root + t], n))
            return flx_fail(error, FLX_BAD_INPUT,
                            "tree %d of model %d of the plan begins at node %d of %d", t,
                            m, plan->roots[model->first_root + t], n);
    for (int i = 0; i < n; i++) {
        const flx_device_graph_node *node = &nodes[i];
        bool is_behind = node->left > i && node->left < n && node->right > i &&
                         node->right < n && node->missing > i && node->missing < n;
        if (node->feature != -1 &&
            (!is_behind || !is_index(node->feature, model->n_features)))
            return flx_fail(
                error, FLX_BAD_INPUT,
                "node %d of %d of model %d of the plan splits feature %d of %d to "
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

static flx_status check_model(const flx_inference_device_graph *plan, int m, int members,
                              flx_error *error)
{
    const flx_device_graph_model *model = &plan->models[m];
    if (model->kind < FLX_DEVICE_GRAPH_GP || model->kind > FLX_DEVICE_GRAPH_TREES ||
        !is_within(model->first_feature, model->n_features, plan->n_features) ||
        !is_within(model->first_parameter, model->n_parameters, plan->n_parameters) ||
        !is_within(model->first_root, model->n_roots, plan->n_roots) ||
        !is_within(model->first_node, model->n_nodes, plan->n_nodes) ||
        model->n_parameters < count_parameters(model) || model->n_metrics < 0 ||
        model->n_blocks < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "model %d of the plan, of kind %d, has features, parameters or "
                        "nodes that are not there",
                        m, (int)model->kind);
    if (model->kind == FLX_DEVICE_GRAPH_GP && !is_index(model->member, members))
        return flx_fail(error, FLX_BAD_INPUT,
                        "model %d of the plan is member %d of a posterior of %d", m,
                        model->member, members);
    return model->kind == FLX_DEVICE_GRAPH_TREES ? check_trees(plan, m, error) : FLX_OK;
}

static flx_status check_levels(const flx_inference_device_graph *plan, flx_error *error)
{
    if (plan->n_vertices < 1 || plan->n_levels < 1 || plan->n_targets < 1 ||
        plan->n_columns < 0 || plan->n_genes < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "a plan of %d vertices on %d levels, %d targets, %d columns and "
                        "%d genes",
                        plan->n_vertices, plan->n_levels, plan->n_targets,
                        plan->n_columns, plan->n_genes);
    for (int level = 0; level <= plan->n_levels; level++) {
        int start = plan->level_start[level];
        int least = level == 0 ? 0 : plan->level_start[level - 1];
        int most = level == 0 ? 0 : plan->n_vertices;
        if (start < least || start > most ||
            (level == plan->n_levels && start != plan->n_vertices))
            return flx_fail(error, FLX_BAD_INPUT,
                            "level %d of the plan begins at vertex %d of %d", level,
                            start, plan->n_vertices);
    }
    return FLX_OK;
}

static flx_status check_answer(const flx_inference_device_graph *plan, flx_error *error)
{
    for (int t = 0; t < plan->n_targets; t++)
        if (!is_index(plan->targets[t].vertex, plan->n_vertices))
            return flx_fail(error, FLX_BAD_INPUT,
                            "target %d of the plan is vertex %d of %d", t,
                            plan->targets[t].vertex, plan->n_vertices);
    for (int r = 0; r < plan->n_ranges; r++)
        if (!is_index(plan->ranges[r].column, plan->n_columns))
            return flx_fail(error, FLX_BAD_INPUT,
                            "range %d of the plan is of column %d of %d", r,
                            plan->ranges[r].column, plan->n_columns);
    return FLX_OK;
}

flx_status flx_inference_device_graph_check(const flx_inference_device_graph *plan,
                                            int members, flx_error *error)
{
    FLX_TRY(check_levels(plan, error));
    for (int c = 0; c < plan->n_columns; c++)
        FLX_TRY(check_column(plan, c, error));
    for (int m = 0; m < plan->n_models; m++)
        FLX_TRY(check_model(plan, m, members, error));
    for (int level = 0; level < plan->n_levels; level++) {
        int start = plan->level_start[level];
        for (int v = start; v < plan->level_start[level + 1]; v++) {
            const flx_device_graph_vertex *vertex = &plan->vertices[v];
            FLX_TRY(check_vertex(plan, v, start, error));
            for (int k = 0; k < vertex->n_models; k++)
                FLX_TRY(check_reading(plan, v, vertex->first_model + k, error));
        }
    }
    return check_answer(plan, error);
}
