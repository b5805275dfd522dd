/* SPDX-License-Identifier: MIT
 * Models as folders: what is read back predicts the same bits, and a failure leaves
 * nothing behind. */
#include "host/model/inference.h"

#include "tests/close.h"
#include "tests/host/model/model_folder.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Mean and variance of the target, and draws, at rows that are not the training's. */
static void predict(const flx_model *model, double out[MODEL_ROWS * 6])
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *table = two_services_rows(MODEL_ROWS, MODEL_REPLICAS, 17);
    flx_inference *inference = NULL;
    flx_error error = {0};
    assert_int(
        flx_inference_create(flx_model_graph(model), backend, table, &inference, &error),
        FLX_OK);
    assert_int(flx_inference_target(inference, out, out + MODEL_ROWS, &error), FLX_OK);
    assert_int(flx_inference_sample(inference, 4, 1, out + 2 * MODEL_ROWS, &error),
               FLX_OK);
    flx_inference_destroy(inference);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

static void what_is_read_back_predicts_the_same_bits(void)
{
    flx_model *model = make_small_model(1), *again = NULL;
    flx_error error = {0};
    double before[MODEL_ROWS * 6], after[MODEL_ROWS * 6];
    scratch_begin();
    const char *path = scratch_path("model/");
    write_model_folder(model, path);
    assert_int(flx_model_read(path, &again, &error), FLX_OK);
    assert_text(error.message, "");
    predict(model, before);
    predict(again, after);
    assert_int(memcmp(before, after, sizeof before), 0);
    assert_int(again->composition, model->composition);
    assert_int(again->prior, model->prior);
    assert_int(again->n_drawn, MODEL_ROWS);
    assert_int(again->source_rows, MODEL_ROWS);
    assert_text(again->source_digest, model->source_digest);
    assert_int(again->warnings.count, 1);
    assert_text(again->warnings.items[0].text, "a \"note\", 100 %");
    assert_int(again->rows->rows, MODEL_ROWS);
    assert_int(scratch_count(), 1);
    flx_model_destroy(again);
    flx_model_destroy(model);
    scratch_end();
}

static bool exists(const char *name)
{
    return access(scratch_path(name), F_OK) == 0;
}

static void the_folder_holds_what_the_contract_names(void)
{
    flx_model *model = make_small_model(1);
    scratch_begin();
    write_model_folder(model, scratch_path("model"));
    assert_true(exists("model/deployment.json"));
    assert_true(exists("model/graph.json"));
    assert_true(exists("model/rows.h5"));
    assert_true(exists("model/models"));
    assert_true(exists("model/history.jsonl"));
    for (int a = 0; a < model->graph->n_assignments; a++) {
        char name[96];
        name_model_file(model, a, name);
        assert_true(exists(name));
    }
    flx_model_destroy(model);
    scratch_end();
}

static void a_newer_model_takes_the_place_of_an_older_one(void)
{
    flx_model *old = make_small_model(1), *new = make_small_model(2), *read = NULL;
    flx_error error = {0};
    double expected[MODEL_ROWS * 6], found[MODEL_ROWS * 6];
    scratch_begin();
    write_model_folder(old, scratch_path("model"));
    write_model_folder(new, scratch_path("model"));
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
    flx_model *model = make_small_model(1);
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

CU_TestInfo model_directory_tests[] = {
    {"what is read back predicts the same bits",
     what_is_read_back_predicts_the_same_bits},
    {"the folder holds what the contract names",
     the_folder_holds_what_the_contract_names},
    {"a newer model takes the place of an older one",
     a_newer_model_takes_the_place_of_an_older_one},
    {"a folder that is no model is not replaced",
     a_folder_that_is_no_model_is_not_replaced},
    CU_TEST_INFO_NULL,
};
