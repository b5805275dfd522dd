/* SPDX-License-Identifier: MIT
 * Training sets: which rows, whose output, which inputs, and what is known before a fit.
 */
#include "host/training/training_set.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>

/* A graph on some rows. */
typedef struct {
    flx_deployment *deployment;
    flx_graph *graph;
    flx_dataset *rows;
    flx_training_view view;
    flx_column_binding *binding;
} fixture;

static fixture begin(int replicas, int rows)
{
    fixture f = {.deployment = two_services(replicas, "none"),
                 .rows = two_services_rows(rows, replicas, 1)};
    flx_graph_scope scope = {0};
    flx_error error = {0};
    assert_int(flx_model_build_graph(f.deployment, FLX_COMPOSED, false, &scope, &f.graph,
                                     &error),
               FLX_OK);
    f.view =
        (flx_training_view){.deployment = f.deployment, .graph = f.graph, .rows = f.rows};
    assert_int(
        flx_column_binding_create(f.graph, f.deployment, f.rows, &f.binding, &error),
        FLX_OK);
    return f;
}

static void finish(fixture *f)
{
    flx_column_binding_destroy(f->binding);
    flx_dataset_destroy(f->rows);
    flx_graph_destroy(f->graph);
    flx_deployment_destroy(f->deployment);
}

static flx_training_set build(const fixture *f, const char *name)
{
    flx_training_set set;
    flx_error error = {0};
    int a = flx_graph_find_assignment(f->graph, name);
    assert_int(flx_training_set_build(&f->view, f->binding, a, &set, &error), FLX_OK);
    return set;
}

static void rows_without_an_output_are_left_out(void)
{
    fixture f = begin(1, 4);
    *two_services_cell(f.rows, 1, "db:p90") = NAN;
    *two_services_cell(f.rows, 3, "db:c") = NAN;
    flx_training_set set = build(&f, "db:p90");
    assert_int(set.n, 3);
    assert_int(set.row[0], 0);
    assert_int(set.row[1], 2);
    assert_close(set.y[1], *two_services_cell(f.rows, 2, "db:p90"), 0, 0);
    assert_close(set.raw[2], *two_services_cell(f.rows, 2, "db:c"), 0, 0);
    assert_close(set.raw[3], *two_services_cell(f.rows, 2, "db:rps"), 0, 0);
    assert_true(isnan(set.raw[4])); /* a missing input leaves the row in */
    flx_training_set_clear(&set);
    finish(&f);
}

static void replicas_take_turns(void)
{
    fixture f = begin(2, 4);
    *two_services_cell(f.rows, 2, "db/0:p90") = NAN; /* the other one steps in */
    *two_services_cell(f.rows, 3, "db/0:p90") = NAN;
    *two_services_cell(f.rows, 3, "db/1:p90") = NAN;
    flx_training_set set = build(&f, "db:p90");
    static const char *const outputs[] = {"db/0:p90", "db/1:p90", "db/1:p90"};
    assert_int(set.n, 3);
    for (int i = 0; i < 3; i++) {
        assert_close(set.y[i], *two_services_cell(f.rows, i, outputs[i]), 0, 0);
        assert_text(f.graph->vertices[set.vertex[i]].name, outputs[i]);
    }
    flx_training_set_clear(&set);
    finish(&f);
}

static void inputs_may_stand_in_another_table(void)
{
    fixture f = begin(1, 3);
    flx_dataset *inputs = NULL;
    flx_error error = {0};
    assert_int(flx_dataset_copy(f.rows, &inputs, &error), FLX_OK);
    two_services_fill(inputs, "db:p90", 7);
    two_services_fill(inputs, "web:p90", 8);
    f.view.inputs = inputs;
    flx_training_set set = build(&f, "web:p90");
    int a = flx_graph_find_assignment(f.graph, "web:p90");
    int width = f.graph->assignments[a].n_inputs;
    assert_close(set.raw[width - 1], 7, 0, 0); /* metrics of others come last */
    assert_close(set.y[0], *two_services_cell(f.rows, 0, "web:p90"), 0, 0);
    flx_training_set_clear(&set);
    flx_dataset_destroy(inputs);
    finish(&f);
}

static void outputs_become_logarithms_where_all_are_positive(void)
{
    double y[] = {1, 2, 4};
    flx_training_set set = {.n = 3, .y = y};
    flx_predictor p = {0};
    flx_training_set_transform_output(&set, true, &p);
    assert_true(p.is_log);
    assert_close(y[2], log(4), 1e-15, 0);
    assert_close(p.output_low, 0, 0, 0); /* 1 - 1.5, but never below zero */
    assert_close(p.output_high, 4 + 1.5, 1e-15, 0);
    double z[] = {-1, 2, 3};
    set.y = z;
    flx_training_set_transform_output(&set, true, &p);
    assert_true(!p.is_log);
    assert_close(z[1], 2, 0, 0);
    assert_close(p.output_low, -1 - 2, 1e-15, 0);
}

static void a_constant_is_mean_and_variance(void)
{
    double y[] = {1, 2, 6};
    const flx_training_set set = {.n = 3, .y = y}, none = {.y = y};
    flx_predictor p = {.output_low = 1, .output_high = 2};
    flx_training_set_make_constant(&set, &p);
    assert_int(p.kind, FLX_PREDICTOR_CONSTANT);
    assert_close(p.constant, 3, 1e-15, 0);
    assert_close(p.variance, (4 + 1 + 9) / 2.0, 1e-15, 0);
    assert_true(!flx_training_set_is_constant(&set));
    flx_training_set_make_constant(&none, &p);
    assert_close(p.constant, 0, 0, 0);
    assert_close(p.output_high, 0, 0, 0);
    assert_true(flx_training_set_is_constant(&none));
}

/* The service shows the mean of its two instances, weighted by their rates. */
static void the_error_of_a_rule_is_measured_in_the_unit_of_the_output(void)
{
    fixture f = begin(2, 5);
    for (int r = 0; r < 5; r++)
        *two_services_cell(f.rows, r, "db:p90") += 0.25;
    *two_services_cell(f.rows, 4, "db/0:p90") = NAN;
    *two_services_cell(f.rows, 4, "db/1:p90") = NAN; /* the rule cannot tell */
    flx_training_set set = build(&f, "db:p90 over instances");
    int a = flx_graph_find_assignment(f.graph, "db:p90 over instances");
    const flx_graph_assignment *assignment = &f.graph->assignments[a];
    flx_predictor p = {0};
    flx_error error = {0};
    double mae;
    assert_int(flx_training_set_measure_rule(&set, assignment, &p, &mae, &error), FLX_OK);
    assert_close(mae, 0.25, 1e-12, 0);
    flx_training_set_transform_output(&set, true, &p);
    assert_int(flx_training_set_measure_rule(&set, assignment, &p, &mae, &error), FLX_OK);
    assert_close(mae, 0.25, 1e-12, 0);
    set.n = 0;
    assert_int(flx_training_set_measure_rule(&set, assignment, &p, &mae, &error), FLX_OK);
    assert_true(isinf(mae));
    flx_training_set_clear(&set);
    finish(&f);
}

CU_TestInfo training_set_tests[] = {
    {"rows without an output are left out", rows_without_an_output_are_left_out},
    {"replicas take turns", replicas_take_turns},
    {"inputs may stand in another table", inputs_may_stand_in_another_table},
    {"outputs become logarithms where all are positive",
     outputs_become_logarithms_where_all_are_positive},
    {"a constant is mean and variance", a_constant_is_mean_and_variance},
    {"the error of a rule is measured in the unit of the output",
     the_error_of_a_rule_is_measured_in_the_unit_of_the_output},
    CU_TEST_INFO_NULL,
};
