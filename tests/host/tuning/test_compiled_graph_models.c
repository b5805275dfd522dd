/* SPDX-License-Identifier: MIT
 * Every kind of model compiled for a device, and the kind that is not. */
#include "host/tuning/compiled_graph_lists.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/host/tuning/compiled.h"

#include <CUnit/CUnit.h>
#include <math.h>

/* Two models of different kinds for the target, one of them kept within a range. */
static void several_models_of_a_vertex_are_compiled(void)
{
    flx_dataset *table = two_services_rows(30, 1, 1);
    flx_model *model = train_two(1, "none", table, FLX_BLACK_BOX_RIDGE, false);
    flx_model *other = train_two(1, "none", table, FLX_BLACK_BOX_ARD, false);
    flx_error error = {0};
    compare_compiled(model, NULL, NULL);
    flx_hosted_model hosted = {.weight = 0.4};
    assert_int(flx_predictor_copy(&other->assignments[0].models[0].predictor,
                                  &hosted.predictor, &error),
               FLX_OK);
    hosted.predictor.output_high = 20;
    assert_int(flx_assignment_add(&model->assignments[0], &hosted, &error), FLX_OK);
    model->assignments[0].models[0].weight = 0.6;
    compare_compiled(model, NULL, NULL);
    flx_model_destroy(other);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void trees_and_forests_are_compiled(void)
{
    flx_dataset *table = two_services_rows(120, 2, 1);
    for (int r = 0; r < table->rows; r += 5)
        *two_services_cell(table, r, "db/0:rps") = NAN;
    flx_model *model = train_two(2, "none", table, FLX_BLACK_BOX_XGBOOST, false);
    compare_compiled(model, NULL, NULL);
    flx_model_destroy(model);
    model = train_two(2, "log", table, FLX_BLACK_BOX_FOREST, false);
    compare_compiled(model, NULL, NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void perceptrons_stay_on_the_host(void)
{
    flx_dataset *table = two_services_rows(24, 1, 1);
    flx_model *model = train_two(1, "none", table, FLX_BLACK_BOX_MLP, false);
    flx_backend *backend = two_services_backend(1);
    compiled_model c = open_compiled(&(compiled_subject){.model = model}, backend);
    assert_true(c.compiled == NULL);
    assert_text(flx_tuning_objective_reason(c.objective),
                "web:p90 is predicted by a model of kind mlp, which stays on the host");
    close_compiled(&c);
    flx_backend_close(backend);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

static void a_list_keeps_what_was_added(void)
{
    flx_compiled_graph_list list = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(flx_compiled_graph_add(&list, &i, 1, sizeof i) != NULL);
    int *zeros = flx_compiled_graph_add(&list, NULL, 3, sizeof *zeros);
    assert_int(list.count, 1003);
    assert_int(zeros[2], 0);
    for (int i = 0; i < 1000; i++)
        assert_int(((int *)list.items)[i], i);
    free(list.items);
    list = (flx_compiled_graph_list){0};
    assert_true(flx_compiled_graph_add(&list, NULL, 0, sizeof(int)) != NULL);
    assert_int(list.count, 0);
    free(list.items);
}

CU_TestInfo compiled_graph_models_tests[] = {
    {"several models of a vertex are compiled", several_models_of_a_vertex_are_compiled},
    {"trees and forests are compiled", trees_and_forests_are_compiled},
    {"perceptrons stay on the host", perceptrons_stay_on_the_host},
    {"a list keeps what was added", a_list_keeps_what_was_added},
    CU_TEST_INFO_NULL,
};
