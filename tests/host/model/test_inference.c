/* SPDX-License-Identifier: MIT
 * Composed prediction against a loop made by hand, vertex by vertex. */
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

/* All vertices in one row, from knobs and states alone. */
static void compose_by_hand(const inference_bench *b, int row, double *values)
{
    const flx_graph *graph = b->model->graph;
    flx_column_binding *binding = NULL;
    flx_error error = {0};
    assert_int(flx_column_binding_create(graph, b->model->deployment, b->table, &binding,
                                         &error),
               FLX_OK);
    for (int v = 0; v < graph->n_vertices; v++) {
        int a = graph->vertices[v].assignment;
        const flx_predictor *p = &b->model->assignments[a].models[0].predictor;
        double raw[8], weights[8];
        collect_inputs(b, binding, v, row, values, raw);
        if (p->kind == FLX_PREDICTOR_GP) {
            values[v] = predict_by_hand(b, p, raw, NULL);
            continue;
        }
        assert_int(p->kind, FLX_PREDICTOR_RULE);
        assert_true(flx_aggregation_rule_weigh(&graph->assignments[a], raw, weights));
        values[v] = 0;
        for (int i = 0; i < graph->assignments[a].n_inputs; i++)
            values[v] += weights[i] * raw[i];
    }
    flx_column_binding_destroy(binding);
}

static void check_composition(int replicas, const char *transform)
{
    enum { ROWS = 7 };
    inference_bench b = begin_bench(replicas, transform, 0.3, ROWS);
    int vertices = b.model->graph->n_vertices;
    double mean[5 * ROWS], target[ROWS], values[5];
    flx_error error = {0};
    assert_true(vertices <= 5);
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, mean, NULL, &error),
        FLX_OK);
    assert_int(flx_inference_target(b.inference, target, NULL, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        compose_by_hand(&b, r, values);
        for (int v = 0; v < vertices; v++)
            assert_close(mean[v * ROWS + r], values[v], 1e-12, 0);
        assert_close(target[r], mean[b.model->graph->output * ROWS + r], 0, 0);
    }
    finish_bench(&b);
}

static void composition_equals_a_loop_by_hand(void)
{
    check_composition(1, "none");
    check_composition(1, "log");
    check_composition(3, "none");
}

static void chunks_do_not_change_predictions(void)
{
    enum { ROWS = 2048 + 300, FIRST = 2040, SOME = 20 };
    inference_bench b = begin_bench(2, "none", 0.3, ROWS);
    double *all = malloc(2 * ROWS * sizeof *all), some[2 * SOME];
    int rows[SOME];
    flx_dataset *part = NULL;
    flx_error error = {0};
    assert_int(flx_inference_target(b.inference, all, all + ROWS, &error), FLX_OK);
    for (int i = 0; i < SOME; i++)
        rows[i] = FIRST + i;
    assert_int(flx_dataset_select_rows(b.table, rows, SOME, &part, &error), FLX_OK);
    bind_bench(&b, part);
    assert_int(flx_inference_target(b.inference, some, some + SOME, &error), FLX_OK);
    for (int i = 0; i < SOME; i++) {
        assert_close(some[i], all[FIRST + i], 1e-13, 0);
        assert_close(some[SOME + i], all[ROWS + FIRST + i], 1e-12, 0);
    }
    flx_dataset_destroy(part);
    free(all);
    finish_bench(&b);
}

/* Mean, variance and samples of the target, one after the other. */
static void predict_all(flx_inference *inference, int rows, int samples, double *out)
{
    flx_error error = {0};
    assert_int(flx_inference_target(inference, out, out + rows, &error), FLX_OK);
    assert_int(flx_inference_sample(inference, samples, 7, out + 2 * rows, &error),
               FLX_OK);
}

static void threads_do_not_change_a_bit(void)
{
    enum { ROWS = 700, SAMPLES = 16, COUNT = ROWS * (2 + SAMPLES) };
    inference_bench b = begin_bench(3, "none", 0.3, ROWS);
    double *one = malloc(COUNT * sizeof *one), *other = malloc(COUNT * sizeof *other);
    predict_all(b.inference, ROWS, SAMPLES, one);
    for (int threads = 2; threads <= 3; threads++) {
        inference_bench c = b;
        c.backend = two_services_backend(threads);
        c.inference = NULL;
        bind_bench(&c, b.table);
        predict_all(c.inference, ROWS, SAMPLES, other);
        assert_int(memcmp(one, other, COUNT * sizeof *one), 0);
        flx_inference_destroy(c.inference);
        flx_backend_close(c.backend);
    }
    free(one);
    free(other);
    finish_bench(&b);
}

static void outputs_are_kept_within_their_range(void)
{
    enum { ROWS = 5 };
    inference_bench b = begin_bench(1, "none", 0.3, ROWS);
    double unbound[2 * ROWS], kept[2 * ROWS];
    flx_error error = {0};
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, unbound, NULL, &error),
        FLX_OK);
    flx_predictor *db =
        &b.model->assignments[b.model->graph->vertices[0].assignment].models[0].predictor;
    db->output_low = db->output_high = 13;
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, kept, NULL, &error),
        FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        assert_close(kept[r], 13, 0, 0);
        assert_true(kept[ROWS + r] != unbound[ROWS + r]); /* and passed on so */
    }
    finish_bench(&b);
}

static void hosted_models_are_mixed_by_weight(void)
{
    enum { ROWS = 5 };
    inference_bench b = begin_bench(1, "none", 0.3, ROWS);
    double alone[2 * ROWS], spread[2 * ROWS], mixed[2 * ROWS], variance[2 * ROWS];
    flx_error error = {0};
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, alone, spread, &error),
        FLX_OK);
    host_constant_beside(&b);
    assert_int(flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, mixed, variance,
                                      &error),
               FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        double mean = 0.75 * alone[r] + 0.25 * 13;
        assert_close(mixed[r], mean, 1e-12, 0);
        assert_close(variance[r],
                     0.75 * (spread[r] + pow(alone[r] - mean, 2)) +
                         0.25 * (4 + pow(13 - mean, 2)),
                     1e-12, 0);
        assert_true(mixed[ROWS + r] != alone[ROWS + r]); /* and passed on so */
    }
    finish_bench(&b);
}

static void measured_inputs_are_another_prediction(void)
{
    enum { ROWS = 9 };
    inference_bench b = begin_bench(1, "none", 0.3, ROWS);
    double composed[2 * ROWS], measured[2 * ROWS], variance[2 * ROWS], own = NAN;
    flx_error error = {0};
    for (int r = 0; r < ROWS; r++)
        *two_services_cell(b.table, r, "db:p90") += 0.5;
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, composed, NULL, &error),
        FLX_OK);
    assert_int(flx_inference_vertices(b.inference, FLX_FROM_MEASUREMENTS, measured,
                                      variance, &error),
               FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        double raw[3] = {*two_services_cell(b.table, r, "web:a"),
                         *two_services_cell(b.table, r, "web:rps"),
                         *two_services_cell(b.table, r, "db:p90")};
        const flx_predictor *web =
            &b.model->assignments[b.model->graph->vertices[1].assignment]
                 .models[0]
                 .predictor;
        assert_close(measured[r], composed[r], 0, 0); /* a leaf has no metrics */
        assert_close(measured[ROWS + r], predict_by_hand(&b, web, raw, &own), 1e-12, 0);
        assert_close(variance[ROWS + r], own, 1e-9, 0);
        assert_true(fabs(measured[ROWS + r] - composed[ROWS + r]) > 1e-3);
    }
    finish_bench(&b);
}

static void missing_inputs_count_as_their_medians(void)
{
    enum { ROWS = 4 };
    inference_bench b = begin_bench(1, "none", 0.3, ROWS);
    double missing[ROWS], filled[ROWS], nothing[ROWS];
    flx_dataset *empty = NULL;
    flx_error error = {0};
    two_services_fill(b.table, "web:a", NAN);
    two_services_fill(b.table, "db:c", NAN);
    assert_int(flx_inference_target(b.inference, missing, NULL, &error), FLX_OK);
    for (int a = 0; a < 2; a++) { /* both read their knob first */
        const flx_predictor *p = &b.model->assignments[a].models[0].predictor;
        assert_int(p->features[0].input, 0);
        two_services_fill(b.table,
                          strcmp(b.model->graph->assignments[a].name, "db:p90") ? "web:a"
                                                                                : "db:c",
                          p->features[0].fill);
    }
    assert_int(flx_inference_target(b.inference, filled, NULL, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++)
        assert_close(missing[r], filled[r], 0, 0);
    /* A table that has none of the columns is predicted too, every row alike. */
    assert_int(flx_dataset_create(ROWS, 1, &empty, &error), FLX_OK);
    flx_dataset_name_column(empty, 0, "else:where", FLX_KNOB, "", &error);
    bind_bench(&b, empty);
    assert_int(flx_inference_target(b.inference, nothing, NULL, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        assert_true(isfinite(nothing[r]));
        assert_close(nothing[r], nothing[0], 0, 0);
    }
    flx_dataset_destroy(empty);
    finish_bench(&b);
}

static void constants_pass_through(void)
{
    enum { ROWS = 3 };
    inference_bench b = {.backend = two_services_backend(1)};
    flx_dataset *training = two_services_rows(20, 1, 1);
    double mean[2 * ROWS], variance[2 * ROWS], samples[ROWS * 4];
    flx_error error = {0};
    two_services_fill(training, "db:p90", 12.5);
    two_services_fill(training, "web:p90", 40);
    b.model =
        two_services_train(1, "none", training, (flx_training_options){0}, b.backend);
    b.table = two_services_rows(ROWS, 1, 2);
    bind_bench(&b, b.table);
    assert_int(
        flx_inference_vertices(b.inference, FLX_FROM_PREDICTIONS, mean, variance, &error),
        FLX_OK);
    assert_int(flx_inference_sample(b.inference, 4, 1, samples, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        assert_close(mean[r], 12.5, 0, 0);
        assert_close(mean[ROWS + r], 40, 0, 0);
        assert_close(variance[ROWS + r], 0, 0, 1e-20);
        assert_close(samples[4 * r], 40, 1e-12, 0);
    }
    flx_dataset_destroy(training);
    finish_bench(&b);
}

CU_TestInfo inference_tests[] = {
    {"composition equals a loop by hand", composition_equals_a_loop_by_hand},
    {"chunks do not change predictions", chunks_do_not_change_predictions},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"outputs are kept within their range", outputs_are_kept_within_their_range},
    {"hosted models are mixed by weight", hosted_models_are_mixed_by_weight},
    {"measured inputs are another prediction", measured_inputs_are_another_prediction},
    {"missing inputs count as their medians", missing_inputs_count_as_their_medians},
    {"constants pass through", constants_pass_through},
    CU_TEST_INFO_NULL,
};
