/* SPDX-License-Identifier: MIT */
#include "tests/kernels/graph_reference.h"

#include "tests/close.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const flx_device_graph *graph;
    const flx_backend *backend;
    const flx_gp_posterior *posterior;
    const double *settings; /* of one candidate */
    double *values;         /* (n_vertices) */
} candidate;

static double raw_of(const candidate *c, const flx_device_graph_vertex *vertex, int input)
{
    const flx_device_graph_input *from = &c->graph->inputs[vertex->first_input + input];
    if (from->vertex >= 0)
        return c->values[from->vertex];
    return from->column < 0 ? NAN : from->share * c->settings[from->column];
}

static double predict_member(const candidate *c, int member, const double *features)
{
    double mean = NAN;
    flx_error error = {0};
    flx_gp_query query = {.member = member, .m = 1, .queries = features, .mean = &mean};
    assert_int(c->backend->operations->predict(c->posterior, &query, 1, &error), FLX_OK);
    return mean;
}

static double sum_leaves(const flx_device_graph *graph, const flx_device_graph_model *m,
                         const double *x)
{
    float sum = (float)graph->parameters[m->first_parameter];
    const flx_device_graph_node *nodes = graph->nodes + m->first_node;
    for (int t = 0; t < m->n_roots; t++) {
        const flx_device_graph_node *node = &nodes[graph->roots[m->first_root + t]];
        while (node->feature >= 0) {
            float value = (float)x[node->feature];
            node = &nodes[isnan(value)          ? node->missing
                          : value < node->value ? node->left
                                                : node->right];
        }
        sum += node->value;
    }
    return (double)sum;
}

static double fitted(const candidate *c, const flx_device_graph_vertex *vertex,
                     const flx_device_graph_model *m)
{
    const double *b = c->graph->parameters + m->first_parameter;
    double *x = calloc((size_t)m->n_features + 1, sizeof *x), sum = 0;
    for (int k = 0; k < m->n_features; k++) {
        const flx_device_graph_feature *f = &c->graph->features[m->first_feature + k];
        x[k] = flx_feature_value(f->scaling, raw_of(c, vertex, f->input));
    }
    if (m->kind == FLX_DEVICE_GRAPH_GP)
        sum = predict_member(c, m->member, x);
    if (m->kind == FLX_DEVICE_GRAPH_TREES)
        sum = sum_leaves(c->graph, m, x);
    if (m->kind == FLX_DEVICE_GRAPH_LINEAR)
        sum = b[0];
    for (int k = 0; k < m->n_features && m->kind == FLX_DEVICE_GRAPH_LINEAR; k++)
        sum += b[1 + k] * x[k];
    free(x);
    return flx_output_value(m->mean + m->sd * sum, m->is_log, m->low, m->high);
}

static double rate_of(const candidate *c, const flx_device_graph_vertex *vertex,
                      const flx_device_graph_model *m, int i)
{
    double sum = m->n_blocks == 0;
    for (int b = 1; b <= m->n_blocks; b++)
        sum += raw_of(c, vertex, b * m->n_metrics + i);
    return sum;
}

static double rule(const candidate *c, const flx_device_graph_vertex *vertex,
                   const flx_device_graph_model *m)
{
    double weights = 0, sum = 0;
    bool has_rates = true;
    for (int i = 0; i < m->n_metrics; i++)
        if (!isnan(raw_of(c, vertex, i)) && !(rate_of(c, vertex, m, i) > 0))
            has_rates = false;
    for (int i = 0; i < m->n_metrics; i++) {
        double metric = raw_of(c, vertex, i);
        double weight = has_rates ? rate_of(c, vertex, m, i) : 1;
        weights += isnan(metric) ? 0 : weight;
        sum += isnan(metric) ? 0 : weight * metric;
    }
    const double *line = c->graph->parameters + m->first_parameter;
    return line[0] + line[1] * (sum / weights);
}

static double predict_vertex(const candidate *c, const flx_device_graph_vertex *vertex)
{
    double weights = 0, sum = 0, value = NAN;
    for (int k = 0; k < vertex->n_models; k++) {
        const flx_device_graph_model *m = &c->graph->models[vertex->first_model + k];
        value =
            m->kind == FLX_DEVICE_GRAPH_RULE ? rule(c, vertex, m) : fitted(c, vertex, m);
        weights += isnan(value) ? 0 : m->weight;
        sum += isnan(value) ? 0 : m->weight * value;
    }
    return vertex->n_models == 1 ? value : sum / weights;
}

static double predict_target(const candidate *c)
{
    const flx_device_graph *graph = c->graph;
    bool is_extrapolating = false;
    double sum = 0;
    for (int r = 0; r < graph->n_ranges; r++) {
        const flx_device_graph_range *range = &graph->ranges[r];
        double value = range->share * c->settings[range->column];
        is_extrapolating = is_extrapolating || value < range->low || value > range->high;
    }
    if (!graph->is_ensemble)
        return c->values[graph->targets[0].vertex];
    for (int t = 0; t < graph->n_targets; t++) {
        const flx_device_graph_target *target = &graph->targets[t];
        double value = fmin(fmax(c->values[target->vertex], graph->low), graph->high);
        sum += (is_extrapolating ? target->extrapolating_weight : target->weight) * value;
    }
    return sum;
}

void graph_reference(const flx_device_graph *graph, const flx_backend *backend,
                     const flx_gp_posterior *posterior, const double *settings, int count,
                     double *mean)
{
    double *values = malloc((size_t)graph->n_vertices * sizeof *values);
    for (int i = 0; i < count; i++) {
        candidate c = {graph, backend, posterior,
                       settings + (size_t)i * (size_t)graph->n_columns, values};
        for (int v = 0; v < graph->n_vertices; v++)
            values[v] = predict_vertex(&c, &graph->vertices[v]);
        mean[i] = predict_target(&c);
    }
    free(values);
}

void graph_reference_columns(const flx_device_graph *graph, const double *dimensions,
                             double *settings)
{
    for (int c = 0; c < graph->n_columns; c++) {
        const flx_device_graph_column *column = &graph->columns[c];
        const double *list =
            column->first_value < 0 ? NULL : graph->values + column->first_value;
        settings[c] =
            column->dimension < 0
                ? column->value
                : flx_knob_setting(column->scale, list, dimensions[column->dimension]);
    }
}
