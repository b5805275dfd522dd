/* SPDX-License-Identifier: MIT
 * Graphs built in memory: equal to those of a deployment file, with models given to
 * vertices, extended, fitted, and refused where they cannot be. */
#include "host/engine/graph_engine.h"

#include "host/model/inference.h"
#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const rps[] = {"rps", NULL};

static flx_graph_engine *create(void)
{
    flx_graph_engine *engine = NULL;
    flx_error error = {0};
    assert_int(flx_graph_engine_create("two", &engine, &error), FLX_OK);
    return engine;
}

static void declare(flx_graph_engine *engine, const char *name, const char *knob,
                    const char *const *operations)
{
    char knob_name[16];
    flx_error error = {0};
    snprintf(knob_name, sizeof knob_name, "%s", knob);
    flx_knob knobs[] = {{.name = knob_name,
                         .type = FLX_CONTINUOUS,
                         .min = 0,
                         .max = 1,
                         .default_value = 0.5}};
    flx_service_sketch sketch = {.name = name,
                                 .operations = operations,
                                 .n_knobs = *knob ? 1 : 0,
                                 .knobs = knobs,
                                 .states = rps};
    assert_int(flx_graph_engine_declare(engine, &sketch, &error), FLX_OK);
    assert_text(error.message, "");
}

static void add(flx_graph_engine *engine, const char *service, const char *metric)
{
    flx_error error = {0};
    assert_int(flx_graph_engine_add(engine, service, metric, NULL, &error), FLX_OK);
}

static void connect_services(flx_graph_engine *engine, const char *callee,
                             const char *caller)
{
    flx_error error = {0};
    assert_int(flx_graph_engine_connect(engine, callee, caller, &error), FLX_OK);
    assert_text(error.message, "");
}

static flx_model *compose(flx_graph_engine *engine, const char *target,
                          flx_change *change)
{
    flx_model *model = NULL;
    flx_error error = {0};
    assert_int(flx_graph_engine_compose(engine, target, NULL, &model, change, &error),
               FLX_OK);
    assert_text(error.message, "");
    return model;
}

/* web and db of the tests, built by hand. */
static flx_graph_engine *sketch_two_services(void)
{
    flx_graph_engine *engine = create();
    declare(engine, "web", "a", NULL);
    declare(engine, "db", "c", NULL);
    add(engine, "web", "p90");
    add(engine, "db", "p90");
    connect_services(engine, "db", "web");
    return engine;
}

static void a_graph_built_by_hand_is_that_of_the_file(void)
{
    flx_graph_engine *engine = sketch_two_services();
    flx_change change;
    flx_model *model = compose(engine, "web:p90", &change);
    flx_model *file = skeleton_of(two_services(1, "none"), NULL, 0);
    assert_same_vertices(model->graph, file->graph);
    for (int a = 0; a < 2; a++)
        for (int i = 0; i < file->graph->assignments[a].n_inputs; i++)
            assert_text(model->graph->assignments[a].inputs[i].label,
                        file->graph->assignments[a].inputs[i].label);
    assert_text(change.event, "add");
    assert_int(change.untrained.count, 2);
    assert_int(change.reused.count, 0);
    flx_change_clear(&change);
    flx_model_destroy(file);
    flx_model_destroy(model);
    flx_graph_engine_destroy(engine);
}

/* Fitted on rows, it predicts; before that it says that it cannot. */
static void what_hosts_nothing_is_fitted(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_graph_engine *engine = sketch_two_services();
    flx_dataset *rows = two_services_rows(50, 1, 3), *test = two_services_rows(20, 1, 4);
    flx_refit_options options = {0};
    flx_change change;
    flx_error error = {0};
    flx_inference *inference = NULL;
    double target[20];
    flx_model *model = compose(engine, "web:p90", &change);
    flx_change_clear(&change);
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, test, &inference, &error),
        FLX_BAD_INPUT);
    assert_contains(error.message, "db:p90 hosts no model yet");
    int untrained[2];
    assert_int(flx_graph_engine_untrained(model, untrained), 2);
    assert_int(flx_graph_engine_fit(model, untrained, 2, rows, &options, backend, &change,
                                    &error),
               FLX_OK);
    assert_int(change.fitted.count, 2);
    assert_true(isnan(change.refits[0].mae_before));
    flx_change_clear(&change);
    assert_int(model->rows->rows, 50); /* they are its training rows now */
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, test, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, target, NULL, &error), FLX_OK);
    for (int r = 0; r < 20; r++)
        assert_close(target[r], *two_services_cell(test, r, "web:p90"), 0.02, 0);
    flx_inference_destroy(inference);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(test);
    flx_model_destroy(model);
    flx_graph_engine_destroy(engine);
    flx_backend_close(backend);
}

static flx_learning_assignment make_constant(double value, int n_inputs)
{
    flx_learning_assignment hosting = {0};
    flx_hosted_model model = {.predictor = {.kind = FLX_PREDICTOR_CONSTANT,
                                            .constant = value,
                                            .n_inputs = n_inputs,
                                            .output_high = 100},
                              .weight = 1};
    assert_int(flx_assignment_add(&hosting, &model, &(flx_error){0}), FLX_OK);
    return hosting;
}

static void models_are_given_to_vertices(void)
{
    static const char *const operations[] = {"get", "set", NULL};
    flx_graph_engine *engine = create();
    flx_error error = {0};
    flx_change change;
    declare(engine, "web", "a", NULL);
    declare(engine, "redis", "", operations);
    add(engine, "web", "p90");
    flx_learning_assignment given = make_constant(5, 1);
    assert_int(flx_graph_engine_add(engine, "redis.get", "p90", &given, &error), FLX_OK);
    assert_int(given.n_models, 0); /* taken over */
    connect_services(engine, "redis.get", "web");
    flx_model *model = compose(engine, "web:p90", &change);
    assert_close(hosting_of(model, "redis.get:p90")->models[0].predictor.constant, 5, 0,
                 0);
    assert_true(flx_name_list_holds(&change.reused, "redis.get:p90"));
    assert_true(flx_name_list_holds(&change.untrained, "web:p90"));
    assert_int(model->graph->n_assignments, 2); /* nobody calls redis.set */
    flx_change_clear(&change);
    flx_model_destroy(model);
    flx_graph_engine_destroy(engine);
}

/* A model goes on: a cache comes between, what was trained stays. */
static void a_model_is_extended(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    double web = hosting_of(model, "web:p90")->models[0].predictor.constant;
    flx_graph_engine *engine = NULL;
    flx_change change;
    flx_error error = {0};
    model->rows = two_services_rows(10, 1, 1);
    assert_int(flx_graph_engine_open_take(model, &engine, &error), FLX_OK);
    declare(engine, "cache", "size", NULL);
    add(engine, "cache", "p90");
    connect_services(engine, "cache", "web");
    connect_services(engine, "db", "cache");
    model = compose(engine, "web:p90", &change);
    assert_int(model->graph->n_assignments, 3);
    assert_close(hosting_of(model, "web:p90")->models[0].predictor.constant, web, 0, 0);
    assert_int(change.untrained.count, 1);
    assert_text(change.untrained.items[0], "cache:p90");
    assert_text(change.unused_inputs.items[0], "web:p90 does not read cache:p90");
    assert_int(model->row_replicas[2], 0);
    assert_int(model->row_replicas[0], 1);
    flx_change_clear(&change);
    flx_model_destroy(model);
    flx_graph_engine_destroy(engine);
}

static void refuse_compose(flx_graph_engine *engine, const char *target, const char *part)
{
    flx_model *model = NULL;
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_compose(engine, target, NULL, &model, &change, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_true(model == NULL);
    flx_change_clear(&change);
}

static void what_cannot_be_composed_is_refused(void)
{
    flx_graph_engine *engine = sketch_two_services();
    flx_service_sketch again = {.name = "db"};
    flx_error error = {0};
    assert_int(flx_graph_engine_declare(engine, &again, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "db is declared already");
    assert_int(flx_graph_engine_add(engine, "cache", "p90", NULL, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "cache is no declared service");
    assert_int(flx_graph_engine_connect(engine, "cache", "web", &error), FLX_BAD_INPUT);
    assert_int(flx_graph_engine_connect(engine, "db", "cache", &error), FLX_BAD_INPUT);
    refuse_compose(engine, "web", "not SERVICE[.OPERATION]:METRIC");
    refuse_compose(engine, "shop:p90", "not SERVICE[.OPERATION]:METRIC");
    refuse_compose(engine, "web:p99", "p99");
    flx_learning_assignment given = make_constant(5, 7);
    assert_int(flx_graph_engine_add(engine, "db", "p90", &given, &error), FLX_OK);
    refuse_compose(engine, "web:p90", "db:p90 has 2 inputs in the graph");
    connect_services(engine, "web", "db");
    refuse_compose(engine, "web:p90", "cycle");
    flx_graph_engine_destroy(engine);
}

CU_TestInfo graph_engine_build_tests[] = {
    {"a graph built by hand is that of the file",
     a_graph_built_by_hand_is_that_of_the_file},
    {"what hosts nothing is fitted", what_hosts_nothing_is_fitted},
    {"models are given to vertices", models_are_given_to_vertices},
    {"a model is extended", a_model_is_extended},
    {"what cannot be composed is refused", what_cannot_be_composed_is_refused},
    CU_TEST_INFO_NULL,
};
