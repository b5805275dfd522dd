/* SPDX-License-Identifier: MIT
 * Backends by name, and that all instruction sets of one machine tell the same. */
#include "kernels/backend.h"

#include "experiments/selftest/checks.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>

static void opens_by_name(void)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    assert_int(flx_backend_open("cpu", 3, &backend, &error), FLX_OK);
    assert_text(backend->name, "cpu");
    assert_int(backend->threads, 3);
    assert_contains(backend->description, "3 threads");
    flx_backend_close(backend);
    assert_int(flx_backend_open("auto", 0, &backend, &error), FLX_OK);
    assert_true(backend->threads >= 1);
    flx_backend_close(backend);
    flx_backend_close(NULL);
}

static void refuses_unknown_names_and_thread_counts(void)
{
    flx_error error = {0};
    flx_backend *backend = (flx_backend *)&error;
    assert_int(flx_backend_open("abacus", 1, &backend, &error), FLX_BAD_INPUT);
    assert_true(backend == NULL);
    assert_contains(error.message, "\"abacus\"");
    assert_int(flx_backend_open("cpu", -1, &backend, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "-1 threads");
    assert_int(flx_backend_open("", 1, &backend, &error), FLX_BAD_INPUT);
}

static void compare_tables(flx_backend *first, flx_backend *other)
{
    for (int n = 1; n <= 100; n = n * 3 / 2 + 1) {
        flx_sample sample = make_sample(n, MAX_INPUTS, false, FLX_SAMPLE_PLAIN);
        double a, b, gradient[MAX_THETA], slopes[MAX_THETA];
        evaluate_alone(first, &sample.problem, sample.theta, 1e-10, &a, gradient);
        evaluate_alone(other, &sample.problem, sample.theta, 1e-10, &b, slopes);
        assert_close(b, a, 1e-12, 0);
        assert_close(flx_gradient_error(MAX_THETA, slopes, gradient), 0, 0, 1e-10);
        flx_sample_clear(&sample);
    }
}

static void instruction_sets_agree(void)
{
    flx_backend first, other;
    int at = 0;
    while (panel_backend(at, 1, &first) && !first.operations)
        at++;
    for (int i = at + 1; panel_backend(i, 1, &other); i++)
        if (other.operations)
            compare_tables(&first, &other);
}

CU_TestInfo backend_tests[] = {
    {"opens by name", opens_by_name},
    {"refuses unknown names and thread counts", refuses_unknown_names_and_thread_counts},
    {"instruction sets agree", instruction_sets_agree},
    CU_TEST_INFO_NULL,
};
