/* SPDX-License-Identifier: MIT
 * Composed prediction against a loop made by hand, vertex by vertex, and its uncertainty
 * against finite differences and samples. */
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
#include <string.h>

/* A trained model, a table to predict, and the inference bound to it. */
typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *table;
    flx_inference *inference;
} bench;

static void bind(bench *b, const flx_dataset *table)
{
    flx_error error = {0};
    flx_inference_destroy(b->inference);
    assert_int(flx_inference_create(flx_model_graph(b->model), b->backend, table,
                                    &b->inference, &error),
               FLX_OK);
}

/* `noise`: added to the measured outputs of the training rows, so that variances are not
 * nearly nothing. */
static bench begin(int replicas, const char *transform, double noise, int rows)
{
    bench b = {.backend = two_services_backend(1)};
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
    bind(&b, b.table);
    flx_dataset_destroy(training);
    return b;
}

static void finish(bench *b)
{
    flx_inference_destroy(b->inference);
    flx_dataset_destroy(b->table);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

/* Mean and variance of one predictor at one row of raw inputs, straight from the backend.
 */
static double ask(const bench *b, const flx_predictor *p, const double *raw,
                  double *variance)
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

/* Raw inputs of a vertex in one row, where `values` (n_vertices) are the outputs so far.
 */
static void collect(const bench *b, const flx_column_binding *binding, int v, int row,
                    const double *values, double *raw)
{
    const flx_graph *graph = b->model->graph;
    const flx_vertex *vertex = &graph->vertices[v];
    for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++)
        raw[i] = vertex->sources[i].vertex >= 0
                     ? values[vertex->sources[i].vertex]
                     : flx_column_ref_value(binding->inputs[v][i], b->table, row);
}

/* All vertices in one row, from knobs and states alone. */
static void compose_by_hand(const bench *b, int row, double *values)
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
        collect(b, binding, v, row, values, raw);
        if (p->kind == FLX_PREDICTOR_GP) {
            values[v] = ask(b, p, raw, NULL);
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
    bench b = begin(replicas, transform, 0.3, ROWS);
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
    finish(&b);
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
    bench b = begin(2, "none", 0.3, ROWS);
    double *all = malloc(2 * ROWS * sizeof *all), some[2 * SOME];
    int rows[SOME];
    flx_dataset *part = NULL;
    flx_error error = {0};
    assert_int(flx_inference_target(b.inference, all, all + ROWS, &error), FLX_OK);
    for (int i = 0; i < SOME; i++)
        rows[i] = FIRST + i;
    assert_int(flx_dataset_select_rows(b.table, rows, SOME, &part, &error), FLX_OK);
    bind(&b, part);
    assert_int(flx_inference_target(b.inference, some, some + SOME, &error), FLX_OK);
    for (int i = 0; i < SOME; i++) {
        assert_close(some[i], all[FIRST + i], 1e-13, 0);
        assert_close(some[SOME + i], all[ROWS + FIRST + i], 1e-12, 0);
    }
    flx_dataset_destroy(part);
    free(all);
    finish(&b);
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
    bench b = begin(3, "none", 0.3, ROWS);
    double *one = malloc(COUNT * sizeof *one), *other = malloc(COUNT * sizeof *other);
    predict_all(b.inference, ROWS, SAMPLES, one);
    for (int threads = 2; threads <= 3; threads++) {
        bench c = b;
        c.backend = two_services_backend(threads);
        c.inference = NULL;
        bind(&c, b.table);
        predict_all(c.inference, ROWS, SAMPLES, other);
        assert_int(memcmp(one, other, COUNT * sizeof *one), 0);
        flx_inference_destroy(c.inference);
        flx_backend_close(c.backend);
    }
    free(one);
    free(other);
    finish(&b);
}

static void check_variance(const char *transform)
{
    enum { ROWS = 6, DB = 0, WEB = 1 };
    bench b = begin(1, transform, 0.5, ROWS);
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
        collect(&b, binding, WEB, r, values, raw);
        double at = ask(&b, web, raw, &own);
        /* The variance of a logarithm counts in squares of the value. */
        own *= web->is_log ? at * at : 1;
        raw[last] = mean[r] + h;
        double up = ask(&b, web, raw, NULL);
        raw[last] = mean[r] - h;
        double slope = (up - ask(&b, web, raw, NULL)) / (2 * h);
        assert_true(fabs(slope) > 0.5); /* the true one is 1.5 */
        assert_close(variance[ROWS + r], own + slope * slope * variance[r], 1e-6, 0);
    }
    flx_column_binding_destroy(binding);
    finish(&b);
}

static void variance_is_that_of_the_linearized_chain(void)
{
    check_variance("none");
    check_variance("log");
}

static void the_errors_of_replicas_add_up_in_their_rule(void)
{
    enum { ROWS = 5, VERTICES = 4 };
    bench b = begin(2, "none", 0.5, ROWS);
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
    finish(&b);
}

static void outputs_are_kept_within_their_range(void)
{
    enum { ROWS = 5 };
    bench b = begin(1, "none", 0.3, ROWS);
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
    finish(&b);
}

/* A constant 13 +- 2 beside the model of the leaf, one to three. */
static void host_constant_beside(bench *b)
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
    bind(b, b->table);
}

static void hosted_models_are_mixed_by_weight(void)
{
    enum { ROWS = 5 };
    bench b = begin(1, "none", 0.3, ROWS);
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
    finish(&b);
}

static void draws_come_from_the_mixture(void)
{
    enum { ROWS = 3, SAMPLES = 6000 };
    bench b = begin(1, "none", 0.3, ROWS);
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
    finish(&b);
}

static void samples_agree_with_the_linearized_chain(void)
{
    enum { ROWS = 5, SAMPLES = 4000 };
    bench b = begin(1, "none", 0.5, ROWS);
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
    finish(&b);
}

static void samples_depend_on_seed_row_and_number_only(void)
{
    enum { ROWS = 130, SAMPLES = 3, FEW = 70 };
    bench b = begin(2, "none", 0.5, ROWS);
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
    bind(&b, part);
    assert_int(flx_inference_sample(b.inference, SAMPLES, 3, again, &error), FLX_OK);
    for (int i = 0; i < FEW * SAMPLES; i++)
        assert_close(again[i], all[i], 1e-12, 0);
    assert_int(flx_inference_sample(b.inference, 1, 3, again, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "at least 2");
    flx_dataset_destroy(part);
    finish(&b);
}

static void measured_inputs_are_another_prediction(void)
{
    enum { ROWS = 9 };
    bench b = begin(1, "none", 0.3, ROWS);
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
        assert_close(measured[ROWS + r], ask(&b, web, raw, &own), 1e-12, 0);
        assert_close(variance[ROWS + r], own, 1e-9, 0);
        assert_true(fabs(measured[ROWS + r] - composed[ROWS + r]) > 1e-3);
    }
    finish(&b);
}

static void missing_inputs_count_as_their_medians(void)
{
    enum { ROWS = 4 };
    bench b = begin(1, "none", 0.3, ROWS);
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
    bind(&b, empty);
    assert_int(flx_inference_target(b.inference, nothing, NULL, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        assert_true(isfinite(nothing[r]));
        assert_close(nothing[r], nothing[0], 0, 0);
    }
    flx_dataset_destroy(empty);
    finish(&b);
}

static void constants_pass_through(void)
{
    enum { ROWS = 3 };
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *training = two_services_rows(20, 1, 1);
    double mean[2 * ROWS], variance[2 * ROWS], samples[ROWS * 4];
    flx_error error = {0};
    two_services_fill(training, "db:p90", 12.5);
    two_services_fill(training, "web:p90", 40);
    b.model =
        two_services_train(1, "none", training, (flx_training_options){0}, b.backend);
    b.table = two_services_rows(ROWS, 1, 2);
    bind(&b, b.table);
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
    finish(&b);
}

CU_TestInfo inference_tests[] = {
    {"composition equals a loop by hand", composition_equals_a_loop_by_hand},
    {"chunks do not change predictions", chunks_do_not_change_predictions},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"variance is that of the linearized chain",
     variance_is_that_of_the_linearized_chain},
    {"the errors of replicas add up in their rule",
     the_errors_of_replicas_add_up_in_their_rule},
    {"outputs are kept within their range", outputs_are_kept_within_their_range},
    {"hosted models are mixed by weight", hosted_models_are_mixed_by_weight},
    {"draws come from the mixture", draws_come_from_the_mixture},
    {"samples agree with the linearized chain", samples_agree_with_the_linearized_chain},
    {"samples depend on seed, row and number only",
     samples_depend_on_seed_row_and_number_only},
    {"measured inputs are another prediction", measured_inputs_are_another_prediction},
    {"missing inputs count as their medians", missing_inputs_count_as_their_medians},
    {"constants pass through", constants_pass_through},
    CU_TEST_INFO_NULL,
};
