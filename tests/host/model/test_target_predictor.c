/* SPDX-License-Identifier: MIT
 * The target of a model: of a graph as its inference, of an ensemble as its members
 * weighted by hand; intervals. */
#include "host/model/target_predictor.h"

#include "host/model/ensemble.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 9 };

typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *table;
} fixture;

static fixture begin(bool hosts_ensemble)
{
    fixture f = {.backend = two_services_backend(1),
                 .table = two_services_rows(ROWS, 1, 2)};
    flx_dataset *rows = two_services_rows(30, 1, 1);
    f.model = two_services_train(1, "none", rows,
                                 (flx_training_options){.prior = FLX_PRIOR_DENSITY,
                                                        .hosts_ensemble = hosts_ensemble},
                                 f.backend);
    flx_dataset_destroy(rows);
    return f;
}

static void finish(fixture *f)
{
    flx_model_destroy(f->model);
    flx_dataset_destroy(f->table);
    flx_backend_close(f->backend);
}

static void intervals(const fixture *f, double level, double *lower, double *upper)
{
    flx_target_predictor *predictor = NULL;
    flx_error error = {0};
    assert_int(
        flx_target_predictor_create(f->model, f->backend, f->table, &predictor, &error),
        FLX_OK);
    assert_int(
        flx_target_predictor_intervals(predictor, level, 200, 3, lower, upper, &error),
        FLX_OK);
    flx_target_predictor_destroy(predictor);
}

static void a_graph_alone_predicts_as_its_inference(void)
{
    fixture f = begin(false);
    double mean[ROWS], graph[ROWS];
    flx_error error = {0};
    assert_int(flx_predict_target(f.model, f.backend, f.table, mean, &error), FLX_OK);
    assert_int(flx_predict_graph_target(flx_model_graph(f.model), f.backend, f.table,
                                        graph, &error),
               FLX_OK);
    assert_int(memcmp(mean, graph, sizeof mean), 0);
    finish(&f);
}

static void members_are_weighted(void)
{
    fixture f = begin(true);
    const flx_ensemble *ensemble = f.model->ensemble;
    double mean[ROWS], one[ROWS], expected[ROWS] = {0};
    flx_error error = {0};
    assert_int(flx_predict_target(f.model, f.backend, f.table, mean, &error), FLX_OK);
    for (int k = 0; k < ensemble->n_members; k++) {
        assert_int(flx_predict_graph_target(flx_model_member_graph(f.model, k), f.backend,
                                            f.table, one, &error),
                   FLX_OK);
        for (int r = 0; r < ROWS; r++)
            expected[r] += ensemble->members[k].weight *
                           fmin(fmax(one[r], ensemble->low), ensemble->high);
    }
    for (int r = 0; r < ROWS; r++)
        assert_close(mean[r], expected[r], 1e-12, 0);
    finish(&f);
}

/* Far outside what training saw, the composed family and the others count half each. */
static void far_rows_are_weighted_anew(void)
{
    fixture f = begin(true);
    const flx_ensemble *ensemble = f.model->ensemble;
    double mean[ROWS], one[ROWS], expected = 0;
    flx_error error = {0};
    *two_services_cell(f.table, 4, "db:rps") = 1000;
    assert_int(flx_predict_target(f.model, f.backend, f.table, mean, &error), FLX_OK);
    for (int k = 0; k < ensemble->n_members; k++) {
        assert_int(flx_predict_graph_target(flx_model_member_graph(f.model, k), f.backend,
                                            f.table, one, &error),
                   FLX_OK);
        expected += flx_ensemble_weight(ensemble, k, true) *
                    fmin(fmax(one[4], ensemble->low), ensemble->high);
    }
    assert_close(mean[4], expected, 1e-12, 0);
    finish(&f);
}

static void intervals_widen_with_their_level(void)
{
    for (int hosts_ensemble = 0; hosts_ensemble < 2; hosts_ensemble++) {
        fixture f = begin(hosts_ensemble);
        double low[2][ROWS], high[2][ROWS], mean[ROWS];
        flx_error error = {0};
        assert_int(flx_predict_target(f.model, f.backend, f.table, mean, &error), FLX_OK);
        intervals(&f, 0.5, low[0], high[0]);
        intervals(&f, 0.95, low[1], high[1]);
        for (int r = 0; r < ROWS; r++) {
            assert_true(low[1][r] < low[0][r] && high[0][r] < high[1][r]);
            assert_true(low[1][r] < mean[r] && mean[r] < high[1][r]);
            assert_true(low[1][r] >= 0);
        }
        finish(&f);
    }
}

/* The table that was given is read again by every call. */
static void rows_and_values_may_change_between_calls(void)
{
    fixture f = begin(true);
    flx_target_predictor *predictor = NULL;
    double before[ROWS], after[ROWS];
    flx_error error = {0};
    int rows = f.table->rows;
    f.table->rows = 3;
    assert_int(
        flx_target_predictor_create(f.model, f.backend, f.table, &predictor, &error),
        FLX_OK);
    assert_int(flx_target_predictor_predict(predictor, before, &error), FLX_OK);
    f.table->rows = rows;
    *two_services_cell(f.table, 0, "web:a") = 0.9;
    assert_int(flx_target_predictor_predict(predictor, after, &error), FLX_OK);
    assert_true(before[0] != after[0]);
    assert_close(before[2], after[2], 1e-13, 0);
    flx_target_predictor_destroy(predictor);
    finish(&f);
}

CU_TestInfo target_predictor_tests[] = {
    {"a graph alone predicts as its inference", a_graph_alone_predicts_as_its_inference},
    {"members are weighted", members_are_weighted},
    {"far rows are weighted anew", far_rows_are_weighted_anew},
    {"intervals widen with their level", intervals_widen_with_their_level},
    {"rows and values may change between calls",
     rows_and_values_may_change_between_calls},
    CU_TEST_INFO_NULL,
};
