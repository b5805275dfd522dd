/* SPDX-License-Identifier: MIT
 * From the predictions of the models of one vertex to its value, by hand: a graph of one
 * vertex that hosts constants. */
#include "host/model/inference.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

/* One vertex without inputs. */
typedef struct {
    flx_graph_assignment assignment;
    flx_vertex vertex;
    int level_start[2];
    flx_graph graph;
    flx_hosted_model models[2];
    flx_learning_assignment hosted;
} fixture;

static char vertex_name[] = "web:p90";

static void begin(fixture *f, int count)
{
    *f = (fixture){.assignment = {.name = vertex_name},
                   .vertex = {.name = vertex_name, .instance = -1},
                   .level_start = {0, 1},
                   .hosted = {count, f->models}};
    f->graph = (flx_graph){.n_vertices = 1,
                           .vertices = &f->vertex,
                           .n_assignments = 1,
                           .assignments = &f->assignment,
                           .n_levels = 1,
                           .level_start = f->level_start};
}

static flx_hosted_model constant(double weight, double value, double variance)
{
    return (flx_hosted_model){.weight = weight,
                              .predictor = {.kind = FLX_PREDICTOR_CONSTANT,
                                            .constant = value,
                                            .variance = variance,
                                            .output_low = -INFINITY,
                                            .output_high = INFINITY}};
}

static flx_inference *open(const fixture *f, flx_backend *backend,
                           const flx_dataset *table)
{
    const flx_fitted_graph fitted = {NULL, &f->graph, &f->hosted};
    flx_inference *inference = NULL;
    flx_error error = {0};
    assert_int(flx_inference_create(fitted, backend, table, &inference, &error), FLX_OK);
    return inference;
}

/* Mean and variance of the first row; draws (samples) where wanted. */
static void predict(const fixture *f, double *mean, double *variance, int samples,
                    double *draws)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *table = two_services_rows(1, 1, 1);
    flx_inference *inference = open(f, backend, table);
    flx_error error = {0};
    assert_int(flx_inference_target(inference, mean, variance, &error), FLX_OK);
    if (samples)
        assert_int(flx_inference_sample(inference, samples, 5, draws, &error), FLX_OK);
    flx_inference_destroy(inference);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

/* 0.25 N(10, 1) + 0.75 N(14, 9): mean 13; variance 0.25 (1 + 9) + 0.75 (9 + 1). */
static void models_are_mixed_by_weight(void)
{
    fixture f;
    double mean, variance;
    begin(&f, 2);
    f.models[0] = constant(0.25, 10, 1);
    f.models[1] = constant(0.75, 14, 9);
    predict(&f, &mean, &variance, 0, NULL);
    assert_close(mean, 13, 1e-15, 0);
    assert_close(variance, 10, 1e-15, 0);
}

static void draws_pick_a_model_by_weight(void)
{
    enum { SAMPLES = 4000 };
    static double draws[SAMPLES];
    fixture f;
    double mean, variance;
    int low = 0;
    begin(&f, 2);
    f.models[0] = constant(0.25, 10, 0.01);
    f.models[1] = constant(0.75, 14, 0.01);
    predict(&f, &mean, &variance, SAMPLES, draws);
    for (int i = 0; i < SAMPLES; i++)
        low += draws[i] < 12;
    assert_close(low, 0.25 * SAMPLES, 0, 5 * sqrt(0.25 * 0.75 * SAMPLES));
}

/* exp(m), kept within its range; its variance to first order. */
static void logarithms_are_undone(void)
{
    fixture f;
    double mean, variance;
    begin(&f, 1);
    f.models[0] = constant(1, log(8), 0.25);
    f.models[0].predictor.is_log = true;
    predict(&f, &mean, &variance, 0, NULL);
    assert_close(mean, 8, 1e-14, 0);
    assert_close(variance, 0.25 * 64, 1e-14, 0);
    f.models[0].predictor.output_high = 6;
    predict(&f, &mean, &variance, 0, NULL);
    assert_close(mean, 6, 0, 0);
}

/* What was never below zero is not drawn there. */
static void latencies_are_not_negative(void)
{
    double draws[200], mean, variance;
    fixture f;
    int zeros = 0;
    begin(&f, 1);
    f.models[0] = constant(1, 0.1, 1);
    f.models[0].predictor.output_low = 0;
    predict(&f, &mean, &variance, 200, draws);
    for (int i = 0; i < 200; i++) {
        assert_true(draws[i] >= 0);
        zeros += draws[i] == 0;
    }
    assert_true(zeros > 50 && zeros < 150);
}

static void a_vertex_that_hosts_nothing_is_named(void)
{
    fixture f;
    flx_backend *backend = two_services_backend(1);
    flx_dataset *table = two_services_rows(1, 1, 1);
    flx_inference *inference = NULL;
    flx_error error = {0};
    begin(&f, 0);
    const flx_fitted_graph fitted = {NULL, &f.graph, &f.hosted};
    assert_int(flx_fitted_graph_find_empty(fitted), 0);
    assert_int(flx_inference_create(fitted, backend, table, &inference, &error),
               FLX_BAD_INPUT);
    assert_true(inference == NULL);
    assert_contains(error.message, "web:p90 hosts no model yet");
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

CU_TestInfo propagation_tests[] = {
    {"models are mixed by weight", models_are_mixed_by_weight},
    {"draws pick a model by weight", draws_pick_a_model_by_weight},
    {"logarithms are undone", logarithms_are_undone},
    {"latencies are not negative", latencies_are_not_negative},
    {"a vertex that hosts nothing is named", a_vertex_that_hosts_nothing_is_named},
    CU_TEST_INFO_NULL,
};
