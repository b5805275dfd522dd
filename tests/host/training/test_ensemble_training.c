/* SPDX-License-Identifier: MIT
 * Ensembles that are trained on the system whose functions are known, and kept in
 * folders.
 */
#include "host/model/target_predictor.h"
#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void training_weighs_members_that_learn(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 40, "none");
    flx_dataset *table = two_services_rows(20, 1, 2);
    const flx_ensemble *ensemble = model->ensemble;
    double sum = 0, *mean = predict_target(model, backend, table);
    assert_int(ensemble->n_members, FLX_ENSEMBLE_TRAINED);
    for (int k = 0; k < ensemble->n_members; k++) {
        sum += ensemble->members[k].weight;
        assert_true(ensemble->members[k].weight >= 0);
    }
    assert_close(sum, 1, 1e-9, 0);
    assert_int(ensemble->n_scores, 40);
    for (int r = 0; r < table->rows; r++) /* the target runs from 17 to 27 or so */
        assert_close(mean[r], *two_services_cell(table, r, "web:p90"), 0, 1.0);
    free(mean);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

static void threads_do_not_change_a_bit(void)
{
    flx_dataset *table = two_services_rows(10, 1, 2);
    double *mean[2];
    for (int i = 0; i < 2; i++) {
        flx_backend *backend = two_services_backend(1 + i);
        flx_model *model = train_ensemble(backend, 20, "none");
        mean[i] = predict_target(model, backend, table);
        flx_model_destroy(model);
        flx_backend_close(backend);
    }
    assert_int(memcmp(mean[0], mean[1], 10 * sizeof(double)), 0);
    free(mean[0]);
    free(mean[1]);
    flx_dataset_destroy(table);
}

/* Digest of the boosted trees, the last member. */
static void grow_trees(flx_backend *backend, uint64_t seed, char digest[65])
{
    flx_dataset *table = two_services_rows(20, 1, 1);
    flx_model *model = two_services_train(
        1, "none", table,
        (flx_training_options){
            .prior = FLX_PRIOR_DENSITY, .hosts_ensemble = true, .seed = seed},
        backend);
    const flx_ensemble *ensemble = model->ensemble;
    const flx_member *trees = &ensemble->members[ensemble->n_members - 1];
    flx_predictor_digest(&trees->assignments[0].models[0].predictor, digest);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
}

static void the_seed_reaches_the_trees(void)
{
    flx_backend *backend = two_services_backend(1);
    char one[65], again[65], other[65];
    grow_trees(backend, 1, one);
    grow_trees(backend, 1, again);
    grow_trees(backend, 2, other);
    assert_text(again, one);
    assert_true(strcmp(one, other) != 0);
    flx_backend_close(backend);
}

static void a_log_target_needs_one_member_less(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 20, "log");
    assert_int(model->ensemble->n_members, FLX_ENSEMBLE_TRAINED - 1);
    for (int k = 0; k < model->ensemble->n_members; k++)
        assert_true(strcmp(model->ensemble->members[k].name, "black box, logarithms") !=
                    0);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

static void few_rows_leave_the_graph_alone(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 9, "none");
    assert_true(model->ensemble == NULL);
    assert_int(model->warnings.count, 1);
    assert_contains(model->warnings.items[0].text, "9 rows in 9 groups are too few");
    flx_model_destroy(model);
    flx_backend_close(backend);
}

static void folders_restore_an_ensemble_bit_for_bit(void)
{
    scratch_begin();
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 20, "none"), *read = NULL;
    flx_dataset *table = two_services_rows(10, 1, 2);
    flx_error error = {0};
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    double *before = predict_target(model, backend, table),
           *after = predict_target(read, backend, table);
    assert_int(memcmp(before, after, 10 * sizeof(double)), 0);
    free(before);
    free(after);
    flx_dataset_destroy(table);
    flx_model_destroy(read);
    flx_model_destroy(model);
    flx_backend_close(backend);
    scratch_end();
}

/* A folder whose graph.json has `old` exchanged for `new` is refused with `part`. */
static void refuse(const char *text, const char *old, const char *new, const char *part)
{
    flx_model *read = NULL;
    flx_error error = {0};
    const char *at = strstr(text, old);
    assert_true(at != NULL);
    if (!at)
        return;
    size_t size = strlen(text) + strlen(new) + 1;
    char *changed = malloc(size);
    snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    scratch_write("model/graph.json", changed);
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_BAD_INPUT);
    assert_contains(error.message, part);
    free(changed);
}

/* What older programs called these keys. */
static void write_old_keys(const char *path)
{
    static const char *const renamed[][2] = {{"ensemble", "mixture"},
                                             {"fit_key", "cause"},
                                             {"selected_inputs", "readings"},
                                             {"warnings", "notes"}};
    char command[1024];
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        snprintf(command, sizeof command, "sed -i 's/\"%s\": /\"%s\": /' %s",
                 renamed[i][0], renamed[i][1], path);
        assert_int(system(command), 0);
    }
}

static void folders_of_older_programs_are_read(void)
{
    scratch_begin();
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 40, "none"), *read = NULL;
    flx_dataset *table = two_services_rows(20, 1, 2);
    flx_error error = {0};
    assert_int(flx_warning_list_add(&model->warnings, NULL, "web:p90", false, "kept"),
               FLX_OK);
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    write_old_keys(scratch_path("model/graph.json"));
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    assert_text(error.message, "");
    double *before = predict_target(model, backend, table);
    double *after = predict_target(read, backend, table);
    assert_int(memcmp(before, after, 20 * sizeof *before), 0);
    free(before);
    free(after);
    assert_text(read->assignments[0].models[0].fit_key,
                model->assignments[0].models[0].fit_key);
    assert_int(read->warnings.count, 1);
    flx_model_destroy(read);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
    scratch_end();
}

static void damaged_ensembles_are_refused(void)
{
    scratch_begin();
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_ensemble(backend, 20, "none");
    flx_error error = {0};
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    size_t length;
    char *text = load_bytes(scratch_path("model/graph.json"), &length);
    refuse(text, "\"name\": \"skip-connected\"", "\"name\": \"stew\"",
           "\"stew\" cannot be member 2 of an ensemble");
    refuse(text, "\"name\": \"composed\"", "\"name\": \"boosted trees\"",
           "\"boosted trees\" cannot be member 0");
    refuse(text, "\"margin\": ", "\"margin\": \"", "graph.json");
    refuse(text, "\"members\": [", "\"members\": [0, ", "graph.json");
    free(text);
    flx_model_destroy(model);
    flx_backend_close(backend);
    scratch_end();
}

CU_TestInfo ensemble_training_tests[] = {
    {"training weighs members that learn", training_weighs_members_that_learn},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"the seed reaches the trees", the_seed_reaches_the_trees},
    {"a log target needs one member less", a_log_target_needs_one_member_less},
    {"few rows leave the graph alone", few_rows_leave_the_graph_alone},
    {"folders restore an ensemble bit for bit", folders_restore_an_ensemble_bit_for_bit},
    {"folders of older programs are read", folders_of_older_programs_are_read},
    {"damaged ensembles are refused", damaged_ensembles_are_refused},
    CU_TEST_INFO_NULL,
};
