/* SPDX-License-Identifier: MIT
 * Tuning a trained graph: a web server before two replicas of a database, trained on rows
 * of a function whose best settings are known. */
#include "host/training/training.h"
#include "host/tuning/tuning_objective.h"
#include "kernels/formulas/philox.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 60, COLUMNS = 11, THREADS = 0, CACHE = 1, MODE = 2, DEAD = 3 };

static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"two\",\n"
    " \"target\": {\"service\": \"web\", \"metric\": \"p90\", \"goal\": \"min\"},\n"
    " \"services\": [\n"
    "  {\"name\": \"web\", \"replicas\": 1, \"knobs\": [\n"
    "    {\"name\": \"threads\", \"type\": \"discrete\", \"min\": 1, \"max\": 20,"
    " \"default\": 3}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": [\"db\"]},\n"
    "  {\"name\": \"db\", \"replicas\": 2, \"knobs\": [\n"
    "    {\"name\": \"cache\", \"type\": \"continuous\", \"min\": 0, \"max\": 1,"
    " \"default\": 0.9},\n"
    "    {\"name\": \"mode\", \"type\": \"choices\", \"values\": [\"safe\", \"fast\"],"
    " \"default\": \"safe\"},\n"
    "    {\"name\": \"dead\", \"type\": \"discrete\", \"min\": 1, \"max\": 9,"
    " \"default\": 5}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

static const char *const names[COLUMNS] = {
    "web:threads", "db:cache", "db:mode",  "db:dead", "web:rps", "db/0:rps",
    "db/1:rps",    "db/0:p90", "db/1:p90", "web:p90", "db:p90"};

static double draw(int row, int column)
{
    return flx_uniform(3, 77, (uint32_t)row, 0, (uint32_t)column);
}

/* Lowest at threads 8, cache 0.3, mode "fast"; dead never varies. */
static void fill_row(double *cell, int row)
{
    cell[THREADS] = 1 + floor(20 * draw(row, 0));
    cell[CACHE] = draw(row, 1);
    cell[MODE] = draw(row, 2) < 0.5;
    cell[DEAD] = 5;
    cell[4] = 50 + 100 * draw(row, 4);
    for (int i = 0; i < 2; i++) {
        cell[5 + i] = 20 + 40 * draw(row, 5 + i);
        cell[7 + i] =
            20 + 60 * pow(cell[CACHE] - 0.3, 2) + 0.2 * cell[5 + i] - 6 * cell[MODE];
    }
    cell[10] = 0.5 * (cell[7] + cell[8]);
    cell[9] = cell[10] + 0.2 * pow(cell[THREADS] - 8, 2) + 0.1 * cell[4];
}

/* A trained model and what tuning it takes. */
typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_search_space *space;
    flx_tuning_objective *objective;
} bench;

static flx_dataset *make_rows(void)
{
    flx_dataset *rows = NULL;
    flx_error error = {0};
    assert_int(flx_dataset_create(ROWS, COLUMNS, &rows, &error), FLX_OK);
    for (int c = 0; c < COLUMNS; c++)
        flx_dataset_name_column(rows, c, names[c],
                                c < 4   ? FLX_KNOB
                                : c < 7 ? FLX_STATE
                                        : FLX_METRIC,
                                "", &error);
    for (int r = 0; r < ROWS; r++)
        fill_row(rows->values + r * COLUMNS, r);
    return rows;
}

static void train(bench *b)
{
    flx_deployment *deployment = NULL;
    flx_error error = {0};
    flx_training_options options = {0};
    flx_training_report report;
    assert_int(flx_deployment_parse(deployment_text, "test", &deployment, &error),
               FLX_OK);
    assert_int(flx_backend_open("cpu", 1, &b->backend, &error), FLX_OK);
    assert_int(flx_train_take(deployment, make_rows(), &options, b->backend, NULL,
                              &b->model, &report, &error),
               FLX_OK);
    assert_text(error.message, "");
}

static flx_status prepare(bench *b, const char *const *fixes, int n_fixes,
                          const flx_dataset *profile, int row, flx_error *error)
{
    flx_tuning_objective_destroy(b->objective);
    flx_search_space_destroy(b->space);
    b->objective = NULL;
    b->space = NULL;
    FLX_TRY(flx_search_space_create(b->model->deployment, &b->space, error));
    for (int i = 0; i < n_fixes; i++)
        FLX_TRY(flx_search_space_fix(b->space, fixes[i], error));
    return flx_tuning_objective_create(b->model, b->backend, b->space, profile, row, 1,
                                       &b->objective, error);
}

static void finish(bench *b)
{
    flx_tuning_objective_destroy(b->objective);
    flx_search_space_destroy(b->space);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

static double predict_default(const bench *b)
{
    double settings[4], mean = NAN;
    flx_error error = {0};
    flx_search_space_defaults(b->space, settings);
    assert_int(flx_tuning_objective_predict(b->objective, settings, 1, &mean, NULL, NULL,
                                            &error),
               FLX_OK);
    return mean;
}

static void tuning_finds_the_known_settings(void)
{
    bench b = {0};
    flx_error error = {0};
    train(&b);
    assert_int(prepare(&b, NULL, 0, NULL, 0, &error), FLX_OK);
    assert_int(flx_tuning_objective_unread(b.objective), 1);
    assert_int(b.space->n_dimensions, 3);
    flx_tuning tuning = {.space = b.space,
                         .predict = flx_tuning_objective_predict,
                         .context = b.objective,
                         .optimizer = "lshade",
                         .options = {.budget = 2000},
                         .top = 3};
    flx_tuned *tuned = NULL;
    assert_int(flx_tune(&tuning, &tuned, &error), FLX_OK);
    assert_close(tuned->best.settings[THREADS], 8, 0, 1);
    assert_close(tuned->best.settings[CACHE], 0.3, 0, 0.1);
    assert_close(tuned->best.settings[MODE], 1, 0, 0);
    assert_close(tuned->best.settings[DEAD], 5, 0, 0);
    assert_true(tuned->best.lower90 < tuned->best.predicted);
    assert_true(tuned->best.predicted < tuned->best.upper90);
    assert_true(tuned->baseline.predicted > tuned->best.predicted + 10);
    assert_int(tuned->n_top, 3);
    flx_tuned_destroy(tuned);
    finish(&b);
}

static void a_profile_row_with_its_own_knobs_is_that_row(void)
{
    bench b = {0};
    flx_error error = {0};
    double all[ROWS], settings[4], mean = NAN;
    flx_inference *inference = NULL;
    train(&b);
    const flx_dataset *rows = b.model->rows;
    assert_int(flx_inference_create(flx_model_graph(b.model), b.backend, rows, &inference,
                                    &error),
               FLX_OK);
    assert_int(flx_inference_target(inference, all, NULL, &error), FLX_OK);
    for (int r = 0; r < ROWS; r += 17) {
        assert_int(prepare(&b, NULL, 0, rows, r, &error), FLX_OK);
        memcpy(settings, rows->values + r * rows->n_columns, sizeof settings);
        assert_int(flx_tuning_objective_predict(b.objective, settings, 1, &mean, NULL,
                                                NULL, &error),
                   FLX_OK);
        assert_close(mean, all[r], 1e-12, 0);
    }
    flx_inference_destroy(inference);
    finish(&b);
}

static void a_fixed_state_moves_the_prediction(void)
{
    const char *low[] = {"web:rps=60"}, *high[] = {"web:rps=140"};
    bench b = {0};
    flx_error error = {0};
    train(&b);
    assert_int(prepare(&b, low, 1, NULL, 0, &error), FLX_OK);
    double at_low = predict_default(&b);
    assert_int(prepare(&b, high, 1, NULL, 0, &error), FLX_OK);
    assert_close(predict_default(&b) - at_low, 8, 0, 2);
    finish(&b);
}

static void a_state_fixed_for_a_service_is_shared_by_its_instances(void)
{
    const char *together[] = {"db:rps=80"}, *apart[] = {"db/1:rps=40", "db/0:rps=40"};
    const char *both[] = {"db/1:rps=25", "db:rps=80"};
    const char *mixed[] = {"db/0:rps=40", "db/1:rps=25"};
    bench b = {0};
    flx_error error = {0};
    train(&b);
    assert_int(prepare(&b, NULL, 0, NULL, 0, &error), FLX_OK);
    double untouched = predict_default(&b);
    assert_int(prepare(&b, together, 1, NULL, 0, &error), FLX_OK);
    double shared = predict_default(&b);
    assert_int(prepare(&b, apart, 2, NULL, 0, &error), FLX_OK);
    assert_close(predict_default(&b), shared, 1e-12, 0);
    assert_true(fabs(shared - untouched) > 1e-9);
    assert_int(prepare(&b, both, 2, NULL, 0, &error), FLX_OK);
    double overridden = predict_default(&b);
    assert_int(prepare(&b, mixed, 2, NULL, 0, &error), FLX_OK);
    assert_close(predict_default(&b), overridden, 1e-12, 0);
    finish(&b);
}

static void batches_do_not_change_predictions_or_intervals(void)
{
    enum { COUNT = 40 };
    bench b = {0};
    flx_error error = {0};
    double settings[COUNT * 4], mean[COUNT], lower[COUNT], upper[COUNT];
    train(&b);
    assert_int(prepare(&b, NULL, 0, NULL, 0, &error), FLX_OK);
    for (int i = 0; i < COUNT; i++) {
        flx_search_space_defaults(b.space, settings + 4 * i);
        settings[4 * i] = 1 + i % 20;
    }
    assert_int(flx_tuning_objective_predict(b.objective, settings, COUNT, mean, lower,
                                            upper, &error),
               FLX_OK);
    for (int i = 0; i < COUNT; i += 13) {
        double one = NAN, low = NAN, high = NAN;
        assert_int(flx_tuning_objective_predict(b.objective, settings + 4 * i, 1, &one,
                                                &low, &high, &error),
                   FLX_OK);
        assert_close(one, mean[i], 1e-12, 0);
        assert_true(low < one && one < high && lower[i] < one && one < upper[i]);
    }
    finish(&b);
}

static void a_row_that_is_not_there_is_refused(void)
{
    bench b = {0};
    flx_error error = {0};
    train(&b);
    assert_int(prepare(&b, NULL, 0, b.model->rows, ROWS, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "no row 60, the rows are 0 to 59");
    assert_true(b.objective == NULL);
    finish(&b);
}

CU_TestInfo tuning_objective_tests[] = {
    {"tuning finds the known settings", tuning_finds_the_known_settings},
    {"a profile row with its own knobs is that row",
     a_profile_row_with_its_own_knobs_is_that_row},
    {"a fixed state moves the prediction", a_fixed_state_moves_the_prediction},
    {"a state fixed for a service is shared by its instances",
     a_state_fixed_for_a_service_is_shared_by_its_instances},
    {"batches do not change predictions or intervals",
     batches_do_not_change_predictions_or_intervals},
    {"a row that is not there is refused", a_row_that_is_not_there_is_refused},
    CU_TEST_INFO_NULL,
};
