/* SPDX-License-Identifier: MIT */
#include "tests/kernels/every_panel.h"

#include "kernels/cpu/cpu.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdint.h>
#include <stdio.h>

bool panel_backend(int index, int threads, flx_backend *backend)
{
    const flx_panel_kernels *kernels = flx_panel_at(index);
    if (!kernels)
        return false;
    *backend = (flx_backend){
        .name = kernels->name, .threads = threads, .state = (void *)(uintptr_t)kernels};
    if (kernels->is_supported())
        backend->operations = &flx_cpu_operations;
    return true;
}

void with_every_panel(void (*test)(flx_backend *backend))
{
    flx_backend backend;
    for (int i = 0; panel_backend(i, 1, &backend); i++) {
        if (!backend.operations) {
            fprintf(stderr, "(panel %s: skipped, not supported here) ", backend.name);
            continue;
        }
        unsigned before = CU_get_number_of_failure_records();
        test(&backend);
        if (CU_get_number_of_failure_records() != before)
            fprintf(stderr, "    with panel %s\n", backend.name);
    }
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
