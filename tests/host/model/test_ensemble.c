/* SPDX-License-Identifier: MIT
 * The ensemble of the default predictor: its arithmetic by hand, its training on the
 * system whose functions are known. */
#include "host/engine/ensemble_refit.h"
#include "host/engine/graph_engine.h"
#include "host/model/target_predictor.h"
#include "host/training/ensemble_training.h"
#include "host/training/ensemble_weights.h"
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

/* Two composed members and two others, within 0 to 100. */
static flx_ensemble *by_hand(flx_member members[4], double *scores, int n_scores)
{
    static flx_ensemble ensemble;
    static const double weights[4] = {0.4, 0.1, 0.3, 0.2};
    for (int k = 0; k < 4; k++)
        members[k] = (flx_member){.is_composed = k < 2, .weight = weights[k]};
    ensemble = (flx_ensemble){.n_members = 4,
                              .members = members,
                              .low = 0,
                              .high = 100,
                              .margin = 0.5,
                              .n_scores = n_scores,
                              .scores = scores};
    return &ensemble;
}

static void predictions_are_weighted_within_the_range(void)
{
    flx_member members[4];
    const flx_ensemble *ensemble = by_hand(members, NULL, 0);
    double disagreement;
    /* -5 counts as 0 and 300 as 100: .4*10 + .1*0 + .3*20 + .2*100 = 30. */
    double blend =
        flx_ensemble_blend(ensemble, (double[]){10, -5, 20, 300}, false, &disagreement);
    assert_close(blend, 30, 1e-14, 0);
    /* Mean 32.5; squares 506.25 + 1056.25 + 156.25 + 4556.25 over 4. */
    assert_close(disagreement, sqrt(6275.0 / 4), 1e-14, 0);
}

static void far_rows_give_each_family_half(void)
{
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    double disagreement, predictions[] = {10, 20, 30, 40};
    /* .5 (.8*10 + .2*20) + .5 (.6*30 + .4*40) = 6 + 17. */
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement), 23,
                 1e-14, 0);
    /* A family without weight shares its half equally. */
    members[2].weight = members[3].weight = 0;
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement),
                 6 + 0.5 * 35, 1e-14, 0);
    /* One family alone has all of it. */
    ensemble->n_members = 2;
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement), 12,
                 1e-14, 0);
}

static void widths_are_conformal_ranks(void)
{
    flx_member members[4];
    double scores[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const flx_ensemble *ensemble = by_hand(members, scores, 9);
    /* Rank ceil(.5 * 10) = 5, of .9 the ninth, beyond that the last. */
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.5), 5 * 2.0, 1e-14, 0);
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.9), 9 * 2.0, 1e-14, 0);
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.99), 9 * 2.0, 1e-14, 0);
}

/* Four rows, of which the first member knows all and the second errs by 2. */
static void a_perfect_member_takes_all_but_what_equality_pulls(void)
{
    enum { N = 4 };
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    ensemble->n_members = 2;
    const double y[N] = {1, 3, 5, 7};
    const double predicted[2 * N] = {1, 3, 3, 5, 5, 7, 7, 9};
    flx_backend *backend = two_services_backend(1);
    flx_error error = {0};
    assert_int(flx_ensemble_weigh(ensemble, predicted, y, N, backend, &error), FLX_OK);
    assert_close(members[0].fold_mae, 0, 0, 0);
    assert_close(members[1].fold_mae, 2, 1e-14, 0);
    /* w1 = (1, 1/inf -> 0); w2: an error of 2 outweighs the pull of .02 sd: (1, 0). */
    assert_close(members[0].weight, 1, 1e-9, 0);
    assert_close(members[1].weight, 0, 0, 1e-9);
    assert_int(ensemble->n_scores, N);
    free(ensemble->scores);
    flx_backend_close(backend);
}

static void pseudo_rows_speak_for_the_first_member(void)
{
    enum { N = 2 };
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    ensemble->n_members = 2;
    /* Both err by 1, on opposite sides: equal weights are exact, and w = 1/2 each before
     * the ten pseudo-rows: (2 * .5 + 10) / 12. */
    const double y[N] = {1, 3}, predicted[2 * N] = {0, 2, 2, 4};
    flx_backend *backend = two_services_backend(1);
    flx_error error = {0};
    assert_int(flx_ensemble_weigh(ensemble, predicted, y, N, backend, &error), FLX_OK);
    assert_close(members[0].weight, 11.0 / 12, 1e-6, 0);
    assert_close(members[1].weight, 1.0 / 12, 1e-6, 0);
    free(ensemble->scores);
    flx_backend_close(backend);
}

static flx_model *train(flx_backend *backend, int rows, const char *transform)
{
    flx_dataset *table = two_services_rows(rows, 1, 1);
    flx_model *model = two_services_train(
        1, transform, table,
        (flx_training_options){.prior = FLX_PRIOR_DENSITY, .hosts_ensemble = true},
        backend);
    flx_dataset_destroy(table);
    return model;
}

static double *forecast(const flx_model *model, flx_backend *backend,
                        const flx_dataset *table)
{
    flx_target_predictor *f = NULL;
    flx_error error = {0};
    double *mean = malloc((size_t)table->rows * sizeof *mean);
    assert_int(flx_target_predictor_create(model, backend, table, &f, &error), FLX_OK);
    assert_int(flx_target_predictor_predict(f, mean, &error), FLX_OK);
    flx_target_predictor_destroy(f);
    return mean;
}

static void training_weighs_members_that_learn(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train(backend, 40, "none");
    flx_dataset *table = two_services_rows(20, 1, 2);
    const flx_ensemble *ensemble = model->ensemble;
    double sum = 0, *mean = forecast(model, backend, table);
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
        flx_model *model = train(backend, 20, "none");
        mean[i] = forecast(model, backend, table);
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
    flx_model *model = train(backend, 20, "log");
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
    flx_model *model = train(backend, 9, "none");
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
    flx_model *model = train(backend, 20, "none"), *read = NULL;
    flx_dataset *table = two_services_rows(10, 1, 2);
    flx_error error = {0};
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    double *before = forecast(model, backend, table),
           *after = forecast(read, backend, table);
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
    flx_model *model = train(backend, 40, "none"), *read = NULL;
    flx_dataset *table = two_services_rows(20, 1, 2);
    flx_error error = {0};
    assert_int(flx_warning_list_add(&model->warnings, NULL, "web:p90", false, "kept"),
               FLX_OK);
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    write_old_keys(scratch_path("model/graph.json"));
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    assert_text(error.message, "");
    double *before = forecast(model, backend, table);
    double *after = forecast(read, backend, table);
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
    flx_model *model = train(backend, 20, "none");
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

static flx_model *train_scaled(flx_backend *backend)
{
    flx_model *model = train(backend, 40, "none");
    flx_change change = {0};
    flx_error error = {0};
    assert_int(flx_graph_engine_scale(model, "db", 2, &change, &error), FLX_OK);
    flx_change_clear(&change);
    return model;
}

static double sum_weights(const flx_ensemble *ensemble, int first)
{
    double sum = 0;
    for (int k = first; k < ensemble->n_members; k++)
        sum += ensemble->members[k].weight;
    return sum;
}

static double measure(const flx_model *model, flx_backend *backend,
                      const flx_dataset *table)
{
    double sum = 0, *mean = forecast(model, backend, table);
    for (int r = 0; r < table->rows; r++)
        sum += fabs(mean[r] - *two_services_cell(table, r, "web:p90")) / table->rows;
    free(mean);
    return sum;
}

static void a_scaled_ensemble_keeps_graph_and_black_boxes(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_scaled(backend);
    const flx_ensemble *ensemble = model->ensemble;
    assert_int(ensemble->n_members, 5); /* the graph, three black boxes, trees */
    assert_close(ensemble->members[0].weight, 0.5, 1e-12, 0);
    assert_close(sum_weights(ensemble, 1), 0.5, 1e-12, 0);
    /* A black box that read the database's rate now reads that of its first instance, or
     * half of the whole rate. */
    const flx_source *sources = ensemble->members[1].graph->vertices[0].sources;
    const flx_graph_assignment *box = &ensemble->members[1].graph->assignments[0];
    for (int i = 0; i < box->n_inputs; i++)
        if (strcmp(box->inputs[i].label, "db:rps") == 0) {
            assert_text(sources[i].column, "db/0:rps");
            assert_text(sources[i].fallback, "db:rps");
            assert_close(sources[i].share, 0.5, 0, 0);
        }
    flx_dataset *table = two_services_rows(20, 2, 2);
    assert_true(measure(model, backend, table) < 2.0);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Everything got 5 slower with the change: new rows say so. */
static flx_dataset *slower_rows(int rows, uint64_t seed)
{
    flx_dataset *table = two_services_rows(rows, 2, seed);
    for (int r = 0; r < rows; r++)
        *two_services_cell(table, r, "web:p90") += 5;
    return table;
}

static bool refit(flx_model *model, flx_backend *backend, const flx_dataset *rows)
{
    flx_change change = {0};
    flx_error error = {0};
    assert_int(
        flx_ensemble_refit(model, rows, backend, &(flx_fit_options){0}, &change, &error),
        FLX_OK);
    bool was_changed = flx_name_list_holds(&change.fitted, "the ensemble of the target");
    flx_change_clear(&change);
    return was_changed;
}

static void new_rows_teach_a_scaled_ensemble(void)
{
    scratch_begin();
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_scaled(backend), *read = NULL;
    flx_dataset *few = slower_rows(9, 4), *rows = slower_rows(30, 3),
                *table = slower_rows(20, 2);
    flx_error error = {0};
    double before = measure(model, backend, table);
    assert_true(!refit(model, backend, few));
    assert_true(refit(model, backend, rows));
    assert_int(model->ensemble->n_members, 7);
    assert_close(sum_weights(model->ensemble, 5), 2.0 / 3 * 30 / 40, 1e-12, 0);
    assert_close(sum_weights(model->ensemble, 0), 1, 1e-12, 0);
    double after = measure(model, backend, table);
    assert_true(after < 0.7 * before); /* half of the weight knows of the 5 */
    /* Once more: in the place of the first, not beside it. */
    assert_int(flx_model_write(model, scratch_path("model"), "fit", &error), FLX_OK);
    assert_int(flx_model_read(scratch_path("model"), &read, &error), FLX_OK);
    assert_close(measure(read, backend, table), after, 0, 0);
    refit(model, backend, rows);
    assert_int(model->ensemble->n_members, 7);
    flx_model_destroy(read);
    flx_model_destroy(model);
    flx_dataset_destroy(few);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
    scratch_end();
}

static void rows_that_say_nothing_new_change_nothing(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train(backend, 40, "none");
    flx_dataset *rows = two_services_rows(12, 1, 9), *table = two_services_rows(20, 1, 2);
    double before = measure(model, backend, table);
    /* Noise on the target alone: nothing learns it. */
    for (int r = 0; r < rows->rows; r++)
        *two_services_cell(rows, r, "web:p90") += r % 2 ? 3 : -3;
    assert_true(!refit(model, backend, rows));
    assert_close(measure(model, backend, table), before, 0, 0);
    flx_dataset_destroy(rows);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Ten settings, three times each; what each shows is chance. Where the repeats of one
 * setting stand on both sides of a fold, chance looks like knowledge. */
static void repeats_of_one_setting_are_left_out_together(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_model *model = train_scaled(backend);
    flx_dataset *rows = two_services_rows(30, 2, 9);
    size_t width = (size_t)rows->n_columns;
    for (int r = 0; r < 30; r++) {
        memcpy(rows->values + (size_t)r * width, rows->values + (size_t)(r % 10) * width,
               width * sizeof *rows->values);
        if (r < 10)
            *two_services_cell(rows, r, "web:p90") += r % 2 ? 9 : -9;
    }
    rows->group = malloc(30 * sizeof *rows->group);
    for (int r = 0; r < 30; r++)
        rows->group[r] = r % 10;
    assert_true(!refit(model, backend, rows));
    for (int r = 0; r < 30; r++)
        rows->group[r] = 7;
    assert_true(!refit(model, backend, rows)); /* one group: no test is possible */
    free(rows->group);
    rows->group = NULL;
    assert_true(refit(model, backend, rows));
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    flx_backend_close(backend);
}

/* Another seed, other folds. */
static void the_seed_reaches_the_folds(void)
{
    flx_backend *backend = two_services_backend(2);
    flx_dataset *table = two_services_rows(40, 1, 1);
    double mae[2];
    for (uint64_t seed = 0; seed < 2; seed++) {
        flx_model *model = two_services_train(
            1, "none", table,
            (flx_training_options){
                .prior = FLX_PRIOR_DENSITY, .hosts_ensemble = true, .seed = seed},
            backend);
        mae[seed] = model->ensemble->members[0].fold_mae;
        flx_model_destroy(model);
    }
    assert_true(mae[0] != mae[1]);
    flx_dataset_destroy(table);
    flx_backend_close(backend);
}

CU_TestInfo ensemble_tests[] = {
    {"predictions are weighted within the range",
     predictions_are_weighted_within_the_range},
    {"far rows give each family half", far_rows_give_each_family_half},
    {"widths are conformal ranks", widths_are_conformal_ranks},
    {"a perfect member takes all but what equality pulls",
     a_perfect_member_takes_all_but_what_equality_pulls},
    {"pseudo-rows speak for the first member", pseudo_rows_speak_for_the_first_member},
    {"training weighs members that learn", training_weighs_members_that_learn},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"the seed reaches the trees", the_seed_reaches_the_trees},
    {"a log target needs one member less", a_log_target_needs_one_member_less},
    {"few rows leave the graph alone", few_rows_leave_the_graph_alone},
    {"folders restore an ensemble bit for bit", folders_restore_an_ensemble_bit_for_bit},
    {"folders of older programs are read", folders_of_older_programs_are_read},
    {"damaged ensembles are refused", damaged_ensembles_are_refused},
    {"a scaled ensemble keeps graph and black boxes",
     a_scaled_ensemble_keeps_graph_and_black_boxes},
    {"new rows teach a scaled ensemble", new_rows_teach_a_scaled_ensemble},
    {"rows that say nothing new change nothing",
     rows_that_say_nothing_new_change_nothing},
    {"repeats of one setting are left out together",
     repeats_of_one_setting_are_left_out_together},
    {"the seed reaches the folds", the_seed_reaches_the_folds},
    CU_TEST_INFO_NULL,
};
