/* SPDX-License-Identifier: MIT */
#include "tests/kernels/every_backend.h"

#include "kernels/cpu/cpu.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool panel_backend(int index, int threads, flx_backend *backend)
{
    const flx_panel_kernels *kernels = flx_panel_at(index);
    if (!kernels)
        return false;
    *backend = (flx_backend){.name = kernels->name,
                             .threads = threads,
                             .predict_streams = threads,
                             .state = (void *)(uintptr_t)kernels};
    if (kernels->is_supported())
        backend->operations = &flx_cpu_operations;
    return true;
}

static bool is_wanted(const char *name)
{
    const char *wanted = getenv("FLUXION_TEST_BACKEND");
    return !wanted || strcmp(wanted, name) == 0;
}

static void run_on(flx_backend *backend, void (*test)(flx_backend *backend))
{
    unsigned before = CU_get_number_of_failure_records();
    test(backend);
    if (CU_get_number_of_failure_records() != before)
        fprintf(stderr, "    with %s\n", backend->name);
}

static void run_on_every_backend(void (*test)(flx_backend *backend))
{
    flx_backend backend;
    for (int i = 0; panel_backend(i, 1, &backend); i++)
        if (backend.operations)
            run_on(&backend, test);
        else
            fprintf(stderr, "(panel %s: skipped, not supported here) ", backend.name);
}

/* Where there is none, the first test says so. tests/main.c has made sure that there is
 * one where it is demanded. */
static void run_on_cuda(void (*test)(flx_backend *backend))
{
    static bool has_told;
    flx_error error = {0};
    flx_backend *backend;
    flx_status status = flx_backend_open("cuda", 1, &backend, &error);
    if (status == FLX_OK) {
        run_on(backend, test);
        flx_backend_close(backend);
        return;
    }
    assert_int(status, FLX_NO_BACKEND);
    if (!has_told)
        fprintf(stderr, "(cuda: skipped, %s) ", error.message);
    has_told = true;
}

void with_every_backend(void (*test)(flx_backend *backend))
{
    if (is_wanted("cpu"))
        run_on_every_backend(test);
    if (is_wanted("cuda"))
        run_on_cuda(test);
}

flx_sample make_sample(int n, int d, bool is_isotropic, flx_sample_kind kind)
{
    flx_sample sample;
    flx_error error;
    assert_int(flx_sample_create(n, d, is_isotropic, kind, &sample, &error), FLX_OK);
    return sample;
}

int evaluate_alone(flx_backend *backend, const flx_gp_problem *problem,
                   const double *theta, double jitter, double *value, double *gradient)
{
    flx_error error = {0};
    flx_gp_batch *batch = NULL;
    flx_gp_evaluation evaluation = {
        .theta = theta, .jitter = jitter, .gradient = gradient};
    assert_int(backend->operations->batch_create(backend, problem, 1, &batch, &error),
               FLX_OK);
    assert_int(backend->operations->evaluate(batch, &evaluation, 1, &error), FLX_OK);
    backend->operations->batch_release(batch);
    *value = evaluation.value;
    return evaluation.info;
}
