/* SPDX-License-Identifier: MIT
 * Trainers: many graphs as one batch, stage by stage; what is no fit, and what it costs.
 */
#include "host/training/trainer.h"

#include "host/training/out_of_fold.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 24 };

typedef struct {
    flx_deployment *deployment;
    flx_graph *graph;
    flx_dataset *rows;
    flx_backend *backend;
} fixture;

static fixture begin(int replicas)
{
    fixture f = {.deployment = two_services(replicas, "none"),
                 .rows = two_services_rows(ROWS, replicas, 1),
                 .backend = two_services_backend(1)};
    flx_graph_scope scope = {0};
    flx_error error = {0};
    assert_int(flx_model_build_graph(f.deployment, FLX_COMPOSED, false, &scope, &f.graph,
                                     &error),
               FLX_OK);
    return f;
}

static void finish(fixture *f)
{
    flx_graph_destroy(f->graph);
    flx_deployment_destroy(f->deployment);
    flx_dataset_destroy(f->rows);
    flx_backend_close(f->backend);
}

static flx_trainer trainer_of(const fixture *f)
{
    return (flx_trainer){.view = {.deployment = f->deployment,
                                  .graph = f->graph,
                                  .rows = f->rows,
                                  .composition = FLX_COMPOSED,
                                  .prior = FLX_PRIOR_DENSITY}};
}

static flx_status run(flx_trainer *trainers, int count, const fixture *f,
                      flx_training_report *report, flx_error *error)
{
    for (int i = 0; i < count; i++)
        FLX_TRY(flx_trainer_create(&trainers[i], error));
    return flx_trainer_run(trainers, count, f->backend, NULL, report, error);
}

static const flx_predictor *predictor_of(const flx_trainer *t, const char *name)
{
    int a = flx_graph_find_assignment(t->view.graph, name);
    return &t->assignments[a].models[0].predictor;
}

/* A neighbour changes nothing, whatever it is. */
static void trainers_in_one_batch_are_as_alone(void)
{
    fixture f = begin(1);
    flx_trainer alone = trainer_of(&f), two[2] = {trainer_of(&f), trainer_of(&f)};
    flx_training_report report = {0};
    flx_error error = {0};
    char one[65], other[65];
    two[0].view.composition = FLX_SKIP_CONNECTED;
    assert_int(run(&alone, 1, &f, &report, &error), FLX_OK);
    assert_int(report.fits, 2);
    assert_int(run(two, 2, &f, &report, &error), FLX_OK);
    assert_int(report.fits, 6); /* the report adds up */
    flx_predictor_digest(predictor_of(&alone, "web:p90"), one);
    flx_predictor_digest(predictor_of(&two[1], "web:p90"), other);
    assert_text(one, other);
    assert_int(alone.assignments[0].n_models, 1);
    assert_close(alone.assignments[0].models[0].weight, 1, 0, 0);
    flx_trainer_destroy(&alone);
    flx_trainer_destroy(&two[0]);
    flx_trainer_destroy(&two[1]);
    finish(&f);
}

/* web is fitted to what db is predicted to be in rows that its model was fitted without.
 */
static void upper_stages_are_fitted_to_predictions(void)
{
    fixture f = begin(1);
    flx_trainer t = trainer_of(&f);
    flx_training_report report = {0};
    flx_error error = {0};
    t.view.composition = FLX_SKIP_CONNECTED;
    for (int r = 0; r < ROWS; r++)
        *two_services_cell(f.rows, r, "db:p90") += r % 2 ? 0.5 : -0.5; /* noise */
    assert_int(run(&t, 1, &f, &report, &error), FLX_OK);
    const flx_assignment_fit *db = &t.fits[flx_graph_find_assignment(f.graph, "db:p90")];
    const flx_assignment_fit *web =
        &t.fits[flx_graph_find_assignment(f.graph, "web:p90")];
    int width = web->assignment->n_inputs;
    for (int r = 0; r < ROWS; r++) {
        assert_close(*two_services_cell(t.predictions, r, "db:p90"),
                     db->result.loo_mean[r], 1e-12, 0);
        assert_close(web->set.raw[r * width + width - 1], db->result.loo_mean[r], 1e-12,
                     0);
        assert_true(db->result.loo_mean[r] != *two_services_cell(f.rows, r, "db:p90"));
    }
    /* The same table without the models. */
    flx_dataset *predictions = NULL;
    const flx_training_view view = trainer_of(&f).view;
    assert_int(flx_predict_out_of_fold(&view, f.backend, &predictions, &error), FLX_OK);
    for (int r = 0; r < ROWS; r++) {
        assert_close(*two_services_cell(predictions, r, "db:c"),
                     *two_services_cell(f.rows, r, "db:c"), 0, 0);
        assert_close(*two_services_cell(predictions, r, "db:p90"),
                     *two_services_cell(t.predictions, r, "db:p90"), 0.1, 0);
    }
    flx_dataset_destroy(predictions);
    flx_trainer_destroy(&t);
    finish(&f);
}

/* A constant is left out of by hand: the mean of the other rows. */
static void a_constant_predicts_what_it_does_not_know(void)
{
    fixture f = begin(1);
    flx_dataset *predictions = NULL;
    flx_error error = {0};
    two_services_fill(f.rows, "db:p90", NAN);
    for (int r = 0; r < 3; r++)
        *two_services_cell(f.rows, r, "db:p90") = 10 + r;
    const flx_training_view view = trainer_of(&f).view;
    assert_int(flx_predict_out_of_fold(&view, f.backend, &predictions, &error), FLX_OK);
    assert_close(*two_services_cell(predictions, 0, "db:p90"), 11.5, 1e-12, 0);
    assert_close(*two_services_cell(predictions, 1, "db:p90"), 11, 1e-12, 0);
    assert_close(*two_services_cell(predictions, 2, "db:p90"), 10.5, 1e-12, 0);
    assert_true(isnan(*two_services_cell(predictions, 3, "db:p90")));
    flx_dataset_destroy(predictions);
    finish(&f);
}

static void few_rows_leave_rules_and_constants(void)
{
    fixture f = begin(2);
    flx_trainer t = trainer_of(&f);
    flx_training_report report = {0};
    flx_error error = {0};
    for (int r = 4; r < ROWS; r++) {
        *two_services_cell(f.rows, r, "db:p90") = NAN;
        *two_services_cell(f.rows, r, "db/0:p90") = NAN;
        *two_services_cell(f.rows, r, "db/1:p90") = NAN;
    }
    assert_int(run(&t, 1, &f, &report, &error), FLX_OK);
    assert_int(predictor_of(&t, "db:p90")->kind, FLX_PREDICTOR_CONSTANT);
    assert_int(predictor_of(&t, "db:p90 over instances")->kind, FLX_PREDICTOR_RULE);
    assert_int(predictor_of(&t, "web:p90")->kind, FLX_PREDICTOR_GP);
    assert_true(t.warnings.count > 0);
    assert_text(t.warnings.items[0].assignment, "db:p90");
    assert_contains(t.warnings.items[0].text, "has an output in only 4 of 24 rows");
    flx_trainer_destroy(&t);
    finish(&f);
}

static void a_target_without_values_is_an_error_unless_it_may_fail(void)
{
    fixture f = begin(1);
    flx_trainer t = trainer_of(&f);
    flx_training_report report = {0};
    flx_error error = {0};
    two_services_fill(f.rows, "web:p90", NAN);
    assert_int(run(&t, 1, &f, &report, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "web:p90 has no value in any of the 24");
    flx_trainer_destroy(&t);
    t = trainer_of(&f);
    t.may_fail = true;
    assert_int(run(&t, 1, &f, &report, &error), FLX_OK);
    assert_int(predictor_of(&t, "web:p90")->kind, FLX_PREDICTOR_CONSTANT);
    flx_trainer_destroy(&t);
    finish(&f);
}

/* From the optimum of the same rows there is nowhere to go. */
static void a_warm_start_is_the_only_one(void)
{
    fixture f = begin(1);
    flx_trainer cold = trainer_of(&f), warm = trainer_of(&f);
    flx_training_report first = {0}, second = {0};
    flx_error error = {0};
    assert_int(run(&cold, 1, &f, &first, &error), FLX_OK);
    warm.warm = cold.assignments;
    assert_int(run(&warm, 1, &f, &second, &error), FLX_OK);
    assert_true(second.evaluations < first.evaluations / 2);
    assert_int(warm.fits[0].result.starts, 1);
    const flx_predictor *before = predictor_of(&cold, "web:p90"),
                        *after = predictor_of(&warm, "web:p90");
    assert_close(after->lml, before->lml, 1e-3, 1e-3);
    flx_trainer_destroy(&cold);
    flx_trainer_destroy(&warm);
    finish(&f);
}

CU_TestInfo trainer_tests[] = {
    {"trainers in one batch are as alone", trainers_in_one_batch_are_as_alone},
    {"upper stages are fitted to predictions", upper_stages_are_fitted_to_predictions},
    {"a constant predicts what it does not know",
     a_constant_predicts_what_it_does_not_know},
    {"few rows leave rules and constants", few_rows_leave_rules_and_constants},
    {"a target without values is an error unless it may fail",
     a_target_without_values_is_an_error_unless_it_may_fail},
    {"a warm start is the only one", a_warm_start_is_the_only_one},
    CU_TEST_INFO_NULL,
};
