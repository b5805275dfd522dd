/* SPDX-License-Identifier: MIT
 * Accuracy of a trained graph, its intervals, where modularity fails, and which rows are
 * left to test on. */
#include "host/evaluation/evaluation.h"
#include "host/evaluation/modularity.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRAINED = 40, TESTED = 30 };

typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *table;
} bench;

static bench begin(double noise)
{
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *rows = two_services_rows(TRAINED, 1, 1);
    b.table = two_services_rows(TESTED, 1, 2);
    for (int r = 0; r < TRAINED; r++)
        *two_services_cell(rows, r, "web:p90") += noise * sin(37.0 * r);
    for (int r = 0; r < TESTED; r++)
        *two_services_cell(b.table, r, "web:p90") += noise * sin(41.0 * r + 1);
    b.model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    flx_dataset_destroy(rows);
    return b;
}

static void finish(bench *b)
{
    flx_dataset_destroy(b->table);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

static flx_evaluation *evaluate(const bench *b)
{
    flx_evaluation *evaluation = NULL;
    flx_error error = {0};
    assert_int(
        flx_evaluate_model(b->model, b->backend, b->table, 1, NULL, &evaluation, &error),
        FLX_OK);
    assert_text(error.message, "");
    return evaluation;
}

static void errors_are_those_of_the_predictions(void)
{
    bench b = begin(0.5);
    flx_inference *inference = NULL;
    flx_error error = {0};
    double composed[2 * TESTED], measured[2 * TESTED], sums[2] = {0};
    *two_services_cell(b.table, 3, "web:p90") = NAN;
    flx_evaluation *evaluation = evaluate(&b);
    assert_int(flx_inference_create(flx_model_graph(b.model), b.backend, b.table,
                                    &inference, &error),
               FLX_OK);
    assert_int(
        flx_inference_vertices(inference, FLX_FROM_PREDICTIONS, composed, NULL, &error),
        FLX_OK);
    assert_int(
        flx_inference_vertices(inference, FLX_FROM_MEASUREMENTS, measured, NULL, &error),
        FLX_OK);
    for (int r = 0; r < TESTED; r++) {
        double actual = *two_services_cell(b.table, r, "web:p90");
        sums[0] += r == 3 ? 0 : fabs(composed[TESTED + r] - actual);
        sums[1] += r == 3 ? 0 : fabs(measured[TESTED + r] - actual);
    }
    assert_int(evaluation->graph.rows, TESTED - 1);
    assert_close(evaluation->graph.mae, sums[0] / (TESTED - 1), 1e-12, 0);
    assert_close(evaluation->graph_measured.mae, sums[1] / (TESTED - 1), 1e-12, 0);
    assert_int(evaluation->n_vertices, 2);
    assert_int(evaluation->composed[0].rows, TESTED);
    assert_close(evaluation->composed[1].mae, evaluation->graph.mae, 0, 0);
    assert_true(evaluation->graph.r2 > 0.9);
    flx_inference_destroy(inference);
    flx_evaluation_destroy(evaluation);
    finish(&b);
}

static void intervals_hold_about_what_they_say(void)
{
    bench b = begin(1.0);
    flx_evaluation *evaluation = evaluate(&b);
    /* 30 rows: 0.9 plus or minus three times 0.055, and the bend of 64 samples. */
    assert_true(evaluation->graph.coverage >= 0.7);
    flx_evaluation_destroy(evaluation);
    flx_target_predictor *forecast = NULL;
    flx_error error = {0};
    double lower[2][TESTED], upper[2][TESTED];
    assert_int(
        flx_target_predictor_create(b.model, b.backend, b.table, &forecast, &error),
        FLX_OK);
    for (int i = 0; i < 2; i++)
        assert_int(flx_target_predictor_intervals(forecast, i ? 0.99 : 0.5, 64, 3,
                                                  lower[i], upper[i], &error),
                   FLX_OK);
    for (int r = 0; r < TESTED; r++) {
        /* A normal's 99 % interval is 3.8 times as wide as its 50 % interval. */
        double ratio = (upper[1][r] - lower[1][r]) / (upper[0][r] - lower[0][r]);
        assert_true(ratio > 2.2 && ratio < 7);
    }
    flx_target_predictor_destroy(forecast);
    finish(&b);
}

static void a_table_without_the_target_is_refused(void)
{
    bench b = begin(0);
    flx_evaluation *evaluation = NULL;
    flx_error error = {0};
    two_services_fill(b.table, "web:p90", NAN);
    assert_int(
        flx_evaluate_model(b.model, b.backend, b.table, 1, NULL, &evaluation, &error),
        FLX_BAD_INPUT);
    assert_contains(error.message, "web:p90");
    assert_true(evaluation == NULL);
    finish(&b);
}

static void a_knob_of_another_service_shows_where_modularity_fails(void)
{
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *rows = two_services_rows(60, 1, 1);
    b.table = two_services_rows(TESTED, 1, 2);
    /* The caller's knob drives the database, as a throttled caller does. */
    for (int r = 0; r < 60; r++)
        *two_services_cell(rows, r, "db:p90") =
            10 + 5 * *two_services_cell(rows, r, "web:a");
    for (int r = 0; r < TESTED; r++)
        *two_services_cell(b.table, r, "db:p90") =
            10 + 5 * *two_services_cell(b.table, r, "web:a");
    b.model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    flx_evaluation *evaluation = evaluate(&b);
    assert_true(evaluation->measured[0].r2 < 0.2);
    assert_true(evaluation->r2_all_inputs[0] > 0.95);
    flx_evaluation_destroy(evaluation);
    flx_dataset_destroy(rows);
    finish(&b);
}

static void replicas_are_measured_against_all_inputs_too(void)
{
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *rows = two_services_rows(60, 2, 1);
    flx_error error = {0};
    double r2[4];
    b.table = two_services_rows(TESTED, 2, 2);
    b.model = two_services_train(
        2, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    assert_int(b.model->graph->n_vertices, 4);
    assert_int(flx_modularity_measure(b.model, b.backend, b.table, r2, &error), FLX_OK);
    assert_true(r2[3] > 0.9); /* the target, as a black box */
    for (int v = 0; v < 4; v++)
        assert_true(isfinite(r2[v]) && r2[v] <= 1);
    flx_dataset_destroy(rows);
    finish(&b);
}

static void other_rows_are_those_not_drawn(void)
{
    enum { ALL = 10 };
    bench b = begin(0);
    flx_dataset *source = two_services_rows(ALL, 1, 5), *others = NULL;
    flx_error error = {0};
    static const int drawn[] = {0, 3, 4, 9};
    flx_dataset_digest(source, b.model->source_digest);
    b.model->source_rows = ALL;
    b.model->n_drawn = 4;
    memcpy(b.model->drawn, drawn, sizeof drawn);
    assert_int(flx_other_rows(b.model, source, &others, &error), FLX_OK);
    static const int left[] = {1, 2, 5, 6, 7, 8};
    assert_int(others->rows, 6);
    for (int i = 0; i < 6; i++)
        assert_close(*two_services_cell(others, i, "db:c"),
                     *two_services_cell(source, left[i], "db:c"), 0, 0);
    flx_dataset_destroy(others);
    /* Another table, however alike, is refused. */
    *two_services_cell(source, 9, "db:c") += 1e-12;
    assert_int(flx_other_rows(b.model, source, &others, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "the very table");
    assert_true(others == NULL);
    *two_services_cell(source, 9, "db:c") = 0.5;
    flx_dataset_digest(source, b.model->source_digest);
    b.model->n_drawn = ALL;
    for (int i = 0; i < ALL; i++)
        b.model->drawn[i] = i;
    error = (flx_error){0};
    assert_int(flx_other_rows(b.model, source, &others, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "none is left");
    flx_dataset_destroy(source);
    finish(&b);
}

CU_TestInfo evaluation_tests[] = {
    {"errors are those of the predictions", errors_are_those_of_the_predictions},
    {"intervals hold about what they say", intervals_hold_about_what_they_say},
    {"a table without the target is refused", a_table_without_the_target_is_refused},
    {"a knob of another service shows where modularity fails",
     a_knob_of_another_service_shows_where_modularity_fails},
    {"replicas are measured against all inputs too",
     replicas_are_measured_against_all_inputs_too},
    {"other rows are those not drawn", other_rows_are_those_not_drawn},
    CU_TEST_INFO_NULL,
};
