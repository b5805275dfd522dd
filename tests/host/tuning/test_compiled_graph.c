/* SPDX-License-Identifier: MIT
 * Trained models as plans: what plain loops, and a device where there is one, make of the
 * plan is what tuning is told by the model. */
#include "host/model/ensemble.h"
#include "host/tuning/tuning_objective.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/kernels/every_backend.h"
#include "tests/kernels/graph_reference.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 37 };

/* What is compared, for with_every_backend. */
static struct {
    const flx_model *model;
    const char *fix; /* of a knob or state, or NULL */
    const flx_dataset *profile;
} subject;

typedef struct {
    flx_backend *backend;
    flx_search_space *space;
    flx_tuning_objective *tuning_model;
    flx_device_graph *plan;
} bench;

static bench open_bench(flx_backend *backend)
{
    bench b = {.backend = backend};
    flx_error error = {0};
    char reason[FLX_DEVICE_GRAPH_REASON] = "not asked";
    assert_int(flx_search_space_create(subject.model->deployment, &subject.fix,
                                       subject.fix != NULL, &b.space, &error),
               FLX_OK);
    assert_int(flx_tuning_objective_create(subject.model, backend, b.space,
                                           subject.profile, 0, 1, &b.tuning_model,
                                           &error),
               FLX_OK);
    assert_int(flx_tuning_objective_plan(b.tuning_model, &b.plan, reason, &error),
               FLX_OK);
    assert_text(error.message, "");
    assert_text(reason, "");
    assert_int(
        flx_inference_device_graph_check(&b.plan->numbers, b.plan->n_members, &error),
        FLX_OK);
    return b;
}

static void close_bench(bench *b)
{
    flx_compiled_graph_destroy(b->plan);
    flx_tuning_objective_destroy(b->tuning_model);
    flx_search_space_destroy(b->space);
}

/* Random genes as what the tuning model reads and as what the plan does: one setting. */
static void draw_candidates(const bench *b, double *settings, double *columns)
{
    size_t knobs = (size_t)b->space->n_knobs, width = (size_t)b->plan->numbers.n_columns;
    for (size_t i = 0; i < CANDIDATES; i++) {
        double genes[8];
        for (int g = 0; g < b->space->n_genes; g++)
            genes[g] = 1.2 * flx_uniform(4, 2, (uint32_t)i, 0, (uint32_t)g) - 0.1;
        flx_search_space_decode(b->space, genes, settings + i * knobs);
        plan_reference_columns(&b->plan->numbers, genes, columns + i * width);
        for (size_t k = 0; k < knobs; k++)
            assert_close(columns[i * width + k], settings[i * knobs + k], 0, 0);
    }
}

static void ask_device(const bench *b, const double *columns, const double *expected)
{
    flx_uploaded_graph placed;
    flx_error error = {0};
    double mean[CANDIDATES];
    assert_int(flx_device_graph_upload(b->plan, b->backend, &placed, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(b->backend->operations->graph_predict(placed.graph, columns, CANDIDATES,
                                                     mean, &error),
               FLX_OK);
    for (int i = 0; i < CANDIDATES; i++)
        assert_close(mean[i], expected[i], 1e-12, 0);
    flx_device_graph_release(&placed);
}

static void ask_loops(const bench *b, const double *columns, const double *expected)
{
    flx_gp_posterior *posterior = NULL;
    flx_error error = {0};
    double mean[CANDIDATES];
    assert_int(b->backend->operations->condition(b->backend, b->plan->members,
                                                 b->plan->n_members, &posterior, &error),
               FLX_OK);
    plan_reference(&b->plan->numbers, b->backend, posterior, columns, CANDIDATES, mean);
    for (int i = 0; i < CANDIDATES; i++)
        assert_close(mean[i], expected[i], 1e-12, 0);
    b->backend->operations->posterior_release(posterior);
}

static void compare_on(flx_backend *backend)
{
    bench b = open_bench(backend);
    double *settings = malloc(CANDIDATES * 8 * sizeof *settings);
    double *columns =
        malloc(CANDIDATES * (size_t)b.plan->numbers.n_columns * sizeof *columns);
    double expected[CANDIDATES], spread = 0;
    flx_error error = {0};
    draw_candidates(&b, settings, columns);
    assert_int(flx_tuning_objective_predict(b.tuning_model, settings, CANDIDATES,
                                            expected, NULL, NULL, &error),
               FLX_OK);
    for (int i = 1; i < CANDIDATES; i++)
        spread = fmax(spread, fabs(expected[i] - expected[0]));
    assert_true(spread > 0.1);
    ask_loops(&b, columns, expected);
    if (backend->operations->graph_create)
        ask_device(&b, columns, expected);
    free(columns);
    free(settings);
    close_bench(&b);
}

static void compare(const flx_model *model, const char *fix, const flx_dataset *profile)
{
    subject.model = model;
    subject.fix = fix;
    subject.profile = profile;
    with_every_backend(compare_on);
}

static flx_model *train(int replicas, const char *transform, flx_dataset *table,
                        flx_composition composition, bool hosts_ensemble)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model =
        two_services_train(replicas, transform, table,
                           (flx_training_options){.composition = composition,
                                                  .prior = FLX_PRIOR_DENSITY,
                                                  .hosts_ensemble = hosts_ensemble},
                           backend);
    flx_backend_close(backend);
    return model;
}

static void replicas_with_rates_are_planned(void)
{
    flx_dataset *table = two_services_rows(30, 3, 1);
    flx_model *model = train(3, "none", table, FLX_COMPOSED, false);
    compare(model, NULL, NULL);
    compare(model, "db/1:rps=35", NULL);
    compare(model, "db:rps=0", NULL); /* no rates: instances count alike */
    flx_model_destroy(model);
    model = train(3, "log", table, FLX_COMPOSED, false);
    compare(model, "web:a=0.25", NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* Cells are missing in training, and the profile has no column of any state but one. */
static void missing_states_are_planned(void)
{
    flx_dataset *table = two_services_rows(40, 2, 1), *profile = NULL;
    flx_error error = {0};
    for (int r = 0; r < table->rows; r += 5) {
        *two_services_cell(table, r, "db/0:rps") = NAN;
        *two_services_cell(table, r + 1, "web:rps") = NAN;
    }
    flx_model *model = train(2, "none", table, FLX_COMPOSED, false);
    compare(model, NULL, NULL);
    assert_int(flx_dataset_create(1, 1, &profile, &error), FLX_OK);
    flx_dataset_name_column(profile, 0, "db/1:rps", FLX_STATE, "", &error);
    profile->values[0] = 30;
    compare(model, NULL, profile);
    flx_dataset_destroy(profile);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* Two models of different kinds for the target, one of them kept within a range. */
static void several_models_of_a_vertex_are_planned(void)
{
    flx_dataset *table = two_services_rows(30, 1, 1);
    flx_model *model = train(1, "none", table, FLX_BLACK_BOX_RIDGE, false);
    flx_model *other = train(1, "none", table, FLX_BLACK_BOX_ARD, false);
    flx_error error = {0};
    compare(model, NULL, NULL);
    flx_hosted_model hosted = {.weight = 0.4};
    assert_int(flx_predictor_copy(&other->assignments[0].models[0].predictor,
                                  &hosted.predictor, &error),
               FLX_OK);
    hosted.predictor.output_high = 20;
    assert_int(flx_assignment_add(&model->assignments[0], &hosted, &error), FLX_OK);
    model->assignments[0].models[0].weight = 0.6;
    compare(model, NULL, NULL);
    flx_model_destroy(other);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void check_reason(flx_backend *backend)
{
    flx_search_space *space = NULL;
    flx_tuning_objective *tuning_model = NULL;
    flx_device_graph *plan = NULL;
    flx_error error = {0};
    char reason[FLX_DEVICE_GRAPH_REASON];
    assert_int(
        flx_search_space_create(subject.model->deployment, NULL, 0, &space, &error),
        FLX_OK);
    assert_int(flx_tuning_objective_create(subject.model, backend, space, NULL, 0, 1,
                                           &tuning_model, &error),
               FLX_OK);
    assert_int(flx_tuning_objective_plan(tuning_model, &plan, reason, &error), FLX_OK);
    assert_true(plan == NULL);
    assert_text(reason, "web:p90 is predicted by a model of kind mlp, which stays on "
                        "the host");
    flx_tuning_objective_destroy(tuning_model);
    flx_search_space_destroy(space);
}

/* Near the training rows, and far from them. */
static void ensembles_are_planned(void)
{
    flx_dataset *table = two_services_rows(24, 1, 1);
    flx_model *model = train(1, "none", table, FLX_COMPOSED, true);
    flx_ensemble *ensemble = model->ensemble;
    assert_true(ensemble && ensemble->n_members == FLX_ENSEMBLE_TRAINED);
    compare(model, NULL, NULL);
    compare(model, "db:rps=500", NULL);
    ensemble->high = 23; /* of a target between 20 and 28 */
    compare(model, NULL, NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void trees_and_forests_are_planned(void)
{
    flx_dataset *table = two_services_rows(120, 2, 1);
    for (int r = 0; r < table->rows; r += 5)
        *two_services_cell(table, r, "db/0:rps") = NAN;
    flx_model *model = train(2, "none", table, FLX_BLACK_BOX_XGBOOST, false);
    compare(model, NULL, NULL);
    flx_model_destroy(model);
    model = train(2, "log", table, FLX_BLACK_BOX_FOREST, false);
    compare(model, NULL, NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void perceptrons_stay_on_the_host(void)
{
    flx_dataset *table = two_services_rows(24, 1, 1);
    flx_model *model = train(1, "none", table, FLX_BLACK_BOX_MLP, false);
    flx_backend *backend = two_services_backend(1);
    subject.model = model;
    check_reason(backend);
    flx_backend_close(backend);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* The cpu keeps no graphs: the host's own inference does as well there. */
static void the_cpu_keeps_no_graphs(void)
{
    flx_dataset *table = two_services_rows(30, 1, 1);
    flx_model *model = train(1, "none", table, FLX_COMPOSED, false);
    flx_backend *backend = two_services_backend(1);
    flx_uploaded_graph placed;
    flx_error error = {0};
    subject.model = model;
    subject.fix = NULL;
    subject.profile = NULL;
    bench b = open_bench(backend);
    assert_int(flx_device_graph_upload(b.plan, backend, &placed, &error), FLX_NO_BACKEND);
    assert_contains(error.message, "the cpu backend keeps no graphs");
    flx_device_graph_release(&placed);
    close_bench(&b);
    flx_backend_close(backend);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

CU_TestInfo compiled_graph_tests[] = {
    {"replicas with rates are planned", replicas_with_rates_are_planned},
    {"missing states are planned", missing_states_are_planned},
    {"several models of a vertex are planned", several_models_of_a_vertex_are_planned},
    {"ensembles are planned", ensembles_are_planned},
    {"trees and forests are planned", trees_and_forests_are_planned},
    {"perceptrons stay on the host", perceptrons_stay_on_the_host},
    {"the cpu keeps no graphs", the_cpu_keeps_no_graphs},
    CU_TEST_INFO_NULL,
};
