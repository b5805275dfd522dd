/* SPDX-License-Identifier: MIT
 * Services scaled out and in: the graphs that the paper prints, assignments that stay,
 * a rule worked out by hand, and calls that are refused. */
#include "host/engine/graph_engine.h"

#include "host/model/inference.h"
#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/graph/graphs.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

static void scale(flx_model *model, const char *service, int instances)
{
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, service, instances, &change, &error),
               FLX_OK);
    assert_text(error.message, "");
    flx_change_clear(&change);
}

static void follow(flx_model *model, const flx_deployment *step)
{
    for (int s = 0; s < step->n_services; s++)
        scale(model, step->services[s].name, step->services[s].replicas);
}

/* Scaled service by service, a model has the graph of the step's own file. */
static void expect_step(const char *system, const char *step, int vertices,
                        int assignments, int inputs)
{
    char first[64], later[64];
    snprintf(first, sizeof first, "%s/deployment", system);
    snprintf(later, sizeof later, "%s/%s", system, step);
    flx_model *model = skeleton_of(read_config(first), NULL, 0);
    flx_deployment *deployment = read_config(later);
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(flx_graph_build(deployment, NULL, 0, false, &graph, &error), FLX_OK);
    follow(model, deployment);
    assert_same_vertices(model->graph, graph);
    assert_int(model->graph->n_inputs, inputs);
    if (vertices > 0) {
        assert_int(model->graph->n_vertices, vertices);
        assert_int(model->graph->n_assignments, assignments);
    }
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
    flx_model_destroy(model);
}

static void every_step_of_the_paper_is_reached_by_scaling(void)
{
    expect_step("boutique", "9vm-2", 36, 24, 126);
    expect_step("boutique", "9vm-3", 48, 24, 189);
    expect_step("hotel", "6vm-2", 0, 0, 72);
    expect_step("hotel", "6vm-3", 0, 0, 80);
    expect_step("hotel", "6vm-4", 0, 0, 139);
    expect_step("hotel", "6vm-5", 0, 0, 177);
    expect_step("hotel", "100vm-2", 110, 35, 253);
    expect_step("hotel", "100vm-3", 0, 0, 637);
    expect_step("trainticket", "100vm-2", 0, 0, 247);
    expect_step("trainticket", "100vm-3", 0, 0, 252);
    expect_step("trainticket", "100vm-4", 0, 0, 262);
    expect_step("trainticket", "100vm-5", 0, 0, 307);
}

/* Hotel x6 with 1, 4 and 21 metrics: 110, 419, 2,170 vertices of 35, 134, 695
 * assignments; what was there before is reused, service-vertices are new. */
static void hotel_times_six_has_the_printed_counts(void)
{
    static const char *const metrics[] = {
        "p90", "p50", "p85", "p95", "p80", "p81", "p82", "p83", "p84", "p86", "p87",
        "p88", "p89", "p91", "p92", "p93", "p94", "p96", "p97", "p98", "p99"};
    static const int counts[][4] = {
        {1, 110, 35, 20}, {4, 419, 134, 77}, {21, 2170, 695, 400}};
    flx_deployment *step = read_config("hotel/100vm-2");
    for (int i = 0; i < 3; i++) {
        flx_model *model =
            skeleton_of(read_config("hotel/deployment"), metrics, counts[i][0]);
        assert_int(model->graph->n_assignments, counts[i][3]);
        follow(model, step);
        assert_int(model->graph->n_vertices, counts[i][1]);
        assert_int(model->graph->n_assignments, counts[i][2]);
        int *untrained = malloc((size_t)counts[i][2] * sizeof *untrained);
        assert_int(flx_graph_engine_untrained(model, untrained),
                   counts[i][2] - counts[i][3]);
        free(untrained);
        flx_model_destroy(model);
    }
    flx_deployment_destroy(step);
}

static void replicas_share_what_was_there_and_a_service_vertex_is_new(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    double before = hosting_of(model, "db:p90")->models[0].predictor.constant;
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "db", 3, &change, &error), FLX_OK);
    assert_text(change.event, "scale");
    assert_text(change.service, "db");
    assert_int(change.instances, 3);
    assert_int(change.reused.count, 2);
    assert_true(flx_name_list_holds(&change.reused, "db:p90"));
    assert_true(flx_name_list_holds(&change.reused, "web:p90"));
    assert_int(change.untrained.count, 1);
    assert_text(change.untrained.items[0], "db:p90 over instances");
    assert_int(change.fitted.count + change.removed.count + change.missing_inputs.count,
               0);
    assert_close(hosting_of(model, "db:p90")->models[0].predictor.constant, before, 0, 0);
    int a = flx_graph_find_assignment(model->graph, "db:p90 over instances");
    static const char *const labels[] = {"db/0:p90", "db/1:p90", "db/2:p90",
                                         "db/0:rps", "db/1:rps", "db/2:rps"};
    assert_int(model->graph->assignments[a].n_inputs, 6);
    for (int i = 0; i < 6; i++)
        assert_text(model->graph->assignments[a].inputs[i].label, labels[i]);
    assert_int(model->row_replicas[1], 1);
    flx_change_clear(&change);
    flx_model_destroy(model);
}

static void paper_mode_sees_no_rates(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    model->paper_mode = true;
    scale(model, "db", 2);
    int a = flx_graph_find_assignment(model->graph, "db:p90 over instances");
    assert_int(model->graph->assignments[a].n_inputs, 2);
    flx_model_destroy(model);
}

static void scaling_in_removes_and_scaling_back_restores(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    flx_graph *first = NULL;
    flx_error error = {0};
    flx_change change;
    assert_int(flx_graph_build(model->deployment, NULL, 0, false, &first, &error),
               FLX_OK);
    scale(model, "db", 3);
    /* Another number of instances has other inputs: its vertex starts anew. */
    assert_int(flx_graph_engine_scale(model, "db", 2, &change, &error), FLX_OK);
    assert_int(change.untrained.count, 1);
    assert_int(change.removed.count, 0);
    flx_change_clear(&change);
    assert_int(flx_graph_engine_scale(model, "db", 1, &change, &error), FLX_OK);
    assert_int(change.untrained.count, 0);
    assert_int(change.removed.count, 1);
    assert_text(change.removed.items[0], "db:p90 over instances");
    flx_change_clear(&change);
    assert_same_vertices(model->graph, first);
    flx_graph_destroy(first);
    flx_model_destroy(model);
}

static void the_target_service_can_be_scaled(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    scale(model, "web", 2);
    assert_int(model->graph->n_vertices, 4);
    assert_text(model->graph->vertices[model->graph->output].name, "web:p90");
    assert_int(model->graph->vertices[model->graph->output].kind, FLX_SERVICE_VERTEX);
    flx_model_destroy(model);
}

/* Trained on one instance, asked about two: the rule weighs them by their rates, and
 * web:p90 = 2 + 1.5 db:p90 + 3 a follows. Little noise is left in such a fit. */
static void a_scaled_graph_predicts_at_once(void)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *rows = two_services_rows(60, 1, 3), *test = two_services_rows(40, 2, 4);
    flx_model *model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, backend);
    flx_inference *inference = NULL;
    flx_error error = {0};
    double target[40], all[4 * 40];
    scale(model, "db", 2);
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, test, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, target, NULL, &error), FLX_OK);
    assert_int(flx_inference_vertices(inference, FLX_FROM_PREDICTIONS, all, NULL, &error),
               FLX_OK);
    int shown = find_vertex(model->graph, "db:p90");
    for (int r = 0; r < 40; r++) {
        double rate[2] = {*two_services_cell(test, r, "db/0:rps"),
                          *two_services_cell(test, r, "db/1:rps")};
        double mean = (rate[0] * all[r] + rate[1] * all[40 + r]) / (rate[0] + rate[1]);
        assert_close(all[shown * 40 + r], mean, 1e-12, 0);
        assert_close(target[r], *two_services_cell(test, r, "web:p90"), 0.02, 0);
    }
    flx_inference_destroy(inference);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(test);
    flx_backend_close(backend);
}

static void wrong_calls_leave_the_model_as_it_was(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0);
    const flx_graph *graph = model->graph;
    flx_change change;
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "cache", 2, &change, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "deployment two has no service cache");
    flx_change_clear(&change);
    static const int wrong[] = {0, -1, 10001};
    for (int i = 0; i < 3; i++) {
        assert_int(flx_graph_engine_scale(model, "db", wrong[i], &change, &error),
                   FLX_BAD_INPUT);
        assert_contains(error.message, "db cannot have");
        flx_change_clear(&change);
    }
    model->composition = FLX_BLACK_BOX_ARD;
    assert_int(flx_graph_engine_scale(model, "db", 2, &change, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "one black box");
    flx_change_clear(&change);
    assert_true(model->graph == graph);
    assert_int(model->deployment->services[1].replicas, 1);
    flx_model_destroy(model);
}

CU_TestInfo scale_service_tests[] = {
    {"every step of the paper is reached by scaling",
     every_step_of_the_paper_is_reached_by_scaling},
    {"hotel times six has the printed counts", hotel_times_six_has_the_printed_counts},
    {"replicas share what was there and a service-vertex is new",
     replicas_share_what_was_there_and_a_service_vertex_is_new},
    {"paper mode sees no rates", paper_mode_sees_no_rates},
    {"scaling in removes and scaling back restores",
     scaling_in_removes_and_scaling_back_restores},
    {"the target service can be scaled", the_target_service_can_be_scaled},
    {"a scaled graph predicts at once", a_scaled_graph_predicts_at_once},
    {"wrong calls leave the model as it was", wrong_calls_leave_the_model_as_it_was},
    CU_TEST_INFO_NULL,
};
