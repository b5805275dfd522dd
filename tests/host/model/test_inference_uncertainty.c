/* SPDX-License-Identifier: MIT
 * The uncertainty of composed predictions against finite differences and samples. */
#include "host/model/inference.h"

#include "host/graph/aggregation_rule.h"
#include "host/graph/column_binding.h"
#include "host/model/feature_transform.h"
#include "tests/close.h"
#include "tests/host/graph/graphs.h"
#include "tests/host/model/inference_bench.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_variance(const char *transform)
{
    enum { ROWS = 6, DB = 0, WEB = 1 };
    inference_bench b = begin_bench(1, transform, 0.5, ROWS);
    const flx_graph *graph = b.model->graph;
    double mean[2 * ROWS], variance[2 * ROWS], raw[8], own = NAN;
    flx_column_binding *binding = NULL;
    flx_error error = {0};
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, mean, variance, &error),
        FLX_OK);
    assert_int(
        flx_column_binding_create(graph, b.model->deployment, b.table, &binding, &error),
        FLX_OK);
    const flx_predictor *web =
        &b.model->assignments[graph->vertices[WEB].assignment].models[0].predictor;
    assert_text(graph->vertices[WEB].name, "web:p90");
    int last = graph->assignments[graph->vertices[WEB].assignment].n_inputs - 1;
    for (int r = 0; r < ROWS; r++) {
        double values[2] = {mean[r], 0}, h = 1e-4;
        collect_inputs(&b, binding, WEB, r, values, raw);
        double at = predict_by_hand(&b, web, raw, &own);
        /* The variance of a logarithm counts in squares of the value. */
        own *= web->is_log ? at * at : 1;
        raw[last] = mean[r] + h;
        double up = predict_by_hand(&b, web, raw, NULL);
        raw[last] = mean[r] - h;
        double slope = (up - predict_by_hand(&b, web, raw, NULL)) / (2 * h);
        assert_true(fabs(slope) > 0.5); /* the true one is 1.5 */
        assert_close(variance[ROWS + r], own + slope * slope * variance[r], 1e-6, 0);
    }
    flx_column_binding_destroy(binding);
    finish_bench(&b);
}

static void variance_is_that_of_the_linearized_chain(void)
{
    check_variance("none");
    check_variance("log");
}

static void the_errors_of_replicas_add_up_in_their_rule(void)
{
    enum { ROWS = 5, VERTICES = 4 };
    inference_bench b = begin_bench(2, "none", 0.5, ROWS);
    double mean[VERTICES * ROWS], variance[VERTICES * ROWS];
    flx_error error = {0};
    int over = find_vertex(b.model->graph, "db:p90");
    int first = find_vertex(b.model->graph, "db/0:p90");
    int second = find_vertex(b.model->graph, "db/1:p90");
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, mean, variance, &error),
        FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        double rates[2] = {*two_services_cell(b.table, r, "db/0:rps"),
                           *two_services_cell(b.table, r, "db/1:rps")};
        double sum = rates[0] * sqrt(variance[first * ROWS + r]) +
                     rates[1] * sqrt(variance[second * ROWS + r]);
        double deviation = sum / (rates[0] + rates[1]);
        assert_true(variance[first * ROWS + r] > 0);
        assert_close(variance[over * ROWS + r], deviation * deviation, 1e-12, 0);
    }
    finish_bench(&b);
}

static void draws_come_from_all_models(void)
{
    enum { ROWS = 3, SAMPLES = 6000 };
    inference_bench b = begin_bench(1, "none", 0.3, ROWS);
    b.model->graph->output = 0; /* the leaf itself */
    host_constant_beside(&b);
    double mean[ROWS], variance[ROWS],
        *samples = malloc(ROWS * SAMPLES * sizeof *samples);
    flx_error error = {0};
    assert_int(flx_inference_target(b.inference, mean, variance, &error), FLX_OK);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, samples, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0, square = 0;
        for (int i = 0; i < SAMPLES; i++)
            sum += samples[r * SAMPLES + i] / SAMPLES;
        for (int i = 0; i < SAMPLES; i++)
            square += pow(samples[r * SAMPLES + i] - sum, 2) / SAMPLES;
        assert_close(sum, mean[r], 0, 5 * sqrt(variance[r] / SAMPLES));
        assert_close(square, variance[r], 0.15, 0);
    }
    b.model->graph->output = 1;
    free(samples);
    finish_bench(&b);
}

static void samples_agree_with_the_linearized_chain(void)
{
    enum { ROWS = 5, SAMPLES = 4000 };
    inference_bench b = begin_bench(1, "none", 0.5, ROWS);
    double mean[ROWS], variance[ROWS],
        *samples = malloc(ROWS * SAMPLES * sizeof *samples);
    flx_error error = {0};
    assert_int(flx_inference_target(b.inference, mean, variance, &error), FLX_OK);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, samples, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0, square = 0;
        for (int i = 0; i < SAMPLES; i++)
            sum += samples[r * SAMPLES + i] / SAMPLES;
        for (int i = 0; i < SAMPLES; i++)
            square += pow(samples[r * SAMPLES + i] - sum, 2) / SAMPLES;
        /* Five standard errors of the mean, and what bends on the way. */
        assert_close(sum, mean[r], 0, 5 * sqrt(variance[r] / SAMPLES) + 0.05);
        assert_close(square, variance[r], 0.15, 0);
    }
    free(samples);
    finish_bench(&b);
}

static void samples_depend_on_seed_row_and_number_only(void)
{
    enum { ROWS = 130, SAMPLES = 3, FEW = 70 };
    inference_bench b = begin_bench(2, "none", 0.5, ROWS);
    double all[ROWS * SAMPLES], again[ROWS * SAMPLES];
    int rows[FEW];
    flx_dataset *part = NULL;
    flx_error error = {0};
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, all, &error), FLX_OK);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, again, &error), FLX_OK);
    assert_int(memcmp(all, again, sizeof all), 0);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 4, again, &error), FLX_OK);
    for (int i = 0; i < ROWS * SAMPLES; i++)
        assert_true(all[i] != again[i]);
    for (int r = 0; r < FEW; r++)
        rows[r] = r;
    assert_int(flx_dataset_select_rows(b.table, rows, FEW, &part, &error), FLX_OK);
    bind_bench(&b, part);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, again, &error), FLX_OK);
    for (int i = 0; i < FEW * SAMPLES; i++)
        assert_close(again[i], all[i], 1e-12, 0);
    assert_int(flx_inference_sample(b.inference, 1, 3, again, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "at least 2");
    flx_dataset_destroy(part);
    finish_bench(&b);
}

CU_TestInfo inference_uncertainty_tests[] = {
    {"variance is that of the linearized chain",
     variance_is_that_of_the_linearized_chain},
    {"the errors of replicas add up in their rule",
     the_errors_of_replicas_add_up_in_their_rule},
    {"draws come from all models", draws_come_from_all_models},
    {"samples agree with the linearized chain", samples_agree_with_the_linearized_chain},
    {"samples depend on seed, row and number only",
     samples_depend_on_seed_row_and_number_only},
    CU_TEST_INFO_NULL,
};
