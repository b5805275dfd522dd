/* SPDX-License-Identifier: MIT
 * Streams beside the backend's own, for launches that do not need one another: a few
 * members of one size leave most of a device to those of another. */
#include "kernels/cuda/cuda.h"

flx_status flx_cuda_streams_create(flx_cuda *cuda, flx_error *error)
{
    cudaError_t result = cudaEventCreateWithFlags(&cuda->forked, cudaEventDisableTiming);
    for (int b = 0; b < FLX_CUDA_STREAMS && result == cudaSuccess; b++) {
        flx_cuda_stream *branch = &cuda->branches[b];
        result = cudaStreamCreateWithFlags(&branch->stream, cudaStreamNonBlocking);
        if (result == cudaSuccess)
            result = cudaEventCreateWithFlags(&branch->joined, cudaEventDisableTiming);
    }
    return flx_cuda_check(result, "creating streams", error);
}

void flx_cuda_streams_release(flx_cuda *cuda)
{
    for (int b = 0; b < FLX_CUDA_STREAMS; b++) {
        if (cuda->branches[b].joined)
            cudaEventDestroy(cuda->branches[b].joined);
        if (cuda->branches[b].stream)
            cudaStreamDestroy(cuda->branches[b].stream);
    }
    if (cuda->forked)
        cudaEventDestroy(cuda->forked);
}

flx_status flx_cuda_fork(const flx_cuda *cuda, int count, flx_error *error)
{
    cudaError_t result = cudaEventRecord(cuda->forked, cuda->stream);
    for (int b = 0; b < count && result == cudaSuccess; b++)
        result = cudaStreamWaitEvent(cuda->branches[b].stream, cuda->forked, 0);
    return flx_cuda_check(result, "branching off a stream", error);
}

flx_status flx_cuda_join(const flx_cuda *cuda, int count, flx_error *error)
{
    cudaError_t result = cudaSuccess;
    for (int b = 0; b < count && result == cudaSuccess; b++) {
        const flx_cuda_stream *branch = &cuda->branches[b];
        result = cudaEventRecord(branch->joined, branch->stream);
        if (result == cudaSuccess)
            result = cudaStreamWaitEvent(cuda->stream, branch->joined, 0);
    }
    return flx_cuda_check(result, "joining streams", error);
}
