/* SPDX-License-Identifier: MIT
 * From what the hosted models of a vertex answer to the vertex's value. Means are
 * weighted (paper 4.1, Eq. 2); the variance is that of the mixture of their
 * distributions, and a draw comes from one of them, picked by weight. */
#include "host/model/row_batch.h"

#include "host/graph.h"
#include "host/model/feature_transform.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLE_STREAM = 0x53414d50 /* "SAMP" */, PICK_STREAM = 0x5049434b /* "PICK" */ };

/* One model's answer at one column, in the unit of the output. */
typedef struct {
    double value, variance;
} answer;

/* Propagates the variance of predicted metrics through the slopes of one query. */
static double carried_variance(const flx_row_batch *c, int vertex, const flx_predictor *p,
                               int column, const double *slopes)
{
    const flx_vertex *v = &c->inference->graph->vertices[vertex];
    int first = p->n_features - p->n_metrics;
    double sum = 0;
    for (int k = 0; k < p->n_metrics; k++) {
        const flx_feature *feature = &p->features[first + k];
        int from = v->sources[feature->input].vertex;
        if (from < 0)
            continue;
        size_t cell = (size_t)from * (size_t)c->columns + (size_t)column;
        double slope = p->y_sd * slopes[k] * flx_feature_slope(feature, c->value[cell]);
        sum += slope * slope * c->variance[cell];
    }
    return sum;
}

/* Mean and variance of the (log) output become an answer, or a draw. Replicas share a
 * model, hence its error: one random number for all vertices of an assignment, or the
 * errors would seem to cancel in their service's mean. */
static answer settle(const flx_row_batch *c, int vertex, const flx_predictor *p,
                     int column, double mean, double variance)
{
    if (c->samples > 1) {
        int assignment = c->inference->graph->vertices[vertex].assignment;
        uint32_t row = (uint32_t)(c->first + column / c->samples);
        double z = flx_normal(c->seed, SAMPLE_STREAM, row,
                              (uint32_t)(column % c->samples), (uint32_t)assignment);
        mean += sqrt(variance) * z;
        mean = p->is_log ? exp(mean) : mean;
        return (answer){p->output_low >= 0 && mean < 0 ? 0 : mean, 0}; /* latencies */
    }
    double value = flx_output_value(mean, p->is_log, p->output_low, p->output_high);
    return (answer){value, p->is_log ? variance * value * value : variance};
}

/* What a fitted model said, from its place among the answers of the level. */
static answer take_answer(const flx_row_batch *c, int vertex, int slot,
                          const flx_predictor *p, int column)
{
    const flx_slot *s = &c->slots[slot];
    int stride = flx_row_batch_points(c, vertex) == c->columns ? 1 : c->samples;
    size_t i = (size_t)(column / stride);
    double variance = p->y_sd * p->y_sd * c->spread[s->at + i];
    if (c->variance && c->source == FLX_FROM_PREDICTIONS && p->n_metrics)
        variance += carried_variance(c, vertex, p, column,
                                     c->slopes + s->slope_at + i * (size_t)p->n_metrics);
    return settle(c, vertex, p, column, p->y_mean + p->y_sd * c->mean[s->at + i],
                  variance);
}

/* Weighted mean of the instances; their errors, from one shared model, add up. `scratch`
 * (2 n_inputs). */
static answer apply_rule(const flx_row_batch *c, int vertex, int model, int column,
                         double *scratch)
{
    const flx_graph *graph = c->inference->graph;
    const flx_vertex *v = &graph->vertices[vertex];
    const flx_graph_assignment *assignment = &graph->assignments[v->assignment];
    size_t n = (size_t)assignment->n_inputs;
    double *raw = scratch, *weights = scratch + n, mean = 0, deviation = 0;
    flx_row_batch_collect(c, vertex, column, raw);
    if (!flx_aggregation_rule_weigh(assignment, raw, weights))
        return (answer){NAN, 0};
    for (size_t k = 0; k < n; k++) {
        if (weights[k] <= 0)
            continue;
        mean += weights[k] * raw[k];
        int from = v->sources[k].vertex;
        if (c->variance && from >= 0 && c->source == FLX_FROM_PREDICTIONS)
            deviation +=
                weights[k] *
                sqrt(c->variance[(size_t)from * (size_t)c->columns + (size_t)column]);
    }
    const flx_predictor *p = &flx_row_batch_hosting(c, vertex)->models[model].predictor;
    const double as_it_is[] = {0, 1, 0};
    const double *line = p->n_parameters == 3 ? p->parameters : as_it_is;
    mean = line[0] + line[1] * mean;
    deviation *= line[1];
    if (c->samples > 1)
        return settle(c, vertex, p, column, mean, line[2]);
    return (answer){mean, deviation * deviation + line[2]};
}

static answer answer_of(const flx_row_batch *c, int vertex, int model, int column,
                        double *scratch)
{
    const flx_predictor *p = &flx_row_batch_hosting(c, vertex)->models[model].predictor;
    switch (p->kind) {
    case FLX_PREDICTOR_CONSTANT:
        return settle(c, vertex, p, column, p->constant, p->variance);
    case FLX_PREDICTOR_RULE:
        return apply_rule(c, vertex, model, column, scratch);
    default:
        return take_answer(c, vertex, c->inference->first_slot[vertex] + model, p,
                           column);
    }
}

/* The model that a draw comes from. */
static int pick_model(const flx_row_batch *c, int vertex, int column)
{
    const flx_learning_assignment *hosting = flx_row_batch_hosting(c, vertex);
    int assignment = c->inference->graph->vertices[vertex].assignment;
    uint32_t row = (uint32_t)(c->first + column / c->samples);
    double u = flx_uniform(c->seed, PICK_STREAM, row, (uint32_t)(column % c->samples),
                           (uint32_t)assignment);
    int k = 0;
    while (k < hosting->n_models - 1 && u >= hosting->models[k].weight)
        u -= hosting->models[k++].weight;
    return k;
}

/* Mean and variance of the mixture of all models that know an answer. */
static answer mix_answers(const flx_row_batch *c, int vertex, int column, double *scratch)
{
    const flx_learning_assignment *hosting = flx_row_batch_hosting(c, vertex);
    double weight = 0, mean = 0, square = 0;
    for (int k = 0; k < hosting->n_models; k++) {
        answer a = answer_of(c, vertex, k, column, scratch);
        double w = isnan(a.value) ? 0 : hosting->models[k].weight;
        if (w <= 0)
            continue;
        double step = a.value - mean;
        weight += w;
        mean += step * w / weight;
        square += w * (a.variance + step * (a.value - mean));
    }
    return weight > 0 ? (answer){mean, square / weight} : (answer){NAN, 0};
}

flx_status flx_row_batch_propagate(flx_row_batch *c, int vertex, int first, int last)
{
    const flx_graph *graph = c->inference->graph;
    int n_inputs = graph->assignments[graph->vertices[vertex].assignment].n_inputs;
    bool is_single = flx_row_batch_hosting(c, vertex)->n_models == 1;
    double *scratch = malloc((2 * (size_t)n_inputs + 1) * sizeof *scratch);
    if (!scratch)
        return FLX_NO_MEMORY;
    for (int column = first; column < last; column++) {
        size_t cell = (size_t)vertex * (size_t)c->columns + (size_t)column;
        int model = is_single || c->samples == 1 ? 0 : pick_model(c, vertex, column);
        answer a = is_single || c->samples > 1
                       ? answer_of(c, vertex, model, column, scratch)
                       : mix_answers(c, vertex, column, scratch);
        c->value[cell] = a.value;
        if (c->variance)
            c->variance[cell] = a.variance;
    }
    free(scratch);
    return FLX_OK;
}
