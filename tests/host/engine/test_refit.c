/* SPDX-License-Identifier: MIT
 * Refits: what is off is set right, what is right stays as it is, few rows change little,
 * and what a call cannot mean is refused. */
#include "host/engine/graph_engine.h"

#include "host/model/inference.h"
#include "host/statistics/error_metrics.h"
#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_ROWS = 60 };

static const flx_training_options with_prior = {.prior = FLX_PRIOR_DENSITY};

/* Trained on one instance, scaled to two. */
static flx_model *make_scaled(const char *transform, flx_backend *backend)
{
    flx_dataset *rows = two_services_rows(40, 1, 3);
    flx_model *model = two_services_train(1, transform, rows, with_prior, backend);
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "db", 2, &change, &error), FLX_OK);
    flx_change_clear(&change);
    flx_dataset_destroy(rows);
    return model;
}

/* Rows of two instances whose service shows `factor` times their weighted mean. */
static flx_dataset *make_rows(int count, uint64_t seed, double factor)
{
    flx_dataset *rows = two_services_rows(count, 2, seed);
    for (int r = 0; r < count; r++) {
        double *db = two_services_cell(rows, r, "db:p90");
        *two_services_cell(rows, r, "web:p90") += 1.5 * (factor - 1) * *db;
        *db *= factor;
    }
    return rows;
}

static flx_refit fit(flx_model *model, const char *name, const flx_dataset *rows,
                     flx_refit_options options, flx_backend *backend)
{
    flx_change change;
    flx_error error = {0};
    int a = flx_graph_find_assignment(model->graph, name);
    assert_int(
        flx_graph_engine_fit(model, &a, 1, rows, &options, backend, &change, &error),
        FLX_OK);
    assert_text(error.message, "");
    assert_int(change.n_refits, 1);
    assert_text(change.refits[0].assignment, name);
    assert_int(change.fitted.count, change.refits[0].is_unchanged ? 0 : 1);
    assert_int(change.fitted.count + change.reused.count, model->graph->n_assignments);
    flx_refit refit = change.refits[0];
    refit.models = NULL;
    refit.assignment = NULL;
    flx_change_clear(&change);
    return refit;
}

/* Mean absolute error of the target on other rows. */
static double measure(const flx_model *model, double factor, flx_backend *backend)
{
    flx_dataset *test = make_rows(TEST_ROWS, 77, factor);
    flx_inference *inference = NULL;
    flx_error error = {0};
    double mean[TEST_ROWS], sum = 0;
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, test, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, mean, NULL, &error), FLX_OK);
    for (int r = 0; r < TEST_ROWS; r++)
        sum += fabs(mean[r] - *two_services_cell(test, r, "web:p90")) / TEST_ROWS;
    flx_inference_destroy(inference);
    flx_dataset_destroy(test);
    return sum;
}

static void assert_weights(const flx_model *model)
{
    for (int a = 0; a < model->graph->n_assignments; a++) {
        double sum = 0;
        for (int k = 0; k < model->assignments[a].n_models; k++)
            sum += model->assignments[a].models[k].weight;
        assert_close(sum, 1, 1e-12, 0);
    }
}

/* The service shows 1.3 times what its instances do: db:p90 is some 12.5, so the target
 * is off by 1.5 x 0.3 x 12.5 = 5.6 before; with 25 rows 25/35 of the weight moves. */
static void a_service_vertex_learns_what_its_rule_misses(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = make_rows(25, 5, 1.3);
    double before = measure(model, 1.3, backend);
    flx_refit refit =
        fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
    double after = measure(model, 1.3, backend);
    assert_close(before, 5.6, 0.1, 0);
    assert_int(refit.rows, 25);
    assert_int(refit.retained_rows, 40); /* two instances that did what the one did */
    assert_true(!refit.is_unchanged);
    assert_close(refit.mae_before, 0.3 * 12.5, 0.1, 0);
    /* 10 of 35 rows speak for the rule; the line falls short by 5 of 25 rows more. */
    assert_true(refit.mae_after < 0.5 * refit.mae_before);
    assert_true(after < 0.5 * before);
    assert_weights(model);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* A second refit on the same rows starts from the same models: it changes nothing much,
 * instead of believing what it has seen. */
static void the_same_rows_count_once(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = make_rows(25, 5, 1.3);
    const char *name = "db:p90 over instances";
    fit(model, name, rows, (flx_refit_options){0}, backend);
    double once = measure(model, 1.3, backend);
    int models = hosting_of(model, name)->n_models;
    fit(model, name, rows, (flx_refit_options){0}, backend);
    assert_int(hosting_of(model, name)->n_models, models);
    assert_close(measure(model, 1.3, backend), once, 1e-9, 0);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Where the rule is exact nothing does better, and not a bit changes. */
static void what_is_right_is_kept(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *old = two_services_rows(40, 2, 3), *rows = two_services_rows(15, 2, 6);
    flx_model *model = two_services_train(2, "none", old, with_prior, backend);
    const char *name = "db:p90 over instances";
    assert_int(hosting_of(model, name)->models[0].predictor.kind, FLX_PREDICTOR_RULE);
    two_services_fill(rows, "web:p90", 1); /* not looked at */
    int a = flx_graph_find_assignment(model->graph, name);
    flx_change change;
    flx_error error = {0};
    flx_refit_options options = {0};
    /* Given measured inputs the rule has no error, but it is judged by predicted ones:
     * only the instances' own error is left, which a line cannot take away. */
    assert_int(
        flx_graph_engine_fit(model, &a, 1, rows, &options, backend, &change, &error),
        FLX_OK);
    assert_true(change.refits[0].mae_before < 0.1);
    if (!change.refits[0].is_unchanged)
        assert_true(change.refits[0].mae_after < change.refits[0].mae_before);
    assert_int(change.refits[0].retained_rows, 40);
    flx_change_clear(&change);
    flx_dataset_destroy(old);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Rows with 30 % of noise, up and down: their mean is off by 3.75 / sqrt(10) = 1.2, which
 * the target feels 1.5 times. Not even one time in five is as much as that believed. */
static void noise_does_little_harm(void)
{
    flx_backend *backend = two_services_backend(1);
    double worst = 0, sum = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        flx_model *model = make_scaled("none", backend);
        flx_dataset *rows = make_rows(10, 20 + seed, 1);
        for (int r = 0; r < 10; r++)
            *two_services_cell(rows, r, "db:p90") *= r % 2 ? 1.3 : 0.7;
        double before = measure(model, 1, backend);
        fit(model, "db:p90 over instances", rows, (flx_refit_options){.seed = seed},
            backend);
        double harm = measure(model, 1, backend) - before;
        worst = fmax(worst, harm);
        sum += harm;
        flx_dataset_destroy(rows);
        flx_model_destroy(model);
    }
    assert_true(worst < 1.8);
    assert_true(sum / 5 < 0.6);
    flx_backend_close(backend);
}

/* Rows of one group cannot be told apart: nothing can be tested out of sample. */
static void one_group_alone_changes_nothing(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = make_rows(10, 5, 1.3);
    rows->group = calloc(10, sizeof *rows->group);
    flx_refit refit =
        fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
    assert_true(refit.is_unchanged);
    assert_contains(refit.reason, "one group");
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* web changes: 4 ms more than it was taught. Old and new rows are fitted together. */
static void an_instance_assignment_learns_from_old_and_new_rows(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = two_services_rows(20, 2, 8);
    for (int r = 0; r < 20; r++)
        *two_services_cell(rows, r, "web:p90") += 4;
    flx_refit refit = fit(model, "web:p90", rows, (flx_refit_options){0}, backend);
    assert_int(refit.rows, 20);
    assert_int(refit.retained_rows, 40);
    assert_true(!refit.is_unchanged);
    assert_close(refit.mae_before, 4, 0.05, 0);
    assert_true(refit.mae_after < 2.5); /* 10/30 of it and what the line is short of */
    const flx_learning_assignment *hosting = hosting_of(model, "web:p90");
    assert_true(hosting->n_models >= 2);
    assert_int(hosting->models[0].predictor.n, 40); /* what was in place is still there */
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Logarithmic targets are recalibrated on their logarithms. */
static void logarithms_are_refitted_as_such(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("log", backend);
    flx_dataset *rows = two_services_rows(25, 2, 8);
    for (int r = 0; r < 25; r++)
        *two_services_cell(rows, r, "web:p90") *= 2;
    flx_refit refit = fit(model, "web:p90", rows, (flx_refit_options){0}, backend);
    assert_true(refit.mae_after < 0.6 * refit.mae_before);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* In paper mode the new model takes the place of the rule. */
static void paper_mode_replaces(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *old = two_services_rows(40, 1, 3), *rows = make_rows(12, 5, 1.3);
    flx_model *model = two_services_train(
        1, "none", old, (flx_training_options){.paper_mode = true}, backend);
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "db", 2, &change, &error), FLX_OK);
    flx_change_clear(&change);
    fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
    const flx_learning_assignment *hosting = hosting_of(model, "db:p90 over instances");
    assert_int(hosting->n_models, 1);
    assert_int(hosting->models[0].predictor.kind, FLX_PREDICTOR_GP);
    assert_int(hosting->models[0].predictor.is_isotropic, true);
    assert_int(hosting->models[0].predictor.n, 12);
    flx_dataset_destroy(old);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Two constants, 100 off and right: the right one is found among those that are there. */
static void weights_alone_can_be_found_anew(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = skeleton_of(two_services(2, "none"), NULL, 0);
    flx_learning_assignment *hosting = hosting_of(model, "web:p90");
    flx_dataset *rows = two_services_rows(30, 2, 4);
    flx_error error = {0};
    two_services_fill(rows, "web:p90", 50);
    hosting->models[0].predictor.constant = 150;
    hosting->models[0].weight = 0.5;
    flx_hosted_model right = hosting->models[0];
    right.predictor.constant = 50;
    assert_int(flx_assignment_add(hosting, &right, &error), FLX_OK);
    flx_refit refit =
        fit(model, "web:p90", rows, (flx_refit_options){.only_weights = true}, backend);
    /* 30 rows say (0, 1), 10 pseudo-rows (0.5, 0.5). */
    hosting = hosting_of(model, "web:p90");
    assert_int(hosting->n_models, 2);
    assert_close(hosting->models[0].weight, 0.125, 1e-9, 0);
    assert_close(hosting->models[1].weight, 0.875, 1e-9, 0);
    assert_close(refit.mae_before, 50, 1e-9, 0);
    assert_close(refit.mae_after, 12.5, 1e-9, 0);
    /* One model alone has nothing to be weighed against. */
    assert_true(
        fit(model, "db:p90", rows, (flx_refit_options){.only_weights = true}, backend)
            .is_unchanged);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

static void few_rows_change_nothing(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = make_rows(12, 5, 1.3);
    for (int r = 4; r < 12; r++)
        *two_services_cell(rows, r, "db:p90") = NAN; /* missing cells */
    double before = measure(model, 1.3, backend);
    flx_refit refit =
        fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
    assert_int(refit.rows, 4);
    assert_true(refit.is_unchanged);
    assert_text(refit.reason, "only 4 of the rows have its output, 5 are needed");
    assert_close(measure(model, 1.3, backend), before, 0, 0);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Missing inputs are filled, as in training; a table without the vertex's columns keeps
 * it as it is. */
static void missing_cells_and_columns_are_no_failure(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = make_scaled("none", backend);
    flx_dataset *rows = make_rows(25, 5, 1.3), *other = two_services_rows(25, 1, 5);
    for (int r = 0; r < 25; r += 6)
        *two_services_cell(rows, r, "db/0:rps") = NAN;
    flx_refit refit =
        fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
    assert_true(!refit.is_unchanged && refit.mae_after < refit.mae_before);
    flx_dataset_name_column(other, flx_dataset_find(other, "db:p90"), "db:p99",
                            FLX_METRIC, "", &(flx_error){0});
    refit = fit(model, "db:p90 over instances", other, (flx_refit_options){0}, backend);
    assert_true(refit.is_unchanged);
    assert_int(refit.rows, 0);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(other);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Repeats of one setting lie in one fold: five groups of three rows, five folds. */
static void groups_and_threads_do_not_disturb(void)
{
    double after[2];
    for (int threads = 1; threads <= 2; threads++) {
        flx_backend *backend = two_services_backend(threads);
        flx_model *model = make_scaled("none", backend);
        flx_dataset *rows = make_rows(15, 5, 1.3);
        rows->group = malloc(15 * sizeof *rows->group);
        for (int r = 0; r < 15; r++)
            rows->group[r] = r / 3;
        fit(model, "db:p90 over instances", rows, (flx_refit_options){0}, backend);
        after[threads - 1] = measure(model, 1.3, backend);
        flx_dataset_destroy(rows);
        flx_model_destroy(model);
        flx_backend_close(backend);
    }
    assert_close(after[0], after[1], 0, 0);
}

static void no_rows_are_refused(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    flx_dataset *rows = two_services_rows(1, 1, 1);
    flx_refit_options options = {0};
    flx_change change;
    flx_error error = {0};
    int a = 0;
    rows->rows = 0;
    assert_int(
        flx_graph_engine_fit(model, &a, 1, rows, &options, backend, &change, &error),
        FLX_BAD_INPUT);
    assert_contains(error.message, "no row to fit on");
    flx_change_clear(&change);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

CU_TestInfo refit_tests[] = {
    {"a service-vertex learns what its rule misses",
     a_service_vertex_learns_what_its_rule_misses},
    {"the same rows count once", the_same_rows_count_once},
    {"what is right is kept", what_is_right_is_kept},
    {"noise does little harm", noise_does_little_harm},
    {"one group alone changes nothing", one_group_alone_changes_nothing},
    {"an instance assignment learns from old and new rows",
     an_instance_assignment_learns_from_old_and_new_rows},
    {"logarithms are refitted as such", logarithms_are_refitted_as_such},
    {"paper mode replaces", paper_mode_replaces},
    {"weights alone can be found anew", weights_alone_can_be_found_anew},
    {"few rows change nothing", few_rows_change_nothing},
    {"missing cells and columns are no failure",
     missing_cells_and_columns_are_no_failure},
    {"groups and threads do not disturb", groups_and_threads_do_not_disturb},
    {"no rows are refused", no_rows_are_refused},
    CU_TEST_INFO_NULL,
};
