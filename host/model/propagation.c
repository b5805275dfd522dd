/* SPDX-License-Identifier: MIT
 * From the predictions of the models of a vertex to the vertex's value. Means are
 * weighted (paper 4.1, Eq. 2); the variance is that of their weighted
 * distributions taken together, and a draw comes from one of them, picked by weight. */
#include "host/model/row_batch.h"

#include "formats/memory.h"
#include "host/model/feature_transform.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLE_STREAM = 0x53414d50 /* "SAMP" */, PICK_STREAM = 0x5049434b /* "PICK" */ };

/* Of one model at one column, in the unit of the output. */
typedef struct {
    double value, variance;
} prediction;

/* Propagates the variance of predicted metrics through the slopes of one query. */
static double carried_variance(const flx_row_batch *batch, int vertex,
                               const flx_predictor *p, int column, const double *slopes)
{
    const flx_vertex *v = &batch->inference->graph->vertices[vertex];
    int first = p->n_features - p->n_metrics;
    double sum = 0;
    for (int k = 0; k < p->n_metrics; k++) {
        const flx_feature *feature = &p->features[first + k];
        int from = v->sources[feature->input].vertex;
        if (from < 0)
            continue;
        size_t cell = (size_t)from * (size_t)batch->columns + (size_t)column;
        double slope =
            p->y_sd * slopes[k] * flx_feature_slope(feature, batch->value[cell]);
        sum += slope * slope * batch->variance[cell];
    }
    return sum;
}

/* Mean and variance of the (log) output become a prediction, or a draw. Replicas share a
 * model, hence its error: one random number for all vertices of an assignment, or the
 * errors would seem to cancel in their service's mean. */
static prediction finish(const flx_row_batch *batch, int vertex, const flx_predictor *p,
                         int column, double mean, double variance)
{
    if (batch->samples > 1) {
        int assignment = batch->inference->graph->vertices[vertex].assignment;
        uint32_t row = (uint32_t)(batch->first + column / batch->samples);
        double z = flx_normal(batch->seed, SAMPLE_STREAM, row,
                              (uint32_t)(column % batch->samples), (uint32_t)assignment);
        mean += sqrt(variance) * z;
        mean = p->is_log ? exp(mean) : mean;
        return (prediction){p->output_low >= 0 && mean < 0 ? 0 : mean, 0}; /* latencies */
    }
    double value = flx_output_value(mean, p->is_log, p->output_low, p->output_high);
    return (prediction){value, p->is_log ? variance * value * value : variance};
}

/* Of a fitted model, from its place among the predictions of the level. */
static prediction read_prediction(const flx_row_batch *batch, int vertex, int slot,
                                  const flx_predictor *p, int column)
{
    const flx_batch_slot *s = &batch->slots[slot];
    int stride =
        flx_row_batch_points(batch, vertex) == batch->columns ? 1 : batch->samples;
    size_t i = (size_t)(column / stride);
    double variance = p->y_sd * p->y_sd * batch->spread[s->at + i];
    if (batch->variance && batch->source == FLX_FROM_PREDICTIONS && p->n_metrics)
        variance +=
            carried_variance(batch, vertex, p, column,
                             batch->slopes + s->slope_at + i * (size_t)p->n_metrics);
    return finish(batch, vertex, p, column, p->y_mean + p->y_sd * batch->mean[s->at + i],
                  variance);
}

/* Weighted mean of the instances; their errors, from one shared model, add up. `scratch`
 * (2 n_inputs). */
static prediction apply_rule(const flx_row_batch *batch, int vertex, int model,
                             int column, double *scratch)
{
    const flx_graph *graph = batch->inference->graph;
    const flx_vertex *v = &graph->vertices[vertex];
    const flx_graph_assignment *assignment = &graph->assignments[v->assignment];
    size_t n = (size_t)assignment->n_inputs;
    double *raw = scratch, *weights = scratch + n, mean = 0, deviation = 0;
    flx_row_batch_collect(batch, vertex, column, raw);
    if (!flx_aggregation_rule_weigh(assignment, raw, weights))
        return (prediction){NAN, 0};
    for (size_t k = 0; k < n; k++) {
        if (weights[k] <= 0)
            continue;
        mean += weights[k] * raw[k];
        int from = v->sources[k].vertex;
        if (batch->variance && from >= 0 && batch->source == FLX_FROM_PREDICTIONS)
            deviation +=
                weights[k] * sqrt(batch->variance[(size_t)from * (size_t)batch->columns +
                                                  (size_t)column]);
    }
    const flx_predictor *p =
        &flx_row_batch_models(batch, vertex)->models[model].predictor;
    const double as_it_is[] = {0, 1, 0};
    const double *line = p->n_parameters == 3 ? p->parameters : as_it_is;
    mean = line[0] + line[1] * mean;
    deviation *= line[1];
    if (batch->samples > 1)
        return finish(batch, vertex, p, column, mean, line[2]);
    return (prediction){mean, deviation * deviation + line[2]};
}

static prediction predict_one(const flx_row_batch *batch, int vertex, int model,
                              int column, double *scratch)
{
    const flx_predictor *p =
        &flx_row_batch_models(batch, vertex)->models[model].predictor;
    switch (p->kind) {
    case FLX_PREDICTOR_CONSTANT:
        return finish(batch, vertex, p, column, p->constant, p->variance);
    case FLX_PREDICTOR_RULE:
        return apply_rule(batch, vertex, model, column, scratch);
    default:
        return read_prediction(batch, vertex,
                               batch->inference->first_slot[vertex] + model, p, column);
    }
}

/* The model that a draw comes from. */
static int pick_model(const flx_row_batch *batch, int vertex, int column)
{
    const flx_learning_assignment *hosted = flx_row_batch_models(batch, vertex);
    int assignment = batch->inference->graph->vertices[vertex].assignment;
    uint32_t row = (uint32_t)(batch->first + column / batch->samples);
    double u = flx_uniform(batch->seed, PICK_STREAM, row,
                           (uint32_t)(column % batch->samples), (uint32_t)assignment);
    int k = 0;
    while (k < hosted->n_models - 1 && u >= hosted->models[k].weight)
        u -= hosted->models[k++].weight;
    return k;
}

/* Mean and variance of the weighted distributions of all models that can predict. */
static prediction combine(const flx_row_batch *batch, int vertex, int column,
                          double *scratch)
{
    const flx_learning_assignment *hosted = flx_row_batch_models(batch, vertex);
    double weight = 0, mean = 0, square = 0;
    for (int k = 0; k < hosted->n_models; k++) {
        prediction one = predict_one(batch, vertex, k, column, scratch);
        double w = isnan(one.value) ? 0 : hosted->models[k].weight;
        if (w <= 0)
            continue;
        double step = one.value - mean;
        weight += w;
        mean += step * w / weight;
        square += w * (one.variance + step * (one.value - mean));
    }
    return weight > 0 ? (prediction){mean, square / weight} : (prediction){NAN, 0};
}

flx_status flx_row_batch_propagate(flx_row_batch *batch, int vertex, int first, int last)
{
    const flx_graph *graph = batch->inference->graph;
    int n_inputs = graph->assignments[graph->vertices[vertex].assignment].n_inputs;
    bool is_single = flx_row_batch_models(batch, vertex)->n_models == 1;
    FLX_SCOPED double *scratch = NULL;
    if (!FLX_NEW(scratch, 2 * n_inputs))
        return FLX_NO_MEMORY;
    for (int column = first; column < last; column++) {
        size_t cell = (size_t)vertex * (size_t)batch->columns + (size_t)column;
        int model =
            is_single || batch->samples == 1 ? 0 : pick_model(batch, vertex, column);
        prediction found = is_single || batch->samples > 1
                               ? predict_one(batch, vertex, model, column, scratch)
                               : combine(batch, vertex, column, scratch);
        batch->value[cell] = found.value;
        if (batch->variance)
            batch->variance[cell] = found.variance;
    }
    return FLX_OK;
}
