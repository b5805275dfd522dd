/* SPDX-License-Identifier: MIT
 * What predict reads: CSV files whose header names columns of the deployment, or
 * datasets. */
#include "host/model/prediction_input.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"one\",\n"
    " \"target\": {\"service\": \"web\", \"metric\": \"p90\", \"goal\": \"min\"},\n"
    " \"services\": [{\"name\": \"web\", \"replicas\": 2, \"knobs\": [\n"
    "   {\"name\": \"threads\", \"type\": \"discrete\", \"min\": 1, \"max\": 20,"
    " \"default\": 3},\n"
    "   {\"name\": \"level\", \"type\": \"choices\", \"values\": [\"10\", \"20\"],"
    " \"default\": \"10\"}],\n"
    "  \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}";

static flx_status read_from(const char *path, flx_dataset **out, flx_error *error)
{
    flx_model model = {0};
    flx_error other = {0};
    assert_int(flx_deployment_parse(deployment_text, "test", &model.deployment, &other),
               FLX_OK);
    flx_status status = flx_prediction_input_read(path, &model, out, error);
    flx_deployment_destroy(model.deployment);
    return status;
}

static void a_csv_becomes_a_table(void)
{
    flx_dataset *table = NULL;
    flx_error error = {0};
    scratch_begin();
    const char *path = scratch_write("in.csv", "web:threads,web/1:rps,web:p90,web:level\n"
                                               "4,1e2,,20\nNA,nan,7.5,10\n");
    assert_int(read_from(path, &table, &error), FLX_OK);
    assert_int(table->rows, 2);
    assert_int(table->n_columns, 4);
    assert_text(table->columns[1].name, "web/1:rps");
    assert_int(table->columns[0].kind, FLX_KNOB);
    assert_int(table->columns[1].kind, FLX_STATE);
    assert_int(table->columns[2].kind, FLX_METRIC);
    const double expected[] = {4, 100, NAN, 1, NAN, NAN, 7.5, 0};
    for (int i = 0; i < 8; i++)
        assert_close(table->values[i], expected[i], 0, 0);
    flx_dataset_destroy(table);
    scratch_end();
}

static void a_dataset_is_known_by_its_name_or_its_bytes(void)
{
    flx_dataset *written = NULL, *table = NULL;
    flx_error error = {0};
    scratch_begin();
    assert_int(flx_dataset_create(1, 1, &written, &error), FLX_OK);
    flx_dataset_name_column(written, 0, "web:threads", FLX_KNOB, "", &error);
    assert_int(flx_dataset_describe(written, "one", "test", &error), FLX_OK);
    written->values[0] = 5;
    for (int i = 0; i < 2; i++) {
        const char *path = scratch_path(i ? "rows.csv" : "rows.h5");
        assert_int(flx_dataset_write(written, path, &error), FLX_OK);
        assert_int(read_from(path, &table, &error), FLX_OK);
        assert_close(table->values[0], 5, 0, 0);
        flx_dataset_destroy(table);
    }
    flx_dataset_destroy(written);
    scratch_end();
}

static void refuse(const char *text, const char *part)
{
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(read_from(scratch_write("in.csv", text), &table, &error), FLX_BAD_INPUT);
    assert_true(table == NULL);
    assert_contains(error.message, "in.csv");
    assert_contains(error.message, part);
}

static void what_cannot_be_read_is_named(void)
{
    flx_dataset *table = NULL;
    flx_error error = {0};
    scratch_begin();
    refuse("", "");
    refuse("web:threads\n", "no rows");
    refuse("web:threads,db:rps\n1,2\n", "\"db:rps\" names no service of deployment one");
    refuse("threads\n1\n", "\"threads\"");
    refuse("web:threads\n4\nfour\n", "line 3: column \"web:threads\" holds \"four\"");
    refuse("web:threads\n4 5\n", "holds \"4 5\"");
    refuse("web:threads\ninf\n", "holds \"inf\"");
    refuse("web:threads\n1e999\n", "holds \"1e999\"");
    refuse("web:level\n30\n", "\"30\", which is none of its choices");
    refuse("web:threads,web:rps\n1\n", "");
    refuse("web:threads,web:threads\n1,2\n", "web:threads");
    assert_int(read_from(scratch_path("absent.csv"), &table, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "absent.csv");
    error = (flx_error){0};
    assert_int(read_from(scratch_write("text.h5", "x"), &table, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "text.h5");
    scratch_end();
}

CU_TestInfo prediction_input_tests[] = {
    {"a CSV becomes a table", a_csv_becomes_a_table},
    {"a dataset is known by its name or its bytes",
     a_dataset_is_known_by_its_name_or_its_bytes},
    {"what cannot be read is named", what_cannot_be_read_is_named},
    CU_TEST_INFO_NULL,
};
