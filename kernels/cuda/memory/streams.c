/* SPDX-License-Identifier: MIT
 * Streams beside the backend's own, for launches that do not depend on one another: a few
 * members of one size leave most of a device to those of another. */
#include "kernels/cuda/memory.h"

flx_status flx_cuda_streams_create(flx_cuda *cuda, flx_error *error)
{
    cudaError_t result = cudaEventCreateWithFlags(&cuda->forked, cudaEventDisableTiming);
    for (int b = 0; b < FLX_CUDA_STREAMS && result == cudaSuccess; b++) {
        flx_cuda_stream *side = &cuda->streams[b];
        result = cudaStreamCreateWithFlags(&side->stream, cudaStreamNonBlocking);
        if (result == cudaSuccess)
            result = cudaEventCreateWithFlags(&side->joined, cudaEventDisableTiming);
    }
    return flx_cuda_check(result, "creating streams", error);
}

void flx_cuda_streams_release(flx_cuda *cuda)
{
    for (int b = 0; b < FLX_CUDA_STREAMS; b++) {
        if (cuda->streams[b].joined)
            cudaEventDestroy(cuda->streams[b].joined);
        if (cuda->streams[b].stream)
            cudaStreamDestroy(cuda->streams[b].stream);
    }
    if (cuda->forked)
        cudaEventDestroy(cuda->forked);
}

flx_status flx_cuda_fork(const flx_cuda *cuda, int count, flx_error *error)
{
    cudaError_t result = cudaEventRecord(cuda->forked, cuda->stream);
    for (int b = 0; b < count && result == cudaSuccess; b++)
        result = cudaStreamWaitEvent(cuda->streams[b].stream, cuda->forked, 0);
    return flx_cuda_check(result, "forking streams", error);
}

flx_status flx_cuda_join(const flx_cuda *cuda, int count, flx_error *error)
{
    cudaError_t result = cudaSuccess;
    for (int b = 0; b < count && result == cudaSuccess; b++) {
        const flx_cuda_stream *side = &cuda->streams[b];
        result = cudaEventRecord(side->joined, side->stream);
        if (result == cudaSuccess)
            result = cudaStreamWaitEvent(cuda->stream, side->joined, 0);
    }
    return flx_cuda_check(result, "joining streams", error);
}
