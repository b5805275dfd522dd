/* SPDX-License-Identifier: MIT
 * Device memory, copies, and the layout of a chunk of work. */
#include "kernels/cuda/memory.h"

#include <string.h>

enum { ALIGNMENT = 256 };
/* Of the free memory: the libraries need some themselves. */
static const double SHARE = 0.8;

static double in_mib(size_t size)
{
    return (double)size / (1024.0 * 1024.0);
}

flx_status flx_cuda_check(cudaError_t result, const char *what, flx_error *error)
{
    if (result == cudaSuccess)
        return FLX_OK;
    (void)cudaGetLastError();
    flx_status status =
        result == cudaErrorMemoryAllocation ? FLX_NO_MEMORY : FLX_DEVICE_FAILED;
    return flx_fail(error, status, "cuda: %s: %s (error %d)", what,
                    cudaGetErrorString(result), (int)result);
}

/* `what` names what the memory is for, with its article. */
static flx_status out_of_memory(size_t size, const char *what, flx_error *error)
{
    size_t free_bytes = 0, total = 0;
    (void)cudaMemGetInfo(&free_bytes, &total);
    (void)cudaGetLastError();
    return flx_fail(error, FLX_NO_MEMORY,
                    "cuda: out of memory: %s take%s %.1f MiB, %.1f of %.1f MiB are free",
                    what, what[strlen(what) - 1] == 's' ? "" : "s", in_mib(size),
                    in_mib(free_bytes), in_mib(total));
}

static void release_device(flx_cuda *cuda)
{
    cudaFree(cuda->device.memory);
    cuda->device = (flx_cuda_workspace){0};
}

flx_status flx_cuda_allocate(flx_cuda *cuda, void **out, size_t size, const char *what,
                             flx_error *error)
{
    *out = NULL;
    size = size ? size : 1;
    cudaError_t result = cudaMalloc(out, size);
    if (result == cudaErrorMemoryAllocation && cuda->device.memory) {
        (void)cudaGetLastError(); /* or the next launch reports it once more */
        release_device(cuda);
        result = cudaMalloc(out, size);
    }
    if (result == cudaErrorMemoryAllocation)
        return out_of_memory(size, what, error);
    return flx_cuda_check(result, what, error);
}

size_t flx_cuda_budget(const flx_cuda *cuda)
{
    size_t free_bytes = 0, total = 0;
    if (cudaMemGetInfo(&free_bytes, &total) != cudaSuccess)
        free_bytes = 0;
    size_t most = (size_t)(SHARE * (double)(free_bytes + cuda->device.size));
    return most > cuda->device.size ? most : cuda->device.size;
}

bool flx_cuda_fits(const flx_cuda *cuda, size_t size, size_t *budget)
{
    if (size <= cuda->device.size)
        return true;
    if (*budget == 0)
        *budget = flx_cuda_budget(cuda);
    return size <= *budget;
}

static flx_status grow_device(flx_cuda *cuda, size_t size, flx_error *error)
{
    if (size <= cuda->device.size)
        return FLX_OK;
    release_device(cuda);
    FLX_TRY(flx_cuda_allocate(cuda, &cuda->device.memory, size, "the workspace", error));
    cuda->device.size = size;
    return FLX_OK;
}

flx_status flx_cuda_grow_workspace(flx_cuda *cuda, size_t device, size_t host,
                                   flx_error *error)
{
    FLX_TRY(grow_device(cuda, device, error));
    if (host <= cuda->host.size)
        return FLX_OK;
    cudaFreeHost(cuda->host.memory);
    cuda->host = (flx_cuda_workspace){0};
    FLX_TRY(flx_cuda_check(cudaMallocHost(&cuda->host.memory, host),
                           "allocating pinned memory", error));
    cuda->host.size = host;
    return FLX_OK;
}

void flx_cuda_release_workspace(flx_cuda *cuda)
{
    release_device(cuda);
    cudaFreeHost(cuda->host.memory);
    cuda->host = (flx_cuda_workspace){0};
}

flx_status flx_cuda_upload(const flx_cuda *cuda, void *to, const void *from, size_t size,
                           flx_error *error)
{
    if (size == 0)
        return FLX_OK;
    return flx_cuda_check(
        cudaMemcpyAsync(to, from, size, cudaMemcpyHostToDevice, cuda->stream),
        "copying to the device", error);
}

flx_status flx_cuda_download(const flx_cuda *cuda, void *to, const void *from,
                             size_t size, flx_error *error)
{
    if (size == 0)
        return FLX_OK;
    return flx_cuda_check(
        cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToHost, cuda->stream),
        "copying from the device", error);
}

flx_status flx_cuda_wait(const flx_cuda *cuda, flx_error *error)
{
    return flx_cuda_check(cudaStreamSynchronize(cuda->stream), "waiting for the device",
                          error);
}

size_t flx_cuda_take(size_t *cursor, size_t size)
{
    size_t at = *cursor;
    *cursor += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return at;
}

flx_cuda_layout flx_cuda_layout_after(flx_cuda_layout counted)
{
    flx_cuda_layout l = {.download = counted.upload, .first_download = counted.upload};
    l.scratch = l.first_scratch = l.first_download + counted.download;
    l.end = l.first_scratch + counted.scratch;
    return l;
}

flx_status flx_cuda_layout_reserve(flx_cuda *cuda, const flx_cuda_layout *l,
                                   flx_error *error)
{
    FLX_TRY(flx_cuda_wait(cuda, error));
    return flx_cuda_grow_workspace(cuda, l->end, l->first_scratch, error);
}

flx_status flx_cuda_layout_upload(const flx_cuda *cuda, const flx_cuda_layout *l,
                                  flx_error *error)
{
    return flx_cuda_upload(cuda, cuda->device.memory, cuda->host.memory,
                           l->first_download, error);
}

flx_status flx_cuda_layout_download(const flx_cuda *cuda, const flx_cuda_layout *l,
                                    flx_error *error)
{
    FLX_TRY(flx_cuda_download(cuda, flx_cuda_on_host(cuda, l->first_download),
                              flx_cuda_on_device(cuda, l->first_download),
                              l->first_scratch - l->first_download, error));
    return flx_cuda_wait(cuda, error);
}
