/* SPDX-License-Identifier: MIT */
#include "host/inference.h"

#include "host/binding.h"
#include "host/feature.h"
#include "host/rule.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_ROWS = 2048,
    SAMPLED_ROWS = 64,
    BLOCK_COLUMNS = 256,
    SAMPLE_STREAM = 0x53414d50 /* "SAMP" */
};

struct flx_inference {
    const flx_model *model;
    flx_backend *backend;
    flx_gp_posterior *posterior;
    int *member;          /* (n_assignments) index into the posterior, -1: none */
    int *order;           /* (n_vertices) by level, then assignment: one run, one query */
    const flx_dataset *table;
    flx_binding *binding;
    flx_gp_query *queries; /* (n_vertices) */
};

/* One chunk of rows on its way through the graph. M = rows * samples columns. */
typedef struct {
    flx_inference *inference;
    flx_metric_source source;
    int first, rows, samples, columns;
    bool wants_variance;
    uint64_t seed;
    double *value;    /* (n_vertices, columns) */
    double *variance; /* (n_vertices, columns), or NULL */
    double *X;        /* queries of a level */
    double *mean, *spread, *slopes; /* their answers, standardised */
    size_t *at;       /* (n_vertices) first query of a vertex in X's level, in points */
    size_t *x_at, *slope_at; /* (n_vertices) first double of a vertex in X and slopes */
} chunk;

static void list_order(const flx_graph *graph, int *order)
{
    for (int v = 0; v < graph->n_vertices; v++)
        order[v] = v;
    for (int level = 0; level < graph->n_levels; level++)
        for (int i = graph->level_start[level] + 1; i < graph->level_start[level + 1]; i++) {
            int moving = order[i], j = i;
            int a = graph->vertices[moving].assignment;
            for (; j > graph->level_start[level] &&
                   graph->vertices[order[j - 1]].assignment > a;
                 j--)
                order[j] = order[j - 1];
            order[j] = moving;
        }
}

static flx_status condition_predictors(flx_inference *inference, double *targets,
                                       flx_gp_condition *members, flx_error *error)
{
    const flx_model *model = inference->model;
    int count = 0;
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_predictor *p = &model->predictors[a];
        inference->member[a] = -1;
        if (p->kind != FLX_PREDICTOR_GP)
            continue;
        for (int i = 0; i < p->n; i++)
            targets[i] = (p->y[i] - p->y_mean) / p->y_sd;
        members[count] = (flx_gp_condition){
            .problem = {p->n, p->n_features, p->is_isotropic, p->X, targets},
            .theta = p->theta,
            .jitter = p->jitter};
        targets += p->n;
        inference->member[a] = count++;
    }
    FLX_TRY(inference->backend->operations->condition(inference->backend, members, count,
                                                      &inference->posterior, error));
    for (int a = 0; a < model->graph->n_assignments; a++)
        if (inference->member[a] >= 0 && members[inference->member[a]].info)
            return flx_fail(error, FLX_NUMERIC,
                            "%s: the covariance of its model is not positive definite",
                            model->graph->assignments[a].name);
    return FLX_OK;
}

flx_status flx_inference_create(const flx_model *model, flx_backend *backend,
                                flx_inference **out, flx_error *error)
{
    *out = NULL;
    const flx_graph *graph = model->graph;
    size_t points = 1, vertices = (size_t)graph->n_vertices;
    for (int a = 0; a < graph->n_assignments; a++)
        points += (size_t)model->predictors[a].n;
    flx_inference *inference = calloc(1, sizeof *inference);
    double *targets = malloc(points * sizeof *targets);
    flx_gp_condition *members = calloc((size_t)graph->n_assignments, sizeof *members);
    bool is_whole = inference && targets && members;
    if (is_whole) {
        inference->model = model;
        inference->backend = backend;
        inference->member = calloc((size_t)graph->n_assignments, sizeof(int));
        inference->order = calloc(vertices, sizeof(int));
        inference->queries = calloc(vertices, sizeof *inference->queries);
        is_whole = inference->member && inference->order && inference->queries;
    }
    flx_status status = FLX_OK;
    if (!is_whole)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu vertices", vertices);
    else
        status = condition_predictors(inference, targets, members, error);
    if (status == FLX_OK)
        list_order(graph, inference->order);
    free(targets);
    free(members);
    if (status == FLX_OK)
        *out = inference;
    else
        flx_inference_destroy(inference);
    return status;
}

void flx_inference_destroy(flx_inference *inference)
{
    if (!inference)
        return;
    if (inference->posterior)
        inference->backend->operations->posterior_release(inference->posterior);
    flx_binding_destroy(inference->binding);
    free(inference->member);
    free(inference->order);
    free(inference->queries);
    free(inference);
}

flx_status flx_inference_bind(flx_inference *inference, const flx_dataset *table,
                              flx_error *error)
{
    flx_binding_destroy(inference->binding);
    inference->binding = NULL;
    inference->table = table;
    return flx_binding_create(inference->model->graph, inference->model->deployment, table,
                              &inference->binding, error);
}

static const flx_predictor *predictor_of(const chunk *c, int vertex)
{
    const flx_model *model = c->inference->model;
    return &model->predictors[model->graph->vertices[vertex].assignment];
}

static const flx_graph_assignment *assignment_of(const chunk *c, int vertex)
{
    const flx_graph *graph = c->inference->model->graph;
    return &graph->assignments[graph->vertices[vertex].assignment];
}

/* Raw inputs of a vertex at one column of the chunk. */
static void collect_raw(const chunk *c, int vertex, int column, double *raw)
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
static int points_of(const chunk *c, int vertex)
{
    bool is_leaf = c->inference->model->graph->vertices[vertex].level == 0 ||
                   c->source == FLX_FROM_MEASUREMENTS;
    return is_leaf ? c->rows : c->columns;
}

static bool is_gp(const chunk *c, int vertex)
{
    return predictor_of(c, vertex)->kind == FLX_PREDICTOR_GP;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Fills queries first .. last - 1 of one vertex, as far as it has so many. */
static flx_status fill_queries(chunk *c, int vertex, int first, int last)
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
static double carried_variance(const chunk *c, int vertex, int column, const double *slopes)
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
        double slope =
            p->y_sd * slopes[k] * flx_feature_slope(feature, c->value[cell]);
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

/* Stores mean and variance of the (log) output, or a draw from them. */
static void settle(chunk *c, int vertex, int column, double mean, double variance)
{
    const flx_predictor *p = predictor_of(c, vertex);
    size_t cell = (size_t)vertex * (size_t)c->columns + (size_t)column;
    if (c->samples > 1) {
        uint32_t row = (uint32_t)(c->first + column / c->samples);
        double z = flx_normal(c->seed, SAMPLE_STREAM, row,
                              (uint32_t)(column % c->samples), (uint32_t)vertex);
        mean += sqrt(variance) * z;
        c->value[cell] = p->is_log ? exp(mean) : mean;
        return;
    }
    double value = keep_within(p, p->is_log ? exp(mean) : mean);
    c->value[cell] = value;
    if (c->variance)
        c->variance[cell] = p->is_log ? variance * value * value : variance;
}

static void take_answers(chunk *c, int vertex, int first, int last)
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
static flx_status apply_rule(chunk *c, int vertex, int first, int last)
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

static void apply_constant(chunk *c, int vertex, int first, int last)
{
    const flx_predictor *p = predictor_of(c, vertex);
    for (int column = first; column < last; column++)
        settle(c, vertex, column, p->constant, p->variance);
}

/* Places of the level's vertices in X, answers and slopes. */
static void lay_out_level(chunk *c, int level)
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
static int list_queries(chunk *c, int level)
{
    flx_inference *inference = c->inference;
    const flx_graph *graph = inference->model->graph;
    int count = 0, last = -1;
    for (int i = graph->level_start[level]; i < graph->level_start[level + 1]; i++) {
        int v = inference->order[i], a = graph->vertices[v].assignment;
        if (!is_gp(c, v))
            continue;
        if (a == last) {
            inference->queries[count - 1].m += points_of(c, v);
            continue;
        }
        last = a;
        const flx_predictor *p = predictor_of(c, v);
        bool wants_slopes = c->variance && c->source == FLX_FROM_PREDICTIONS;
        inference->queries[count++] = (flx_gp_query){
            .member = inference->member[a],
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
static flx_status settle_vertex(chunk *c, int vertex, int first, int last)
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

/* Threads share a level's vertices in blocks of columns, so that the last levels, which have
 * one vertex, are shared too. */
static flx_status infer_level(chunk *c, int level, flx_error *error)
{
    flx_inference *inference = c->inference;
    const flx_graph *graph = inference->model->graph;
    int start = graph->level_start[level], threads = inference->backend->threads;
    int blocks = (c->columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
    int count = (graph->level_start[level + 1] - start) * blocks;
    bool has_failed = false;
    lay_out_level(c, level);
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads) reduction(|| : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (is_gp(c, v) && fill_queries(c, v, first, first + BLOCK_COLUMNS) != FLX_OK)
            has_failed = true;
    }
    int queries = list_queries(c, level);
    FLX_TRY(inference->backend->operations->predict(inference->posterior,
                                                    inference->queries, queries, error));
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads) reduction(|| : has_failed)
    for (int i = 0; i < count; i++) {
        int v = inference->order[start + i / blocks], first = i % blocks * BLOCK_COLUMNS;
        if (settle_vertex(c, v, first, smaller(first + BLOCK_COLUMNS, c->columns)) != FLX_OK)
            has_failed = true;
    }
    return has_failed ? flx_fail(error, FLX_NO_MEMORY, "out of memory for a prediction")
                      : FLX_OK;
}

static void release_chunk(chunk *c)
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
}

/* Room for `columns` columns of `rows` rows. */
static flx_status create_chunk(flx_inference *inference, int rows, int samples,
                               bool wants_variance, chunk *c, flx_error *error)
{
    const flx_graph *graph = inference->model->graph;
    size_t columns = (size_t)rows * (size_t)samples, widest[3] = {1, 1, 1};
    size_t vertices = (size_t)graph->n_vertices;
    *c = (chunk){.inference = inference, .samples = samples,
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
    if (c->value && (c->variance || !keeps_variance) && c->mean && c->spread && c->X &&
        c->slopes && c->at && c->x_at && c->slope_at)
        return FLX_OK;
    release_chunk(c);
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu predictions of %zu vertices",
                    columns, vertices);
}

static flx_status infer_chunk(chunk *c, int first, int rows, flx_error *error)
{
    c->first = first;
    c->rows = rows;
    c->columns = rows * c->samples;
    for (int level = 0; level < c->inference->model->graph->n_levels; level++)
        FLX_TRY(infer_level(c, level, error));
    return FLX_OK;
}

flx_status flx_inference_vertices(flx_inference *inference, flx_metric_source source,
                                  double *mean, double *variance, flx_error *error)
{
    int total = inference->table->rows;
    size_t vertices = (size_t)inference->model->graph->n_vertices;
    chunk c;
    FLX_TRY(create_chunk(inference, smaller(total, CHUNK_ROWS), 1, variance != NULL, &c,
                         error));
    c.source = source;
    flx_status status = FLX_OK;
    for (int first = 0; first < total && status == FLX_OK; first += CHUNK_ROWS) {
        int rows = smaller(total - first, CHUNK_ROWS);
        size_t bytes = (size_t)rows * sizeof(double);
        status = infer_chunk(&c, first, rows, error);
        for (size_t v = 0; v < vertices && status == FLX_OK; v++) {
            size_t to = v * (size_t)total + (size_t)first, from = v * (size_t)rows;
            memcpy(mean + to, c.value + from, bytes);
            if (variance)
                memcpy(variance + to, c.variance + from, bytes);
        }
    }
    release_chunk(&c);
    return status;
}

flx_status flx_inference_target(flx_inference *inference, double *mean, double *variance,
                                flx_error *error)
{
    int total = inference->table->rows;
    size_t output = (size_t)inference->model->graph->output;
    chunk c;
    FLX_TRY(create_chunk(inference, smaller(total, CHUNK_ROWS), 1, variance != NULL, &c,
                         error));
    flx_status status = FLX_OK;
    for (int first = 0; first < total && status == FLX_OK; first += CHUNK_ROWS) {
        int rows = smaller(total - first, CHUNK_ROWS);
        size_t bytes = (size_t)rows * sizeof(double), from = output * (size_t)rows;
        status = infer_chunk(&c, first, rows, error);
        if (status == FLX_OK)
            memcpy(mean + first, c.value + from, bytes);
        if (status == FLX_OK && variance)
            memcpy(variance + first, c.variance + from, bytes);
    }
    release_chunk(&c);
    return status;
}

flx_status flx_inference_sample(flx_inference *inference, int n_samples, uint64_t seed,
                                double *samples, flx_error *error)
{
    int total = inference->table->rows;
    size_t output = (size_t)inference->model->graph->output;
    if (n_samples < 2)
        return flx_fail(error, FLX_BAD_INPUT, "%d samples: at least 2 are needed",
                        n_samples);
    chunk c;
    FLX_TRY(create_chunk(inference, smaller(total, SAMPLED_ROWS), n_samples, true, &c,
                         error));
    c.seed = seed;
    flx_status status = FLX_OK;
    for (int first = 0; first < total && status == FLX_OK; first += SAMPLED_ROWS) {
        int rows = smaller(total - first, SAMPLED_ROWS);
        status = infer_chunk(&c, first, rows, error);
        if (status == FLX_OK)
            memcpy(samples + (size_t)first * (size_t)n_samples,
                   c.value + output * (size_t)c.columns,
                   (size_t)c.columns * sizeof(double));
    }
    release_chunk(&c);
    return status;
}

/* Newton on the distribution function, steps held to 1. */
double flx_normal_quantile(double p)
{
    double x = 0.0;
    for (int i = 0; i < 60; i++) {
        double cdf = 0.5 * erfc(-x / 1.4142135623730950488);
        double density = 0.39894228040143267794 * exp(-0.5 * x * x);
        double step = (cdf - p) / density;
        x -= step > 1.0 ? 1.0 : step < -1.0 ? -1.0 : step;
        if (fabs(step) < 1e-14)
            break;
    }
    return x;
}

void flx_inference_interval(const flx_inference *inference, double mean, double variance,
                            double level, double *lower, double *upper)
{
    const flx_model *model = inference->model;
    int output = model->graph->vertices[model->graph->output].assignment;
    double z = flx_normal_quantile(0.5 + 0.5 * level), sd = sqrt(variance);
    if (model->predictors[output].is_log && mean > 0) {
        *lower = mean * exp(-z * sd / mean);
        *upper = mean * exp(z * sd / mean);
    } else {
        *lower = mean - z * sd;
        *upper = mean + z * sd;
    }
}
