/* SPDX-License-Identifier: MIT */
#include "host/model/inference.h"

#include "host/model/row_batch.h"
#include "host/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 1024 }; /* times vertices and inputs: what a thread keeps at hand */

static void list_order(const flx_graph *graph, int *order)
{
    for (int v = 0; v < graph->n_vertices; v++)
        order[v] = v;
    for (int level = 0; level < graph->n_levels; level++)
        for (int i = graph->level_start[level] + 1; i < graph->level_start[level + 1];
             i++) {
            int moving = order[i], j = i;
            int a = graph->vertices[moving].assignment;
            for (; j > graph->level_start[level] &&
                   graph->vertices[order[j - 1]].assignment > a;
                 j--)
                order[j] = order[j - 1];
            order[j] = moving;
        }
}

/* Every hosted model: what the backend is to condition, and what else it needs to answer
 * queries. Returns how many members there are in *count. */
static flx_status prepare_models(flx_inference *inference, double *targets,
                                 flx_gp_condition *members, int *count, flx_error *error)
{
    const flx_model *model = inference->model;
    for (int a = 0; a < model->graph->n_assignments; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++) {
            const flx_predictor *p = &model->assignments[a].models[k].predictor;
            int hosted = inference->first_hosted[a] + k;
            const flx_regressor *kind = flx_regressor_of(p->kind);
            inference->member[hosted] = -1;
            if (kind && kind->prepare)
                FLX_TRY(kind->prepare(p, &inference->prepared[hosted], error));
            if (p->kind != FLX_PREDICTOR_GP)
                continue;
            for (int i = 0; i < p->n; i++)
                targets[i] = (p->y[i] - p->y_mean) / p->y_sd;
            members[*count] = (flx_gp_condition){
                .problem = {p->n, p->n_features, p->is_isotropic, p->X, targets},
                .theta = p->theta,
                .jitter = p->jitter};
            targets += p->n;
            inference->member[hosted] = (*count)++;
        }
    return FLX_OK;
}

static flx_status condition_models(flx_inference *inference, double *targets,
                                   flx_gp_condition *members, flx_error *error)
{
    const flx_model *model = inference->model;
    int count = 0;
    FLX_TRY(prepare_models(inference, targets, members, &count, error));
    FLX_TRY(inference->backend->operations->condition(inference->backend, members, count,
                                                      &inference->posterior, error));
    for (int a = 0; a < model->graph->n_assignments; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++) {
            int member = inference->member[inference->first_hosted[a] + k];
            if (member >= 0 && members[member].info)
                return flx_fail(
                    error, FLX_NUMERIC,
                    "%s: the covariance of its model is not positive definite",
                    model->graph->assignments[a].name);
        }
    return FLX_OK;
}

/* Numbers hosted models and slots. *points: training points of all Gaussian processes. */
static bool lay_out(flx_inference *inference, size_t *points)
{
    const flx_model *model = inference->model;
    const flx_graph *graph = model->graph;
    size_t assignments = (size_t)graph->n_assignments,
           vertices = (size_t)graph->n_vertices;
    inference->first_hosted = calloc(assignments + 1, sizeof(int));
    inference->first_slot = calloc(vertices + 1, sizeof(int));
    inference->order = calloc(vertices, sizeof(int));
    if (!inference->first_hosted || !inference->first_slot || !inference->order)
        return false;
    *points = 1;
    for (size_t a = 0; a < assignments; a++) {
        const flx_learning_assignment *hosting = &model->assignments[a];
        inference->first_hosted[a + 1] = inference->first_hosted[a] + hosting->n_models;
        for (int k = 0; k < hosting->n_models; k++)
            *points += (size_t)hosting->models[k].predictor.n;
    }
    for (size_t v = 0; v < vertices; v++)
        inference->first_slot[v + 1] =
            inference->first_slot[v] +
            model->assignments[graph->vertices[v].assignment].n_models;
    inference->n_slots = inference->first_slot[vertices];
    size_t hosted = (size_t)inference->first_hosted[assignments];
    inference->member = calloc(hosted, sizeof(int));
    inference->prepared = calloc(hosted, sizeof(void *));
    return inference->member && inference->prepared;
}

/* A vertex that was added to a graph hosts nothing before it is fitted. */
static flx_status check_hosted(const flx_model *model, flx_error *error)
{
    for (int a = 0; a < model->graph->n_assignments; a++)
        if (model->assignments[a].n_models == 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s hosts no model yet: fit it before the graph is asked",
                            model->graph->assignments[a].name);
    return FLX_OK;
}

flx_status flx_inference_create(const flx_model *model, flx_backend *backend,
                                flx_inference **out, flx_error *error)
{
    *out = NULL;
    FLX_TRY(check_hosted(model, error));
    flx_inference *inference = calloc(1, sizeof *inference);
    size_t points = 1;
    if (inference) {
        inference->model = model;
        inference->backend = backend;
    }
    flx_status status = FLX_OK;
    if (!inference || !lay_out(inference, &points)) {
        flx_inference_destroy(inference);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d vertices",
                        model->graph->n_vertices);
    }
    double *targets = malloc(points * sizeof *targets);
    flx_gp_condition *members = calloc(
        (size_t)inference->first_hosted[model->graph->n_assignments], sizeof *members);
    if (!targets || !members)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu points", points);
    else
        status = condition_models(inference, targets, members, error);
    list_order(model->graph, inference->order);
    free(targets);
    free(members);
    if (status == FLX_OK)
        *out = inference;
    else
        flx_inference_destroy(inference);
    return status;
}

static void release_prepared(flx_inference *inference)
{
    const flx_model *model = inference->model;
    for (int a = 0; a < model->graph->n_assignments && inference->prepared; a++)
        for (int k = 0; k < model->assignments[a].n_models; k++) {
            const flx_regressor *kind =
                flx_regressor_of(model->assignments[a].models[k].predictor.kind);
            void *state = inference->prepared[inference->first_hosted[a] + k];
            if (state)
                kind->release(state);
        }
}

void flx_inference_destroy(flx_inference *inference)
{
    if (!inference)
        return;
    release_prepared(inference);
    if (inference->posterior)
        inference->backend->operations->posterior_release(inference->posterior);
    flx_column_binding_destroy(inference->binding);
    free(inference->first_hosted);
    free(inference->first_slot);
    free(inference->member);
    free(inference->prepared);
    free(inference->order);
    free(inference);
}

flx_status flx_inference_bind(flx_inference *inference, const flx_dataset *table,
                              flx_error *error)
{
    flx_column_binding_destroy(inference->binding);
    inference->binding = NULL;
    inference->table = table;
    return flx_column_binding_create(inference->model->graph,
                                     inference->model->deployment, table,
                                     &inference->binding, error);
}

int flx_inference_count_absent(const flx_inference *inference, int *total)
{
    const flx_model *model = inference->model;
    int absent = 0;
    *total = 0;
    for (int v = 0; v < model->graph->n_vertices; v++) {
        const flx_predictor *p =
            flx_model_leading(model, model->graph->vertices[v].assignment);
        for (int k = 0; k < p->n_features - p->n_metrics; k++) {
            int input = p->features[k].input;
            if (p->features[k].is_indicator ||
                model->graph->vertices[v].sources[input].vertex >= 0)
                continue;
            (*total)++;
            absent += inference->binding->inputs[v][input].column < 0;
        }
    }
    return absent;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* One run over all rows of the bound table. */
typedef struct {
    flx_inference *inference;
    flx_metric_source source;
    int samples;
    uint64_t seed;
    int vertex;       /* whose results are kept; -1: all of them */
    double *mean;     /* (kept vertices, rows * samples) */
    double *variance; /* likewise, or NULL */
} job;

/* Copies what the job keeps from a finished chunk. */
static void keep_chunk(const job *j, const flx_row_batch *c)
{
    int vertices = j->vertex < 0 ? j->inference->model->graph->n_vertices : 1;
    size_t total = (size_t)j->inference->table->rows * (size_t)j->samples;
    size_t first = (size_t)c->first * (size_t)j->samples, columns = (size_t)c->columns;
    for (int i = 0; i < vertices; i++) {
        size_t from = (size_t)(j->vertex < 0 ? i : j->vertex) * columns;
        size_t to = (size_t)i * total + first, bytes = columns * sizeof(double);
        memcpy(j->mean + to, c->value + from, bytes);
        if (j->variance)
            memcpy(j->variance + to, c->variance + from, bytes);
    }
}

/* Every `step`-th chunk of `rows` rows from number `chunk` on. */
static flx_status run_chunks(const job *j, int rows, int chunk, int step, int threads,
                             flx_error *error)
{
    flx_row_batch c;
    int total = j->inference->table->rows;
    FLX_TRY(flx_row_batch_create(j->inference, rows, j->samples, j->variance != NULL, &c,
                                 error));
    c.source = j->source;
    c.seed = j->seed;
    c.threads = threads;
    flx_status status = FLX_OK;
    for (int first = chunk * rows; first < total && status == FLX_OK;
         first += step * rows) {
        status = flx_row_batch_infer(&c, first, smaller(total - first, rows), error);
        if (status == FLX_OK)
            keep_chunk(j, &c);
    }
    flx_row_batch_release(&c);
    return status;
}

/* Where the backend answers several queries at once, threads take whole chunks through
 * all levels and never wait for each other; else they share the levels of one chunk. */
static flx_status run_job(const job *j, int chunk_rows, flx_error *error)
{
    int total = j->inference->table->rows, threads = j->inference->backend->threads;
    int streams = smaller(j->inference->backend->predict_streams, threads);
    int share = (total + streams - 1) / streams;
    int rows = smaller(share, chunk_rows);
    if (streams <= 1 || total < 2 * streams)
        return run_chunks(j, smaller(total, chunk_rows), 0, 1, threads, error);
    flx_status status = FLX_OK;
#pragma omp parallel for schedule(static, 1) num_threads(streams)
    for (int s = 0; s < streams; s++) {
        flx_error mine = {0};
        flx_status ended = run_chunks(j, rows, s, streams, 1, &mine);
        if (ended != FLX_OK) {
#pragma omp critical(flx_inference_status)
            status = flx_fail(error, ended, "%s", mine.message);
        }
    }
    return status;
}

flx_status flx_inference_vertices(flx_inference *inference, flx_metric_source source,
                                  double *mean, double *variance, flx_error *error)
{
    job j = {inference, source, 1, 0, -1, mean, variance};
    return run_job(&j, CHUNK_ROWS, error);
}

flx_status flx_inference_target(flx_inference *inference, double *mean, double *variance,
                                flx_error *error)
{
    job j = {inference, FLX_FROM_PREDICTIONS, 1, 0, inference->model->graph->output, mean,
             variance};
    return run_job(&j, CHUNK_ROWS, error);
}

flx_status flx_inference_sample(flx_inference *inference, int n_samples, uint64_t seed,
                                double *samples, flx_error *error)
{
    if (n_samples < 2)
        return flx_fail(error, FLX_BAD_INPUT, "%d samples: at least 2 are needed",
                        n_samples);
    job j = {inference,
             FLX_FROM_PREDICTIONS,
             n_samples,
             seed,
             inference->model->graph->output,
             samples,
             NULL};
    int rows = CHUNK_ROWS / n_samples;
    return run_job(&j, rows > 0 ? rows : 1, error);
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
    if (flx_model_leading(model, output)->is_log && mean > 0) {
        *lower = mean * exp(-z * sd / mean);
        *upper = mean * exp(z * sd / mean);
    } else {
        *lower = mean - z * sd;
        *upper = mean + z * sd;
    }
}
