/* SPDX-License-Identifier: MIT
 * A batch of problems, resident on the device. */
#include "kernels/cuda/likelihood.h"

#include "formats/memory.h"
#include "kernels/cuda/likelihood/launches.h"

#include <stdlib.h>

flx_status flx_cuda_limit_fused(flx_cuda *cuda, flx_error *error)
{
    int shared = 0, limit = FLX_CUDA_FUSED_LIMIT;
    FLX_TRY(flx_cuda_check(
        cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
        "asking the device", error));
    while (limit > 0 && flx_cuda_fused_shared(limit) > (size_t)shared)
        limit--;
    FLX_TRY(flx_cuda_check(flx_cuda_fused_allow(flx_cuda_fused_shared(limit)),
                           "reserving shared memory", error));
    const char *wanted = getenv("FLUXION_CUDA_FUSED_LIMIT");
    if (wanted && atoi(wanted) < limit)
        limit = atoi(wanted) > 0 ? atoi(wanted) : 0;
    cuda->fused_limit = limit;
    return FLX_OK;
}

struct flx_gp_batch {
    flx_cuda *cuda;
    flx_cuda_data_set data;
    flx_cuda_job *jobs; /* of one evaluate call, grown as needed */
    flx_cuda_sorted_job *sorted;
    int capacity;
};

static const flx_gp_problem *problem_at(const void *items, int i)
{
    return (const flx_gp_problem *)items + i;
}

flx_status flx_cuda_batch_create(flx_backend *backend, const flx_gp_problem *problems,
                                 int count, flx_gp_batch **out, flx_error *error)
{
    *out = NULL;
    flx_gp_batch *batch;
    if (!FLX_NEW(batch, 1))
        return flx_no_memory(error, "a batch");
    batch->cuda = backend->state;
    flx_status status = flx_cuda_data_create(batch->cuda, problems, count, problem_at,
                                             &batch->data, error);
    if (status != FLX_OK)
        flx_cuda_batch_release(batch);
    else
        *out = batch;
    return status;
}

void flx_cuda_batch_release(flx_gp_batch *batch)
{
    if (!batch)
        return;
    flx_cuda_data_release(&batch->data);
    free(batch->jobs);
    free(batch->sorted);
    free(batch);
}

static flx_status grow(flx_gp_batch *batch, int count, flx_error *error)
{
    if (count <= batch->capacity)
        return FLX_OK;
    batch->capacity = 0;
    free(batch->jobs);
    free(batch->sorted);
    batch->sorted = NULL;
    if (!FLX_NEW(batch->jobs, count) || !FLX_NEW(batch->sorted, count))
        return flx_no_memory(error, "%d evaluations", count);
    batch->capacity = count;
    return FLX_OK;
}

flx_status flx_cuda_evaluate(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                             int count, flx_error *error)
{
    FLX_TRY(grow(batch, count, error));
    for (int i = 0; i < count; i++)
        batch->jobs[i] =
            (flx_cuda_job){.data = &batch->data.members[evaluations[i].problem],
                           .theta = evaluations[i].theta,
                           .jitter = evaluations[i].jitter,
                           .gradient = evaluations[i].gradient};
    FLX_TRY(
        flx_cuda_evaluate_jobs(batch->cuda, batch->jobs, count, batch->sorted, error));
    for (int i = 0; i < count; i++) {
        evaluations[i].value = batch->jobs[i].value;
        evaluations[i].info = batch->jobs[i].info;
    }
    return FLX_OK;
}
