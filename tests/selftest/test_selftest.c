/* SPDX-License-Identifier: MIT
 * selftest passes here and reports faults of a reference folder; the results of other
 * programs are checked where the folder with them is at hand. */
#include "experiments/selftest/selftest.h"

#include "experiments/selftest/checks.h"
#include "tests/close.h"
#include "tests/scratch.h"
#include "tests/skip.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static flx_backend *open_backend(void)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    assert_int(flx_backend_open("cpu", 2, &backend, &error), FLX_OK);
    return backend;
}

static void every_check_passes_here(void)
{
    flx_error error = {0};
    flx_selftest tests;
    flx_backend *backend = open_backend();
    assert_int(
        flx_selftest_run(backend, &(flx_selftest_options){0}, NULL, &tests, &error),
        FLX_OK);
    assert_true(tests.count >= 11);
    assert_int(tests.failed, 0);
    for (int i = 0; i < tests.count; i++)
        assert_true(tests.checks[i].is_ok &&
                    tests.checks[i].max_error <= tests.checks[i].bound);
    flx_backend_close(backend);
}

/* A backend whose every likelihood is a little off. */
static flx_status evaluate_wrongly(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                                   int count, flx_error *error)
{
    flx_error ignored;
    flx_backend *backend = NULL;
    FLX_TRY(flx_backend_open("cpu", 1, &backend, &ignored));
    flx_status status = backend->operations->evaluate(batch, evaluations, count, error);
    flx_backend_close(backend);
    for (int i = 0; i < count; i++)
        evaluations[i].value *= 1 + 1e-9;
    return status;
}

static void a_wrong_backend_is_found_out(void)
{
    flx_error error = {0};
    flx_selftest tests;
    flx_backend *backend = open_backend(), wrong = *backend;
    struct flx_backend_operations operations = *backend->operations;
    operations.evaluate = evaluate_wrongly;
    wrong.operations = &operations;
    assert_int(flx_selftest_run(&wrong, &(flx_selftest_options){0}, NULL, &tests, &error),
               FLX_OK);
    assert_int(tests.failed, 1);
    for (int i = 0; i < tests.count; i++)
        if (!tests.checks[i].is_ok)
            assert_contains(tests.checks[i].name, "likelihood against");
    flx_backend_close(backend);
}

static void gradient_errors_are_relative_entry_by_entry(void)
{
    const double expected[3] = {100, 1, 0.001};
    assert_close(flx_gradient_error(3, expected, expected), 0, 0, 0);
    assert_close(flx_gradient_error(3, (double[]){101, 1, 0.001}, expected), 0.01, 1e-12,
                 0);
    assert_close(flx_gradient_error(3, (double[]){100, 1.02, 0.001}, expected), 0.02,
                 1e-12, 0);
    /* 0.001 is below a thousandth of 100: against 0.1 */
    assert_close(flx_gradient_error(3, (double[]){100, 1, 0.002}, expected), 0.01, 1e-12,
                 0);
    assert_close(flx_gradient_error(3, (double[]){100, NAN, 0.001}, expected), NAN, 0, 0);
}

static void assert_refused(const char *folder, const char *part)
{
    flx_error error = {0};
    flx_backend *backend = open_backend();
    flx_check_context context = {.backend = backend, .reference = folder};
    double worst = 0;
    assert_int(flx_check_reference_likelihood(&context, &worst, &error), FLX_BAD_INPUT);
    assert_contains(error.message, part);
    flx_backend_close(backend);
}

static void a_faulty_reference_is_named(void)
{
    scratch_begin();
    assert_refused(scratch_path("absent"), "lml_grad_reference.csv");
    assert_int(mkdir(scratch_path("gp"), 0700), 0);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", scratch_path("."));
    scratch_write("gp/lml_grad_reference.csv",
                  "n,d,seed,theta,lml,grad\n2,1,0,0 0,-1,0 0 0\n");
    assert_refused(folder, ":2: theta does not hold 3 numbers");
    scratch_write("gp/lml_grad_reference.csv",
                  "n,d,seed,theta,grad\n2,1,0,0 0 0,0 0 0\n");
    assert_refused(folder, ":2: \"\" in column 0 is not a number");
    scratch_write("gp/lml_grad_reference.csv",
                  "n,d,seed,theta,lml,grad\n2,1,0,0 0 0,-1,0 0 0\n");
    assert_refused(folder, "train_n2_d1_s0.csv");
    scratch_write("gp/train_n2_d1_s0.csv", "x0,y\n1,2\n");
    assert_refused(folder, "1 rows of 2 columns, 2 of 2 expected");
    scratch_write("gp/train_n2_d1_s0.csv", "x0,y\n1,2\n3,four\n");
    assert_refused(folder, ":3: \"four\"");
    scratch_end();
}

/* The folder with results of other programs, or NULL, and the test is skipped. */
static const char *reference_folder(void)
{
    const char *folder = getenv("FLUXION_REFERENCE");
    struct stat about;
    if (!folder)
        folder = FLX_SOURCE_DIR "/../shared/reference";
    if (stat(folder, &about) == 0)
        return folder;
    skip_test("no reference results in %s", folder);
    return NULL;
}

static void check_reference(flx_check_function *check, double bound)
{
    flx_error error = {0};
    flx_check_context context = {.reference = reference_folder()};
    if (!context.reference)
        return;
    double worst = 0;
    context.backend = open_backend();
    assert_int(check(&context, &worst, &error), FLX_OK);
    assert_text(error.message, "");
    assert_true(worst <= bound);
    flx_backend_close(context.backend);
}

static void reference_likelihoods_and_gradients_agree(void)
{
    check_reference(flx_check_reference_likelihood, 1e-9);
    check_reference(flx_check_reference_gradient, 1e-9);
}

static void reference_optima_are_reached(void)
{
    check_reference(flx_check_reference_optimum, 0.1);
}

static void reference_predictions_agree(void)
{
    check_reference(flx_check_reference_means, 1e-8);
    check_reference(flx_check_reference_deviations, 1e-8);
}

CU_TestInfo selftest_tests[] = {
    {"every check passes here", every_check_passes_here},
    {"a wrong backend is found out", a_wrong_backend_is_found_out},
    {"gradient errors are relative, entry by entry",
     gradient_errors_are_relative_entry_by_entry},
    {"a faulty reference is named", a_faulty_reference_is_named},
    {"reference likelihoods and gradients agree",
     reference_likelihoods_and_gradients_agree},
    {"reference optima are reached", reference_optima_are_reached},
    {"reference predictions agree", reference_predictions_agree},
    CU_TEST_INFO_NULL,
};
