/* SPDX-License-Identifier: MIT
 * Models told where their inputs stand in another graph. */
#include "host/engine/model_transfer.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>

static flx_assignment_input before[] = {
    {FLX_KNOB, "db:c"}, {FLX_STATE, "db:rps"}, {FLX_METRIC, "disk:p90"}};
static flx_assignment_input after[] = {{FLX_STATE, "db:rps"}, {FLX_KNOB, "db:c"}};

static flx_graph_assignment assignment_of(flx_assignment_input *inputs, int count)
{
    return (flx_graph_assignment){.name = "db:p90", .n_inputs = count, .inputs = inputs};
}

/* One model with a feature for every input before. */
static flx_learning_assignment make_model(flx_feature *features)
{
    flx_learning_assignment hosting = {0};
    flx_error error = {0};
    flx_hosted_model hosted = {.predictor = {.kind = FLX_PREDICTOR_CONSTANT,
                                             .n_inputs = 3,
                                             .n_features = 3,
                                             .y_mean = 8,
                                             .y_sd = 2},
                               .weight = 1};
    hosted.predictor.features = calloc(3, sizeof *features);
    for (int i = 0; i < 3; i++)
        hosted.predictor.features[i] = features[i];
    assert_int(flx_assignment_add(&hosting, &hosted, &error), FLX_OK);
    return hosting;
}

static flx_feature features[] = {{.input = 0, .low = 0, .high = 1, .fill = 0.5},
                                 {.input = 1, .low = 0, .high = 9, .fill = 4},
                                 {.input = 2, .low = 0, .high = 7, .fill = 3}};

static void inputs_are_found_by_label_and_lost_ones_fixed(void)
{
    flx_graph_assignment from = assignment_of(before, 3), to = assignment_of(after, 2);
    flx_learning_assignment hosting = make_model(features), moved;
    flx_transfer_source source = {&from, NULL, &hosting};
    flx_change change = {0};
    flx_error error = {0};
    assert_true(!flx_labels_agree(&from, &to));
    assert_true(flx_labels_agree(&to, &to));
    assert_int(flx_model_transfer_assignment(&source, &to, &moved, &change, &error),
               FLX_OK);
    const flx_predictor *p = &moved.models[0].predictor;
    assert_int(p->n_inputs, 2);
    assert_int(p->features[0].input, 1);
    assert_int(p->features[1].input, 0);
    assert_close(p->features[2].low, 3, 0, 0); /* without a range: always the median */
    assert_close(p->features[2].high, 3, 0, 0);
    assert_int(change.missing_inputs.count, 1);
    assert_text(change.missing_inputs.items[0], "db:p90 reads disk:p90");
    assert_int(change.unused_inputs.count, 0);
    flx_change_clear(&change);
    flx_assignment_clear(&hosting);
    flx_assignment_clear(&moved);
}

static void without_any_input_a_model_is_its_mean(void)
{
    flx_graph_assignment from = assignment_of(before, 3), to = assignment_of(after, 0);
    flx_learning_assignment hosting = make_model(features), moved;
    flx_transfer_source source = {&from, NULL, &hosting};
    flx_change change = {0};
    flx_error error = {0};
    assert_int(flx_model_transfer_assignment(&source, &to, &moved, &change, &error),
               FLX_OK);
    assert_int(moved.models[0].predictor.kind, FLX_PREDICTOR_CONSTANT);
    assert_close(moved.models[0].predictor.constant, 8, 0, 0);
    assert_close(moved.models[0].predictor.variance, 4, 0, 0);
    assert_int(change.missing_inputs.count, 3);
    flx_change_clear(&change);
    flx_assignment_clear(&hosting);
    flx_assignment_clear(&moved);
}

static void a_rule_alone_is_untrained(void)
{
    flx_graph_assignment to = assignment_of(after, 2);
    flx_learning_assignment hosting = {0};
    flx_error error = {0};
    to.kind = FLX_SERVICE_VERTEX;
    assert_true(flx_is_untrained(&to, &hosting)); /* hosts nothing */
    assert_int(flx_model_transfer_rule(&to, &hosting, &error), FLX_OK);
    assert_true(flx_is_untrained(&to, &hosting));
    flx_hosted_model second = {.predictor = {.kind = FLX_PREDICTOR_CONSTANT}};
    assert_int(flx_assignment_add(&hosting, &second, &error), FLX_OK);
    assert_true(!flx_is_untrained(&to, &hosting));
    flx_assignment_clear(&hosting);
}

CU_TestInfo model_transfer_tests[] = {
    {"inputs are found by label and lost ones fixed",
     inputs_are_found_by_label_and_lost_ones_fixed},
    {"without any input a model is its mean", without_any_input_a_model_is_its_mean},
    {"a rule alone is untrained", a_rule_alone_is_untrained},
    CU_TEST_INFO_NULL,
};
