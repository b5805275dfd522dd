/* SPDX-License-Identifier: MIT
 * Changed models as folders: the history grows line by line, what was scaled reads back
 * with the rows of before, and a failure leaves the old model. */
#include "host/engine/graph_engine.h"

#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model of one instance in the scratch folder, read again. */
static flx_model *write_and_read(void)
{
    flx_model *model = skeleton_of(two_services(1, "none"), NULL, 0), *read = NULL;
    flx_error error = {0};
    model->rows = two_services_rows(10, 1, 1);
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    assert_text(error.message, "");
    flx_model_destroy(model);
    return read;
}

static void scale(flx_model *model, int instances, flx_change *change)
{
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "db", instances, change, &error), FLX_OK);
}

/* Line `number` of the history, as JSON. */
static json_t *history_line(int number)
{
    FILE *file = fopen(scratch_path("model/history.jsonl"), "r");
    char line[4096] = "";
    for (int i = 0; i <= number && file; i++)
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
    if (file)
        fclose(file);
    return json_loads(line, 0, NULL);
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static void the_history_goes_on_and_rows_keep_their_deployment(void)
{
    flx_change change;
    flx_error error = {0};
    scratch_begin();
    flx_model *model = write_and_read(), *again = NULL;
    for (int instances = 2; instances <= 3; instances++) {
        scale(model, instances, &change);
        assert_int(flx_model_update(model, scratch_path("model"), &change, &error),
                   FLX_OK);
        flx_change_clear(&change);
    }
    json_t *first = history_line(0), *last = history_line(2), *none = history_line(3);
    assert_text(text_of(first, "event"), "train");
    assert_text(text_of(last, "event"), "scale");
    assert_text(text_of(last, "service"), "db");
    assert_int(json_integer_value(json_object_get(last, "instances")), 3);
    assert_int((long)json_array_size(json_object_get(last, "reused")), 2);
    assert_int((long)json_array_size(json_object_get(last, "untrained")), 1);
    assert_int((long)strlen(text_of(last, "date")), 20);
    assert_true(none == NULL);
    assert_int(flx_model_read(scratch_path("model"), &again, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(again->deployment->services[1].replicas, 3);
    assert_int(again->row_replicas[1], 1);
    assert_same_vertices(again->graph, model->graph);
    json_decref(first);
    json_decref(last);
    flx_model_destroy(again);
    flx_model_destroy(model);
    scratch_end();
}

static void replace_in_file(const char *name, const char *from, const char *to)
{
    char text[20000], changed[20000];
    FILE *file = fopen(scratch_path(name), "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file)
        fclose(file);
    char *at = strstr(text, from);
    assert_true(at != NULL);
    snprintf(changed, sizeof changed, "%.*s%s%s", at ? (int)(at - text) : 0, text, to,
             at ? at + strlen(from) : "");
    scratch_write(name, changed);
}

static void rows_of_unknown_services_are_refused(void)
{
    flx_change change;
    flx_error error = {0};
    scratch_begin();
    flx_model *model = write_and_read(), *again = NULL;
    scale(model, 2, &change);
    assert_int(flx_model_update(model, scratch_path("model"), &change, &error), FLX_OK);
    flx_change_clear(&change);
    replace_in_file("model/graph.json", "\"db\": 1", "\"dc\": 1");
    assert_int(flx_model_read(scratch_path("model"), &again, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "names a service that is not deployed");
    replace_in_file("model/graph.json", "\"dc\": 1", "\"db\": -1");
    assert_int(flx_model_read(scratch_path("model"), &again, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "graph.json line");
    flx_model_destroy(model);
    scratch_end();
}

static void a_failing_update_leaves_the_old_model(void)
{
    flx_change change;
    flx_error error = {0};
    scratch_begin();
    flx_model *model = write_and_read(), *again = NULL;
    scale(model, 2, &change);
    /* A vertex that hosts nothing could not be read back. */
    flx_assignment_clear(hosting_of(model, "web:p90"));
    assert_int(flx_model_update(model, scratch_path("model"), &change, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "web:p90 hosts no model");
    assert_int(flx_model_update(model, scratch_path("nowhere"), &change, &error),
               FLX_BAD_INPUT);
    flx_change_clear(&change);
    assert_int(scratch_count(), 1);
    assert_int(flx_model_read(scratch_path("model"), &again, &error), FLX_OK);
    assert_int(again->deployment->services[1].replicas, 1);
    flx_model_destroy(again);
    flx_model_destroy(model);
    scratch_end();
}

CU_TestInfo graph_engine_directory_tests[] = {
    {"the history goes on and rows keep their deployment",
     the_history_goes_on_and_rows_keep_their_deployment},
    {"rows of unknown services are refused", rows_of_unknown_services_are_refused},
    {"a failing update leaves the old model", a_failing_update_leaves_the_old_model},
    CU_TEST_INFO_NULL,
};
