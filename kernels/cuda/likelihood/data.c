/* SPDX-License-Identifier: MIT
 * Problems in device memory: inputs centred, which the gradient's product wants, and
 * input by input, so that neighbouring threads read neighbouring points. */
#include "kernels/cuda/likelihood.h"

#include "formats/memory.h"
#include "kernels/cuda/likelihood/launches.h"

#include <stdlib.h>
#include <string.h>

static size_t doubles_of(const flx_gp_problem *problem)
{
    return (size_t)problem->n * ((size_t)problem->d + 1);
}

static void pack(const flx_gp_problem *problem, double *center, double *to)
{
    size_t n = (size_t)problem->n, d = (size_t)problem->d;
    for (size_t k = 0; k < d; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += problem->X[i * d + k];
        center[k] = sum / problem->n;
        for (size_t i = 0; i < n; i++)
            to[k * n + i] = problem->X[i * d + k] - center[k];
    }
    memcpy(to + n * d, problem->y, n * sizeof *to);
}

static flx_status measure(const void *items, int count, flx_cuda_problem_at *at,
                          size_t *inputs, size_t *doubles, flx_error *error)
{
    for (int i = 0; i < count; i++) {
        const flx_gp_problem *problem = at(items, i);
        if (problem->n < 1 || problem->d < 1)
            return flx_fail(error, FLX_BAD_INPUT, "a problem of %d points and %d inputs",
                            problem->n, problem->d);
        *inputs += (size_t)problem->d;
        *doubles += doubles_of(problem);
    }
    return FLX_OK;
}

/* Host copies of everything, then one transfer. */
static flx_status fill(const flx_cuda *cuda, const void *items, flx_cuda_problem_at *at,
                       flx_cuda_data_set *set, size_t doubles, flx_error *error)
{
    FLX_SCOPED double *packed = malloc((doubles ? doubles : 1) * sizeof *packed);
    if (!packed)
        return flx_no_memory(error, "%d problems", set->count);
    double *center = set->centers;
    size_t used = 0;
    for (int i = 0; i < set->count; i++) {
        const flx_gp_problem *problem = at(items, i);
        double *X = (double *)set->memory + used;
        pack(problem, center, packed + used);
        set->members[i] =
            (flx_cuda_data){.n = problem->n,
                            .d = problem->d,
                            .is_isotropic = problem->is_isotropic,
                            .covariance = problem->covariance,
                            .X = X,
                            .y = X + (size_t)problem->n * (size_t)problem->d,
                            .center = center};
        center += problem->d;
        used += doubles_of(problem);
    }
    FLX_TRY(flx_cuda_upload(cuda, set->memory, packed, doubles * sizeof *packed, error));
    return flx_cuda_wait(cuda, error);
}

static flx_status create(flx_cuda *cuda, const void *items, flx_cuda_problem_at *at,
                         flx_cuda_data_set *out, flx_error *error)
{
    size_t inputs = 0, doubles = 0;
    FLX_TRY(measure(items, out->count, at, &inputs, &doubles, error));
    if (!FLX_NEW(out->members, out->count) || !FLX_NEW(out->centers, inputs))
        return flx_no_memory(error, "%d problems", out->count);
    FLX_TRY(flx_cuda_allocate(cuda, &out->memory, doubles * sizeof(double),
                              "the problems", error));
    return fill(cuda, items, at, out, doubles, error);
}

flx_status flx_cuda_data_create(flx_cuda *cuda, const void *items, int count,
                                flx_cuda_problem_at *at, flx_cuda_data_set *out,
                                flx_error *error)
{
    *out = (flx_cuda_data_set){.count = count};
    flx_status status = create(cuda, items, at, out, error);
    if (status != FLX_OK)
        flx_cuda_data_release(out);
    return status;
}

void flx_cuda_data_release(flx_cuda_data_set *set)
{
    cudaFree(set->memory);
    free(set->members);
    free(set->centers);
    *set = (flx_cuda_data_set){0};
}
