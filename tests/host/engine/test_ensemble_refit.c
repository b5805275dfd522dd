/* SPDX-License-Identifier: MIT
 * Ensembles that are scaled and fitted again. */
#include "host/engine/ensemble_refit.h"
#include "host/engine/graph_engine.h"
#include "host/model/target_predictor.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static flx_model *train_scaled(flx_backend *backend)
{
    flx_model *model = train_ensemble(backend, 40, "none");
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
    double sum = 0, *mean = predict_target(model, backend, table);
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

static void new_rows_move_a_scaled_ensemble(void)
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
    flx_model *model = train_ensemble(backend, 40, "none");
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

CU_TestInfo ensemble_refit_tests[] = {
    {"a scaled ensemble keeps graph and black boxes",
     a_scaled_ensemble_keeps_graph_and_black_boxes},
    {"new rows move a scaled ensemble", new_rows_move_a_scaled_ensemble},
    {"rows that say nothing new change nothing",
     rows_that_say_nothing_new_change_nothing},
    {"repeats of one setting are left out together",
     repeats_of_one_setting_are_left_out_together},
    {"the seed reaches the folds", the_seed_reaches_the_folds},
    CU_TEST_INFO_NULL,
};
