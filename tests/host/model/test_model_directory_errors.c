/* SPDX-License-Identifier: MIT
 * Folders of models that were tampered with are refused by name. */
#include "host/model/inference.h"

#include "tests/close.h"
#include "tests/host/model/model_folder.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1 << 20);
    if (!file || !bytes)
        abort();
    *length = fread(bytes, 1, (1 << 20) - 1, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
}

/* The model of scratch "model" is refused with a sentence that holds `part`. */
static void refuse(const char *part)
{
    flx_model *read = NULL;
    flx_error error = {0};
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_BAD_INPUT);
    assert_true(read == NULL);
    assert_contains(error.message, part);
    assert_true(strchr(error.message, '\n') == NULL);
}

/* Replaces the first `old` in a file of the model by `new`, checks, and puts it back. */
static void refuse_change(const char *name, const char *old, const char *new,
                          const char *part)
{
    size_t length, before;
    char *text = read_file(scratch_path(name), &length), *at = strstr(text, old);
    char *changed = calloc(1, length + strlen(new) + 1);
    assert_true(at != NULL);
    if (!at || !changed)
        abort();
    before = (size_t)(at - text);
    memcpy(changed, text, before);
    strcpy(changed + before, new);
    strcat(changed, at + strlen(old));
    write_file(scratch_path(name), changed, strlen(changed));
    refuse(part);
    write_file(scratch_path(name), text, length);
    free(changed);
    free(text);
}

static void begin_tampering(flx_model **model)
{
    *model = make_small_model(1);
    scratch_begin();
    write_model_folder(*model, scratch_path("model"));
}

static void end_tampering(flx_model *model)
{
    flx_model *read = NULL;
    flx_error error = {0};
    /* All was put back. */
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    flx_model_destroy(read);
    flx_model_destroy(model);
    scratch_end();
}

static void settings_that_make_no_sense_are_refused(void)
{
    static const struct {
        const char *old, *new, *part;
    } cases[] = {
        {"\"fluxion-graph\"", "\"fluxion-dataset\"", "graph.json"},
        {"\"version\": 1", "\"version\": 2", "graph.json"},
        {"\"composed\"", "\"composed!\"", "graph.json"},
        {"\"composed\"", "\"gp-ard\"", "graph.json"},
        {"\"composition\"", "\"decomposition\"", "graph.json"},
        {"\"density\"", "7", "graph.json"},
        {"\"paper\": false", "\"paper\": null", "graph.json"},
        {"\"paper\": false", "\"paper\": true", "graph.json"},
        {"{", "", "graph.json"},
        {"{", "[", "graph.json"},
        {"\"training\": {", "\"training\": [], \"was\": {", "graph.json"},
        {"\"source_rows\": 20", "\"source_rows\": 19", "item 19 of \"rows\""},
        {"\"source_rows\": 20", "\"source_rows\": -1", "graph.json"},
        {"\"source_rows\": 20", "\"source_rows\": 1e300", "graph.json"},
        {"\"rows_digest\": \"", "\"rows_digest\": \"0", "rows.h5"},
        {"   0,", "   \"0\",", "item 0 of \"rows\""},
        {"   5,", "   4,", "item 5 of \"rows\""},
        {"   5,", "   -5,", "item 5 of \"rows\""},
        {"   5,", "   99999999999999,", "item 5 of \"rows\""},
        {"\"failure\": false", "\"failure\": 0", "graph.json"},
        {"\"warnings\": [", "\"warnings\": [null,", "graph.json"},
        {"\"warnings\": [", "\"no\": [", "graph.json"},
    };
    flx_model *model;
    begin_tampering(&model);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_change("model/graph.json", cases[i].old, cases[i].new, cases[i].part);
    end_tampering(model);
}

static void a_structure_that_does_not_fit_is_refused(void)
{
    static const struct {
        const char *old, *new, *part;
    } cases[] = {
        {"\"assignments\": [", "\"assignments\": [null,", "graph.json"},
        {"\"assignments\": [", "\"assignments\": {}, \"a\": [", "graph.json"},
        {"\"models\": [", "\"models\": [{},", "graph.json"},
        {"\"models\": [", "\"models\": [null], \"were\": [", "graph.json"},
        {"\"model\": \"", "\"model\": \"../", "is not the digest of a model"},
        {"\"model\": \"", "\"model\": 1, \"was\": \"", "graph.json"},
        {"\"weight\": 1.0", "\"weight\": 0.5", "sum to 0.5, not 1"},
        {"\"kind\": \"gp\"", "\"kind\": \"rule\"", "\"assignments\""},
        {"\"db:c\"", "\"db:d\"", "item 0 of \"assignments\""},
        {"\"db:p90 over instances\"", "\"db:p90\"", "does not fit the deployment"},
        {"\"vertices\": [", "\"vertices\": [{},", "item 0 of \"vertices\""},
        {"\"vertices\": [", "\"vertexes\": [", "item 0 of \"vertices\""},
        {"\"name\": \"db/1:p90\"", "\"name\": \"db/7:p90\"", "item 1 of \"vertices\""},
        {"\"edges\": [", "\"edges\": [[\"db:p90\", \"web:p90\"],", "of \"edges\""},
        {"\"spectrum\": [", "\"spectrum\": [\"p42\",", "p42"},
        {"\"spectrum\": [", "\"spectrum\": [null,", "graph.json"},
        {"\"spectrum\": [",
         "\"selected_inputs\": {\"web:p90\": [\"db:p42\"]}, \"spectrum\": [", "db:p42"},
        {"\"spectrum\": [", "\"selected_inputs\": {\"dbs:p90\": []}, \"spectrum\": [",
         "dbs:p90"},
        {"\"spectrum\": [", "\"selected_inputs\": {\"web:p90\": [7]}, \"spectrum\": [",
         "graph.json"},
        {"\"spectrum\": [", "\"selected_inputs\": [], \"spectrum\": [", "graph.json"},
        {"\"spectrum\": [", "\"selected_inputs\": {\"web:p90\": []}, \"spectrum\": [",
         "graph.json"},
    };
    flx_model *model;
    begin_tampering(&model);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_change("model/graph.json", cases[i].old, cases[i].new, cases[i].part);
    end_tampering(model);
}

static void another_deployment_is_refused(void)
{
    flx_model *model;
    begin_tampering(&model);
    refuse_change("model/deployment.json", "\"c\"", "\"cc\"", "\"assignments\"");
    refuse_change("model/deployment.json", "\"replicas\": 2", "\"replicas\": 3",
                  "graph.json");
    refuse_change("model/deployment.json", "\"fluxion-deployment\"", "\"x\"",
                  "deployment.json");
    refuse_change("model/deployment.json", "\"db\"", "\"d b\"", "");
    end_tampering(model);
}

static void missing_and_cut_files_are_refused(void)
{
    static const char *const names[] = {"model/deployment.json", "model/graph.json",
                                        "model/rows.h5"};
    flx_model *model;
    begin_tampering(&model);
    for (int f = 0; f < 3; f++) {
        size_t length;
        char *bytes = read_file(scratch_path(names[f]), &length);
        unlink(scratch_path(names[f]));
        refuse(strrchr(names[f], '/') + 1);
        for (size_t cut = 0; cut < length - 2; cut += 1 + length / 40) {
            write_file(scratch_path(names[f]), bytes, cut);
            refuse(strrchr(names[f], '/') + 1);
        }
        write_file(scratch_path(names[f]), bytes, length);
        free(bytes);
    }
    end_tampering(model);
}

static void swapped_and_missing_models_are_refused(void)
{
    flx_model *model;
    char names[2][96];
    size_t first_length, second_length;
    begin_tampering(&model);
    for (int a = 0; a < 2; a++)
        name_model_file(model, a, names[a]);
    char *first = read_file(scratch_path(names[0]), &first_length);
    char *second = read_file(scratch_path(names[1]), &second_length);
    write_file(scratch_path(names[0]), second, second_length);
    refuse("is not the model that");
    write_file(scratch_path(names[0]), first, first_length);
    unlink(scratch_path(names[1]));
    refuse(names[1] + 6);
    write_file(scratch_path(names[1]), "not HDF5", 8);
    refuse(names[1] + 6);
    write_file(scratch_path(names[1]), second, second_length);
    free(first);
    free(second);
    end_tampering(model);
}

static void rows_of_another_training_are_refused(void)
{
    flx_model *model;
    size_t length, other_length;
    flx_error error = {0};
    begin_tampering(&model);
    char *bytes = read_file(scratch_path("model/rows.h5"), &length);
    flx_dataset *other = two_services_rows(MODEL_ROWS, MODEL_REPLICAS, 5);
    assert_int(flx_dataset_write(other, scratch_path("other.h5"), &error), FLX_OK);
    char *others = read_file(scratch_path("other.h5"), &other_length);
    write_file(scratch_path("model/rows.h5"), others, other_length);
    refuse("rows.h5 does not hold the training rows");
    write_file(scratch_path("model/rows.h5"), bytes, length);
    flx_dataset_destroy(other);
    free(bytes);
    free(others);
    end_tampering(model);
}

static void what_is_no_folder_is_refused(void)
{
    flx_model *read = NULL;
    flx_error error = {0};
    scratch_begin();
    assert_int(flx_model_read(scratch_path("nowhere"), &read, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "nowhere");
    error = (flx_error){0};
    assert_int(flx_model_read(scratch_write("file", "text"), &read, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "file");
    error = (flx_error){0};
    assert_int(flx_model_read("", &read, &error), FLX_BAD_INPUT);
    assert_true(read == NULL);
    scratch_end();
}

CU_TestInfo model_directory_errors_tests[] = {
    {"settings that make no sense are refused", settings_that_make_no_sense_are_refused},
    {"a structure that does not fit is refused",
     a_structure_that_does_not_fit_is_refused},
    {"another deployment is refused", another_deployment_is_refused},
    {"missing and cut files are refused", missing_and_cut_files_are_refused},
    {"swapped and missing models are refused", swapped_and_missing_models_are_refused},
    {"rows of another training are refused", rows_of_another_training_are_refused},
    {"what is no folder is refused", what_is_no_folder_is_refused},
    CU_TEST_INFO_NULL,
};
