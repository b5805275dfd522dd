/* SPDX-License-Identifier: MIT
 * Training where there is little to learn from: constants, failed fits, errors. */
#include "host/model/inference.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/training/trained.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>

static void fewer_than_five_rows_make_a_constant(void)
{
    flx_dataset *rows = two_services_rows(40, 1, 1);
    double sum = 0, square = 0;
    for (int r = 0; r < 40; r++)
        if (r % 10)
            *two_services_cell(rows, r, "db:p90") = NAN;
        else
            sum += *two_services_cell(rows, r, "db:p90");
    flx_model *model = train_by_default(1, rows);
    const flx_predictor *p = predictor_of(model, "db:p90");
    assert_int(p->kind, FLX_PREDICTOR_CONSTANT);
    assert_int(p->n, 4);
    assert_close(p->constant, sum / 4, 1e-14, 0);
    for (int r = 0; r < 40; r += 10)
        square += pow(*two_services_cell(rows, r, "db:p90") - sum / 4, 2);
    assert_close(p->variance, square / 3, 1e-12, 0);
    assert_true(find_warning(model, "db:p90", "only 4 of 40 rows") != NULL);
    /* What it feeds misses it in 36 of 40 rows, and says so. */
    assert_true(find_warning(model, "web:p90",
                             "input db:p90 is missing in more than half") != NULL);
    assert_int(predictor_of(model, "web:p90")->n_metrics, 0);
    flx_model_destroy(model);
    /* One row more, and it is fitted. */
    *two_services_cell(rows, 1, "db:p90") = 11;
    model = train_by_default(1, rows);
    assert_int(predictor_of(model, "db:p90")->n, 5);
    assert_true(find_warning(model, "db:p90", "only") == NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void a_vertex_without_values_is_noted(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    two_services_fill(rows, "db:p90", NAN);
    flx_model *model = train_by_default(1, rows);
    assert_int(predictor_of(model, "db:p90")->kind, FLX_PREDICTOR_CONSTANT);
    assert_true(find_warning(model, "db:p90", "only 0 of 20 rows") != NULL);
    assert_int(predictor_of(model, "web:p90")->kind, FLX_PREDICTOR_GP);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void without_an_input_that_varies_it_is_a_constant_and_named(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    for (int r = 0; r < 20; r++) {
        *two_services_cell(rows, r, "db:c") = 3;
        *two_services_cell(rows, r, "db:rps") = 100;
    }
    flx_model *model = train_by_default(1, rows);
    assert_int(predictor_of(model, "db:p90")->kind, FLX_PREDICTOR_CONSTANT);
    assert_true(find_warning(model, "db:p90", "no input that varies in its 20 of 20") !=
                NULL);
    assert_true(find_warning(model, "web:p90", "no input") == NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void a_constant_vertex_is_a_constant(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    two_services_fill(rows, "db:p90", 12.5);
    flx_model *model = train_by_default(1, rows);
    const flx_predictor *p = predictor_of(model, "db:p90");
    assert_int(p->kind, FLX_PREDICTOR_CONSTANT);
    assert_close(p->constant, 12.5, 0, 0);
    assert_close(p->variance, 0, 0, 1e-20);
    assert_int(model->warnings.count, 0);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

/* Trains on rows (taken) and expects a failure that says `part`. */
static void refuse(flx_dataset *rows, flx_status status, const char *part)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = NULL;
    flx_training_report report;
    flx_error error = {0};
    assert_int(flx_train_take(two_services(1, "none"), rows, &training_defaults, backend,
                              NULL, &model, &report, &error),
               status);
    assert_true(model == NULL);
    assert_contains(error.message, part);
    flx_backend_close(backend);
}

static void a_target_without_values_is_an_error(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    two_services_fill(rows, "web:p90", NAN);
    refuse(rows, FLX_BAD_INPUT, "web:p90 has no value in any of the 20 training rows");
}

static void too_many_rows_are_an_error(void)
{
    refuse(two_services_rows(16385, 1, 1), FLX_BAD_INPUT,
           "db:p90 has 16385 rows to be trained on, but at most 16384 are possible");
}

static void a_failing_fit_stays_alone(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    *two_services_cell(rows, 7, "db:p90") = INFINITY;
    flx_model *model = train_by_default(1, rows);
    const flx_warning *note =
        find_warning(model, "db:p90", "the target of row 7 is not finite");
    assert_true(note && note->is_failure);
    assert_int(predictor_of(model, "db:p90")->kind, FLX_PREDICTOR_CONSTANT);
    assert_int(predictor_of(model, "web:p90")->kind, FLX_PREDICTOR_GP);
    flx_model_destroy(model);
    flx_dataset_destroy(rows);
}

static void a_failing_target_is_an_error(void)
{
    flx_dataset *rows = two_services_rows(20, 1, 1);
    *two_services_cell(rows, 7, "web:p90") = INFINITY;
    refuse(rows, FLX_NUMERIC, "the target web:p90 could not be fitted");
}

static void a_spectrum_no_service_has_is_an_error(void)
{
    const char *spectrum[] = {"p42"};
    flx_backend *backend = two_services_backend(1);
    flx_training_options options = {.spectrum = spectrum, .n_spectrum = 1};
    flx_model *model = NULL;
    flx_training_report report;
    flx_error error = {0};
    assert_int(flx_train_take(two_services(1, "none"), two_services_rows(9, 1, 1),
                              &options, backend, NULL, &model, &report, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "p42");
    flx_backend_close(backend);
}

CU_TestInfo training_failures_tests[] = {
    {"fewer than five rows make a constant", fewer_than_five_rows_make_a_constant},
    {"a vertex without values is noted", a_vertex_without_values_is_noted},
    {"without an input that varies it is a constant and named",
     without_an_input_that_varies_it_is_a_constant_and_named},
    {"a constant vertex is a constant", a_constant_vertex_is_a_constant},
    {"a target without values is an error", a_target_without_values_is_an_error},
    {"too many rows are an error", too_many_rows_are_an_error},
    {"a failing fit stays alone", a_failing_fit_stays_alone},
    {"a failing target is an error", a_failing_target_is_an_error},
    {"a spectrum no service has is an error", a_spectrum_no_service_has_is_an_error},
    CU_TEST_INFO_NULL,
};
