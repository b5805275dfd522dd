/* SPDX-License-Identifier: MIT
 * Models as folders: what is read back predicts the same bits, what was tampered with is
 * refused by name, and a failure leaves nothing behind. */
#include "host/model/inference.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 20, REPLICAS = 2 };

/* A small model with a fit, a rule and a note. */
static flx_model *make_model(uint64_t seed)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *rows = two_services_rows(ROWS, REPLICAS, seed);
    flx_model *model =
        two_services_train(REPLICAS, "none", rows,
                           (flx_training_options){.prior = FLX_PRIOR_DENSITY}, backend);
    assert_int(flx_warning_list_add(&model->warnings, NULL, "web:p90", false,
                                    "a \"note\", 100 %%"),
               FLX_OK);
    flx_dataset_destroy(rows);
    flx_backend_close(backend);
    return model;
}

static void write_model(const flx_model *model, const char *path)
{
    flx_error error = {0};
    assert_int(flx_model_write(model, path, "train", &error), FLX_OK);
    assert_text(error.message, "");
}

/* Mean and variance of the target, and draws, at rows that are not the training's. */
static void predict(const flx_model *model, double out[ROWS * 6])
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *table = two_services_rows(ROWS, REPLICAS, 17);
    flx_inference *inference = NULL;
    flx_error error = {0};
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, table, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, out, out + ROWS, &error), FLX_OK);
    assert_int(flx_inference_sample(inference, 4, 1, out + 2 * ROWS, &error), FLX_OK);
    flx_inference_destroy(inference);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

static void what_is_read_back_predicts_the_same_bits(void)
{
    flx_model *model = make_model(1), *again = NULL;
    flx_error error = {0};
    double before[ROWS * 6], after[ROWS * 6];
    scratch_begin();
    const char *path = scratch_path("model/");
    write_model(model, path);
    assert_int(flx_model_read(path, &again, &error), FLX_OK);
    assert_text(error.message, "");
    predict(model, before);
    predict(again, after);
    assert_int(memcmp(before, after, sizeof before), 0);
    assert_int(again->composition, model->composition);
    assert_int(again->prior, model->prior);
    assert_int(again->n_drawn, ROWS);
    assert_int(again->source_rows, ROWS);
    assert_text(again->source_digest, model->source_digest);
    assert_int(again->warnings.count, 1);
    assert_text(again->warnings.items[0].text, "a \"note\", 100 %");
    assert_int(again->rows->rows, ROWS);
    assert_int(scratch_count(), 1);
    flx_model_destroy(again);
    flx_model_destroy(model);
    scratch_end();
}

static void name_model(const flx_model *model, int a, char name[96])
{
    char digest[65];
    flx_predictor_digest(&model->assignments[a].models[0].predictor, digest);
    snprintf(name, 96, "model/models/%s.h5", digest);
}

static bool exists(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static void the_folder_holds_what_the_contract_names(void)
{
    flx_model *model = make_model(1);
    scratch_begin();
    write_model(model, scratch_path("model"));
    assert_true(exists("model/deployment.json"));
    assert_true(exists("model/graph.json"));
    assert_true(exists("model/rows.h5"));
    assert_true(exists("model/models"));
    assert_true(exists("model/history.jsonl"));
    for (int a = 0; a < model->graph->n_assignments; a++) {
        char name[96];
        name_model(model, a, name);
        assert_true(exists(name));
    }
    flx_model_destroy(model);
    scratch_end();
}

static void a_newer_model_takes_the_place_of_an_older_one(void)
{
    flx_model *old = make_model(1), *new = make_model(2), *read = NULL;
    flx_error error = {0};
    double expected[ROWS * 6], found[ROWS * 6];
    scratch_begin();
    write_model(old, scratch_path("model"));
    write_model(new, scratch_path("model"));
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    predict(new, expected);
    predict(read, found);
    assert_int(memcmp(expected, found, sizeof expected), 0);
    assert_int(scratch_count(), 1);
    flx_model_destroy(read);
    flx_model_destroy(old);
    flx_model_destroy(new);
    scratch_end();
}

static void a_folder_that_is_no_model_is_not_replaced(void)
{
    flx_model *model = make_model(1);
    flx_error error = {0};
    scratch_begin();
    mkdir(scratch_path("home"), 0777);
    scratch_write("home/letter.txt", "dear");
    assert_int(flx_model_write(model, scratch_path("home"), "train", &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "home");
    assert_true(exists("home/letter.txt"));
    assert_int(scratch_count(), 1);
    error = (flx_error){0};
    scratch_write("file", "text");
    assert_true(flx_model_write(model, scratch_path("file"), "train", &error) != FLX_OK);
    assert_contains(error.message, "file");
    error = (flx_error){0};
    assert_int(flx_model_write(model, scratch_path("no/model"), "train", &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "no");
    assert_int(scratch_count(), 2);
    flx_model_destroy(model);
    scratch_end();
}

/* --- tampering --- */

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
    *model = make_model(1);
    scratch_begin();
    write_model(*model, scratch_path("model"));
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
        name_model(model, a, names[a]);
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
    flx_dataset *other = two_services_rows(ROWS, REPLICAS, 5);
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

CU_TestInfo model_directory_tests[] = {
    {"what is read back predicts the same bits",
     what_is_read_back_predicts_the_same_bits},
    {"the folder holds what the contract names",
     the_folder_holds_what_the_contract_names},
    {"a newer model takes the place of an older one",
     a_newer_model_takes_the_place_of_an_older_one},
    {"a folder that is no model is not replaced",
     a_folder_that_is_no_model_is_not_replaced},
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
