/* SPDX-License-Identifier: MIT */
#include "tests/host/model/inference_bench.h"

#include "host/model/inference.h"

#include "host/graph/aggregation_rule.h"
#include "host/graph/column_binding.h"
#include "host/model/feature_transform.h"
#include "tests/close.h"
#include "tests/host/graph/graphs.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>

void bind_bench(inference_bench *b, const flx_dataset *table)
{
    flx_error error = {0};
    flx_inference_destroy(b->inference);
    assert_int(flx_inference_create(flx_model_graph(b->model), b->backend, table,
                                    &b->inference, &error),
               FLX_OK);
}

inference_bench begin_bench(int replicas, const char *transform, double noise, int rows)
{
    inference_bench b = {.backend = two_services_backend(1)};
    flx_dataset *training = two_services_rows(40, replicas, 1);
    for (int r = 0; r < 40; r++) {
        *two_services_cell(training, r, "web:p90") += noise * sin(37.0 * r);
        if (replicas == 1)
            *two_services_cell(training, r, "db:p90") += noise * sin(91.0 * r);
    }
    b.model =
        two_services_train(replicas, transform, training,
                           (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    b.table = two_services_rows(rows, replicas, 2);
    bind_bench(&b, b.table);
    flx_dataset_destroy(training);
    return b;
}

void finish_bench(inference_bench *b)
{
    flx_inference_destroy(b->inference);
    flx_dataset_destroy(b->table);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

double predict_by_hand(const inference_bench *b, const flx_predictor *p,
                       const double *raw, double *variance)
{
    double X[8], mean = NAN, spread = NAN,
                 *targets = malloc((size_t)p->n * sizeof(double));
    flx_error error = {0};
    flx_gp_posterior *posterior = NULL;
    for (int i = 0; i < p->n; i++)
        targets[i] = (p->y[i] - p->y_mean) / p->y_sd;
    flx_gp_condition member = {.problem = {.n = p->n,
                                           .d = p->n_features,
                                           .is_isotropic = p->is_isotropic,
                                           .covariance = p->covariance,
                                           .X = p->X,
                                           .y = targets},
                               .theta = p->theta,
                               .jitter = p->jitter};
    flx_features_apply(p, raw, 1, X);
    flx_gp_query query = {.m = 1, .queries = X, .mean = &mean, .variance = &spread};
    const struct flx_backend_operations *operations = b->backend->operations;
    assert_int(operations->condition(b->backend, &member, 1, &posterior, &error), FLX_OK);
    assert_int(operations->predict(posterior, &query, 1, &error), FLX_OK);
    operations->posterior_release(posterior);
    free(targets);
    if (variance)
        *variance = p->y_sd * p->y_sd * spread;
    mean = p->y_mean + p->y_sd * mean;
    mean = p->is_log ? exp(mean) : mean;
    return fmin(fmax(mean, p->output_low), p->output_high);
}

void collect_inputs(const inference_bench *b, const flx_column_binding *binding, int v,
                    int row, const double *values, double *raw)
{
    const flx_graph *graph = b->model->graph;
    const flx_vertex *vertex = &graph->vertices[v];
    for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++)
        raw[i] = vertex->sources[i].vertex >= 0
                     ? values[vertex->sources[i].vertex]
                     : flx_column_ref_value(binding->inputs[v][i], b->table, row);
}

void host_constant_beside(inference_bench *b)
{
    flx_learning_assignment *leaf =
        &b->model->assignments[b->model->graph->vertices[0].assignment];
    flx_hosted_model hosted = {
        .weight = 0.25,
        .predictor = {.kind = FLX_PREDICTOR_CONSTANT,
                      .n_inputs = leaf->models[0].predictor.n_inputs,
                      .constant = 13,
                      .variance = 4,
                      .output_low = -INFINITY,
                      .output_high = INFINITY}};
    flx_error error = {0};
    leaf->models[0].weight = 0.75;
    assert_int(flx_assignment_add(leaf, &hosted, &error), FLX_OK);
    bind_bench(b, b->table);
}
