/* SPDX-License-Identifier: MIT
 * Predictors by themselves at rows of raw inputs: as in their graph, one as many. */
#include "host/model/predict_each.h"

#include "host/model/inference.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 7 };

static void predictions_are_those_of_the_graph(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *rows = two_services_rows(30, 1, 1),
                *table = two_services_rows(ROWS, 1, 2);
    flx_model *model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, backend);
    int a = flx_graph_find_assignment(model->graph, "db:p90");
    const flx_predictor *fitted = &model->assignments[a].models[0].predictor;
    const flx_predictor constant = {.kind = FLX_PREDICTOR_CONSTANT,
                                    .n_inputs = 2,
                                    .constant = 3,
                                    .output_low = -INFINITY,
                                    .output_high = INFINITY};
    const flx_predictor *const predictors[] = {fitted, &constant, fitted};
    double raw[2 * ROWS], graph[2 * ROWS], each[3 * ROWS];
    flx_error error = {0};
    for (int r = 0; r < ROWS; r++) {
        raw[2 * r] = *two_services_cell(table, r, "db:c");
        raw[2 * r + 1] = *two_services_cell(table, r, "db:rps");
    }
    assert_int(flx_predict_vertices(flx_model_graph(model), backend, table,
                                    FLX_FROM_MEASUREMENTS, graph, &error),
               FLX_OK);
    const flx_predictor_queries queries = {&model->graph->assignments[a], 3, predictors,
                                           ROWS, raw};
    assert_int(flx_predict_each(&queries, backend, each, &error), FLX_OK);
    assert_int(memcmp(each, graph, ROWS * sizeof *each), 0); /* db stands first */
    assert_int(memcmp(each, each + 2 * ROWS, ROWS * sizeof *each), 0);
    for (int r = 0; r < ROWS; r++)
        assert_close(each[ROWS + r], 3, 0, 0);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

/* The mean of two instances by their rates; NaN without any. */
static void a_rule_predicts_from_its_inputs(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_deployment *deployment = two_services(2, "none");
    flx_graph_scope scope = {0};
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(
        flx_model_build_graph(deployment, FLX_COMPOSED, false, &scope, &graph, &error),
        FLX_OK);
    int a = flx_graph_find_assignment(graph, "db:p90 over instances");
    const flx_graph_assignment *assignment = &graph->assignments[a];
    const flx_predictor rule = {.kind = FLX_PREDICTOR_RULE,
                                .n_inputs = assignment->n_inputs,
                                .output_low = -INFINITY,
                                .output_high = INFINITY};
    const flx_predictor *const predictors[] = {&rule};
    double raw[2 * 16] = {0}, mean[2];
    for (int i = 0; i < assignment->n_inputs; i++) {
        const char *label = assignment->inputs[i].label;
        bool is_first = strstr(label, "/0:") != NULL, is_rate = strstr(label, "rps");
        raw[i] = is_rate ? (is_first ? 30 : 10) : is_first ? 8 : 12;
        raw[assignment->n_inputs + i] = NAN;
    }
    const flx_predictor_queries queries = {assignment, 1, predictors, 2, raw};
    assert_int(flx_predict_each(&queries, backend, mean, &error), FLX_OK);
    assert_close(mean[0], (30 * 8 + 10 * 12) / 40.0, 1e-15, 0);
    assert_true(isnan(mean[1]));
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
    flx_backend_close(backend);
}

static void without_rows_there_is_nothing_to_do(void)
{
    const flx_predictor_queries queries = {0};
    flx_error error = {0};
    assert_int(flx_predict_each(&queries, NULL, NULL, &error), FLX_OK);
}

CU_TestInfo predict_each_tests[] = {
    {"predictions are those of the graph", predictions_are_those_of_the_graph},
    {"a rule predicts from its inputs", a_rule_predicts_from_its_inputs},
    {"without rows there is nothing to do", without_rows_there_is_nothing_to_do},
    CU_TEST_INFO_NULL,
};
