/* SPDX-License-Identifier: MIT */
#include "host/chunk.h"

#include "host/feature.h"
#include "host/rule.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK_COLUMNS = 256, SAMPLE_STREAM = 0x53414d50 /* "SAMP" */ };

static const flx_predictor *predictor_of(const flx_chunk *c, int vertex)
{
    const flx_model *model = c->inference->model;
    return &model->predictors[model->graph->vertices[vertex].assignment];
}

static const flx_graph_assignment *assignment_of(const flx_chunk *c, int vertex)
{
    const flx_graph *graph = c->inference->model->graph;
    return &graph->assignments[graph->vertices[vertex].assignment];
}

/* Raw inputs of a vertex at one column of the chunk. */
static void collect_raw(const flx_chunk *c, int vertex, int column, double *raw)
{
    const flx_vertex *v = &c->inference->model->graph->vertices[vertex];
    const flx_cell *cells = c->inference->binding->inputs[vertex];
    int n = assignment_of(c, vertex)->n_inputs;
    for (int i = 0; i < n; i++) {
        int from = v->sources[i].vertex;
        if (from >= 0 && c->source == FLX_FROM_PREDICTIONS)
            raw[i] = c->value[(size_t)from * (size_t)c->columns + (size_t)column];
        else
            raw[i] = flx_cell_value(cells[i], c->inference->table,
                                    c->first + column / c->samples);
    }
}

/* Vertices of level 0 see the same inputs in every sample: one query a row is enough. */
static int points_of(const flx_chunk *c, int vertex)
{
    bool is_leaf = c->inference->model->graph->vertices[vertex].level == 0 ||
                   c->source == FLX_FROM_MEASUREMENTS;
    return is_leaf ? c->rows : c->columns;
}

static bool is_gp(const flx_chunk *c, int vertex)
{
    return predictor_of(c, vertex)->kind == FLX_PREDICTOR_GP;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Fills queries first .. last - 1 of one vertex, as far as it has so many. */
static flx_status fill_queries(flx_chunk *c, int vertex, int first, int last)
{
    const flx_predictor *p = predictor_of(c, vertex);
    int points = points_of(c, vertex), stride = points == c->columns ? 1 : c->samples;
    last = smaller(last, points);
    double *raw = malloc(((size_t)p->n_inputs + 1) * sizeof *raw);
    if (!raw)
        return FLX_NO_MEMORY;
    double *X = c->X + c->x_at[vertex];
    for (int i = first; i < last; i++) {
        collect_raw(c, vertex, i * stride, raw);
        flx_features_apply(p, raw, 1, X + (size_t)i * (size_t)p->n_features);
    }
    free(raw);
    return FLX_OK;
}

/* Propagates the variance of predicted metrics through the slopes of one query. */
static double carried_variance(const flx_chunk *c, int vertex, int column,
                               const double *slopes)
{
    const flx_vertex *v = &c->inference->model->graph->vertices[vertex];
    const flx_predictor *p = predictor_of(c, vertex);
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

static double keep_within(const flx_predictor *p, double value)
{
    return value < p->output_low    ? p->output_low
           : value > p->output_high ? p->output_high
                                    : value;
}

/* Stores mean and variance of the (log) output, or a draw from them. Replicas share a model,
 * hence its error: one random number for all vertices of an assignment, or the errors would
 * seem to cancel in their service's mean. */
static void settle(flx_chunk *c, int vertex, int column, double mean, double variance)
{
    const flx_predictor *p = predictor_of(c, vertex);
    size_t cell = (size_t)vertex * (size_t)c->columns + (size_t)column;
    if (c->samples > 1) {
        int assignment = c->inference->model->graph->vertices[vertex].assignment;
        uint32_t row = (uint32_t)(c->first + column / c->samples);
        double z = flx_normal(c->seed, SAMPLE_STREAM, row,
                              (uint32_t)(column % c->samples), (uint32_t)assignment);
        mean += sqrt(variance) * z;
        mean = p->is_log ? exp(mean) : mean;
        c->value[cell] = p->output_low >= 0 && mean < 0 ? 0 : mean; /* latencies */
        return;
    }
    double value = keep_within(p, p->is_log ? exp(mean) : mean);
    c->value[cell] = value;
    if (c->variance)
        c->variance[cell] = p->is_log ? variance * value * value : variance;
}

static void take_answers(flx_chunk *c, int vertex, int first, int last)
{
    const flx_predictor *p = predictor_of(c, vertex);
    int points = points_of(c, vertex), stride = points == c->columns ? 1 : c->samples;
    const double *mean = c->mean + c->at[vertex], *spread = c->spread + c->at[vertex];
    for (int column = first; column < last; column++) {
        size_t i = (size_t)(column / stride);
        double variance = p->y_sd * p->y_sd * spread[i];
        if (c->variance && c->source == FLX_FROM_PREDICTIONS && p->n_metrics)
            variance += carried_variance(c, vertex, column,
                                         c->slopes + c->slope_at[vertex] +
                                             i * (size_t)p->n_metrics);
        settle(c, vertex, column, p->y_mean + p->y_sd * mean[i], variance);
    }
}

/* Weighted mean of the instances; their errors, from one shared model, add up. */
static flx_status apply_rule(flx_chunk *c, int vertex, int first, int last)
{
    const flx_graph_assignment *assignment = assignment_of(c, vertex);
    const flx_vertex *v = &c->inference->model->graph->vertices[vertex];
    size_t n = (size_t)assignment->n_inputs;
    double *raw = malloc((2 * n + 1) * sizeof *raw), *weights = raw + n;
    if (!raw)
        return FLX_NO_MEMORY;
    for (int column = first; column < last; column++) {
        size_t cell = (size_t)vertex * (size_t)c->columns + (size_t)column;
        collect_raw(c, vertex, column, raw);
        double mean = 0, deviation = 0;
        bool is_known = flx_rule_weigh(assignment, raw, weights);
        for (size_t k = 0; k < n && is_known; k++) {
            if (weights[k] <= 0)
                continue;
            mean += weights[k] * raw[k];
            int from = v->sources[k].vertex;
            if (c->variance && from >= 0 && c->source == FLX_FROM_PREDICTIONS)
                deviation +=
                    weights[k] *
                    sqrt(c->variance[(size_t)from * (size_t)c->columns + (size_t)column]);
        }
        c->value[cell] = is_known ? mean : NAN;
        if (c->variance)
            c->variance[cell] = deviation * deviation;
    }
    free(raw);
    return FLX_OK;
}

static void apply_constant(flx_chunk *c, int vertex, int first, int last)
{
    const flx_predictor *p = predictor_of(c, vertex);
    for (int column = first; column < last; column++)
        settle(c, vertex, column, p->constant, p->variance);
}

/* Places of the level's vertices in X, answers and slopes. */
static void lay_out_level(flx_chunk *c, int level)
{
    const flx_graph *graph = c->inference->model->graph;
    size_t points = 0, x = 0, slopes = 0;
    for (int i = graph->level_start[level]; i < graph->level_start[level + 1]; i++) {
        int v = c->inference->order[i];
        const flx_predictor *p = predictor_of(c, v);
        if (!is_gp(c, v))
            continue;
        size_t m = (size_t)points_of(c, v);
        c->at[v] = points;
        c->x_at[v] = x;
        c->slope_at[v] = slopes;
        points += m;
        x += m * (size_t)p->n_features;
        slopes += m * (size_t)p->n_metrics;
    }
}

/* Vertices that share an assignment stand in a row: one query for all of them. */
static int list_queries(flx_chunk *c, int level)
{
    const flx_inference *inference = c->inference;
    const flx_graph *graph = inference->model->graph;
    int count = 0, last = -1;
    for (int i = graph->level_start[level]; i < graph->level_start[level + 1]; i++) {
        int v = inference->order[i], a = graph->vertices[v].assignment;
        if (!is_gp(c, v))
            continue;
        if (a == last) {
            c->queries[count - 1].m += points_of(c, v);
            continue;
        }
        last = a;
        const flx_predictor *p = predictor_of(c, v);
        bool wants_slopes = c->variance && c->source == FLX_FROM_PREDICTIONS;
        c->queries[count++] =
            (flx_gp_query){.member = inference->member[a],
                           .m = points_of(c, v),
                           .queries = c->X + c->x_at[v],
                           .mean = c->mean + c->at[v],
                           .variance = c->wants_variance ? c->spread + c->at[v] : NULL,
                           .n_slopes = wants_slopes ? p->n_metrics : 0,
                           .slopes = c->slopes + c->slope_at[v]};
    }
    return count;
}

/* Mean, variance or draw of columns first .. last - 1 of one vertex. */
static flx_status settle_vertex(flx_chunk *c, int vertex, int first, int last)
{
    switch (predictor_of(c, vertex)->kind) {
    case FLX_PREDICTOR_GP:
        take_answers(c, vertex, first, last);
        return FLX_OK;
    case FLX_PREDICTOR_RULE:
        return apply_rule(c, vertex, first, last);
    default:
        apply_constant(c, vertex, first, last);
        return FLX_OK;
    }
}

/* Threads share a level's vertices in blocks of columns, so that the last levels, which
 * have one vertex, are shared too. */
static flx_status infer_level(flx_chunk *c, int level, flx_error *error)
{
    const flx_inference *inference = c->inference;
    const flx_graph *graph = inference->model->graph;
    int start = graph->level_start[level], threads = c->threads;
    int blocks = (c->columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
    int count = (graph->level_start[level + 1] - start) * blocks;
    bool has_failed = false;
    lay_out_level(c, level);
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)                       \
    reduction(||                                                                         \
              : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (is_gp(c, v) && fill_queries(c, v, first, first + BLOCK_COLUMNS) != FLX_OK)
            has_failed = true;
    }
    int queries = list_queries(c, level);
    FLX_TRY(inference->backend->operations->predict(inference->posterior, c->queries,
                                                    queries, error));
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)                       \
    reduction(||                                                                         \
              : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (settle_vertex(c, v, first, smaller(first + BLOCK_COLUMNS, c->columns)) !=
            FLX_OK)
            has_failed = true;
    }
    return has_failed ? flx_fail(error, FLX_NO_MEMORY, "out of memory for a prediction")
                      : FLX_OK;
}

void flx_chunk_release(flx_chunk *c)
{
    free(c->value);
    free(c->variance);
    free(c->X);
    free(c->mean);
    free(c->spread);
    free(c->slopes);
    free(c->at);
    free(c->x_at);
    free(c->slope_at);
    free(c->queries);
    *c = (flx_chunk){0};
}

/* Room for `columns` columns of `rows` rows. */
flx_status flx_chunk_create(const flx_inference *inference, int rows, int samples,
                            bool wants_variance, flx_chunk *c, flx_error *error)
{
    const flx_graph *graph = inference->model->graph;
    size_t columns = (size_t)rows * (size_t)samples, widest[3] = {1, 1, 1};
    size_t vertices = (size_t)graph->n_vertices;
    *c = (flx_chunk){.inference = inference,
                     .samples = samples,
                     .threads = inference->backend->threads,
                     .wants_variance = wants_variance || samples > 1};
    for (int level = 0; level < graph->n_levels; level++) {
        size_t sum[3] = {0, 0, 0};
        for (int v = graph->level_start[level]; v < graph->level_start[level + 1]; v++) {
            const flx_predictor *p = predictor_of(c, v);
            sum[0] += columns;
            sum[1] += columns * (size_t)p->n_features;
            sum[2] += columns * (size_t)p->n_metrics;
        }
        for (int k = 0; k < 3; k++)
            widest[k] = sum[k] > widest[k] ? sum[k] : widest[k];
    }
    c->value = malloc(vertices * columns * sizeof(double));
    bool keeps_variance = wants_variance && samples == 1;
    if (keeps_variance)
        c->variance = malloc(vertices * columns * sizeof(double));
    c->mean = malloc(widest[0] * sizeof(double));
    c->spread = calloc(widest[0], sizeof(double));
    c->X = malloc(widest[1] * sizeof(double));
    c->slopes = malloc(widest[2] * sizeof(double));
    c->at = calloc(vertices, sizeof *c->at);
    c->x_at = calloc(vertices, sizeof *c->x_at);
    c->slope_at = calloc(vertices, sizeof *c->slope_at);
    c->queries = calloc(vertices, sizeof *c->queries);
    if (c->value && (c->variance || !keeps_variance) && c->mean && c->spread && c->X &&
        c->slopes && c->at && c->x_at && c->slope_at && c->queries)
        return FLX_OK;
    flx_chunk_release(c);
    return flx_fail(error, FLX_NO_MEMORY,
                    "out of memory for %zu predictions of %zu vertices", columns,
                    vertices);
}

flx_status flx_chunk_infer(flx_chunk *c, int first, int rows, flx_error *error)
{
    c->first = first;
    c->rows = rows;
    c->columns = rows * c->samples;
    for (int level = 0; level < c->inference->model->graph->n_levels; level++)
        FLX_TRY(infer_level(c, level, error));
    return FLX_OK;
}
