/* SPDX-License-Identifier: MIT
 * A device as the backend uses it: one stream, which others fork from and join again, one
 * workspace that only grows, and a pinned staging buffer; work that does not fit is done
 * in chunks. */
#ifndef FLX_CUDA_MEMORY_H
#define FLX_CUDA_MEMORY_H

#include "kernels/cuda/memory/libraries.h"
#include "kernels/cuda/memory/sizes.h"

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>

/* Memory that only grows. */
typedef struct {
    void *memory;
    size_t size;
} flx_cuda_workspace;

typedef struct {
    cudaStream_t stream;
    cudaEvent_t joined;
} flx_cuda_stream;

typedef struct {
    cudaStream_t stream;
    flx_cuda_stream streams[FLX_CUDA_STREAMS];
    cudaEvent_t forked;
    flx_cuda_libraries libraries;
    cublasHandle_t blas;
    cusolverDnHandle_t solver;
    int fused_limit;           /* the largest n that the fused kernel takes here */
    int processors;            /* streaming multiprocessors */
    flx_cuda_workspace device; /* uploaded data, results, scratch */
    flx_cuda_workspace host;   /* pinned staging buffer: uploaded data, results */
} flx_cuda;

/* FLX_NO_MEMORY where the device has none left, else FLX_DEVICE_FAILED, with
 * `what` was to be done. */
flx_status flx_cuda_check(cudaError_t result, const char *what, flx_error *error);
/* Before it fails it releases the workspace, which is allocated again when it is needed:
 * no call may be using it. */
flx_status flx_cuda_allocate(flx_cuda *cuda, void **out, size_t size, const char *what,
                             flx_error *error);
/* Bytes that one chunk of work may take. Queries the device, which takes as long as a few
 * launches. */
size_t flx_cuda_budget(const flx_cuda *cuda);
/* Whether a chunk of `size` bytes fits. `budget` is 0 at the start of a call: it is
 * queried once a call, and not where the workspace suffices. */
bool flx_cuda_fits(const flx_cuda *cuda, size_t size, size_t *budget);
/* The most of a chunk's uploads and downloads: they go through pinned memory, which is
 * scarce, and larger chunks would save nothing. */
enum { FLX_CUDA_PINNED = 256 << 20 };
/* Workspace and staging buffer at least so large; what they held is lost. */
flx_status flx_cuda_grow_workspace(flx_cuda *cuda, size_t device, size_t host,
                                   flx_error *error);
void flx_cuda_release_workspace(flx_cuda *cuda);
flx_status flx_cuda_upload(const flx_cuda *cuda, void *to, const void *from, size_t size,
                           flx_error *error);
flx_status flx_cuda_download(const flx_cuda *cuda, void *to, const void *from,
                             size_t size, flx_error *error);
flx_status flx_cuda_wait(const flx_cuda *cuda, flx_error *error);

/* The streams streams[0 .. count - 1] go on from where the backend's stream
 * is, and it goes on when all of them are done. */
flx_status flx_cuda_streams_create(flx_cuda *cuda, flx_error *error);
void flx_cuda_streams_release(flx_cuda *cuda);
flx_status flx_cuda_fork(const flx_cuda *cuda, int count, flx_error *error);
flx_status flx_cuda_join(const flx_cuda *cuda, int count, flx_error *error);

/* Reserves `size` bytes in a region: returns their aligned offset and moves the cursor
 * on.
 */
size_t flx_cuda_take(size_t *cursor, size_t size);

/* Offsets of a chunk's three regions: uploaded, downloaded, scratch. The first two also
 * stand in the staging buffer, at the same offsets. */
typedef struct {
    size_t upload, download, scratch; /* cursors */
    size_t first_download, first_scratch, end;
} flx_cuda_layout;
/* Regions for what the cursors of a dry run counted. */
flx_cuda_layout flx_cuda_layout_after(flx_cuda_layout counted);
static inline void *flx_cuda_on_device(const flx_cuda *cuda, size_t at)
{
    return (char *)cuda->device.memory + at;
}
static inline void *flx_cuda_on_host(const flx_cuda *cuda, size_t at)
{
    return (char *)cuda->host.memory + at;
}
/* Workspace for a layout, and its transfers. The first waits before it reserves: a call
 * that failed may have left copies from the staging buffer under way. */
flx_status flx_cuda_layout_reserve(flx_cuda *cuda, const flx_cuda_layout *l,
                                   flx_error *error);
flx_status flx_cuda_layout_upload(const flx_cuda *cuda, const flx_cuda_layout *l,
                                  flx_error *error);
flx_status flx_cuda_layout_download(const flx_cuda *cuda, const flx_cuda_layout *l,
                                    flx_error *error); /* waits */
#endif
