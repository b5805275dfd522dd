/* SPDX-License-Identifier: MIT
 * Opens the device. The cheap question, is there a device at all, comes first; only then
 * are the libraries loaded. */
#include "kernels/plugin.h"

#include "formats/memory.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/likelihood.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/predict.h"
#include "kernels/cuda/products.h"
#include "kernels/cuda/search.h"
#include "kernels/cuda/weighting.h"

#include <stdio.h>
#include <stdlib.h>

/* The oldest device that the plugin has code for. */
enum { OLDEST_MAJOR = 8 };

static flx_status no_device(cudaError_t result, flx_error *error)
{
    (void)cudaGetLastError();
    return flx_fail(
        error, FLX_NO_BACKEND,
        "no device (%s, error %d): --backend cuda needs an NVIDIA GPU and its "
        "driver",
        result ? cudaGetErrorString(result) : "none is visible", (int)result);
}

/* Without a driver the count is not written: every error means that there is none. */
static flx_status probe(flx_error *error)
{
    int count = 0, major = 0, minor = 0;
    cudaError_t result = cudaGetDeviceCount(&count);
    if (result != cudaSuccess || count < 1)
        return no_device(result, error);
    FLX_TRY(flx_cuda_check(cudaSetDevice(0), "choosing the device", error));
    FLX_TRY(flx_cuda_check(
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0),
        "asking the device", error));
    FLX_TRY(flx_cuda_check(
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0),
        "asking the device", error));
    if (major < OLDEST_MAJOR)
        return flx_fail(error, FLX_DEVICE_FAILED,
                        "cuda: the device has compute capability %d.%d, %d.0 is needed",
                        major, minor, OLDEST_MAJOR);
    return FLX_OK;
}

static flx_status create_handles(flx_cuda *cuda, flx_error *error)
{
    const flx_cuda_libraries *call = &cuda->libraries;
    int blas = (int)call->cublasCreate_v2_(&cuda->blas);
    int solver = (int)call->cusolverDnCreate_(&cuda->solver);
    if (blas || solver)
        return flx_fail(error, FLX_DEVICE_FAILED,
                        "cuda: cuBLAS and cuSOLVER do not start: status %d and %d", blas,
                        solver);
    blas = (int)call->cublasSetStream_v2_(cuda->blas, cuda->stream);
    solver = (int)call->cusolverDnSetStream_(cuda->solver, cuda->stream);
    if (blas || solver)
        return flx_fail(error, FLX_DEVICE_FAILED,
                        "cuda: cuBLAS and cuSOLVER refuse the stream: status %d and %d",
                        blas, solver);
    return FLX_OK;
}

static flx_status start(flx_cuda *cuda, flx_error *error)
{
    FLX_TRY(flx_cuda_libraries_load(&cuda->libraries, error));
    FLX_TRY(flx_cuda_check(
        cudaDeviceGetAttribute(&cuda->processors, cudaDevAttrMultiProcessorCount, 0),
        "asking the device", error));
    FLX_TRY(flx_cuda_limit_fused(cuda, error));
    FLX_TRY(
        flx_cuda_check(cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking),
                       "creating a stream", error));
    FLX_TRY(flx_cuda_streams_create(cuda, error));
    return create_handles(cuda, error);
}

static void stop(flx_cuda *cuda)
{
    flx_cuda_release_workspace(cuda);
    if (cuda->blas)
        cuda->libraries.cublasDestroy_v2_(cuda->blas);
    if (cuda->solver)
        cuda->libraries.cusolverDnDestroy_(cuda->solver);
    flx_cuda_streams_release(cuda);
    if (cuda->stream)
        cudaStreamDestroy(cuda->stream);
    free(cuda);
}

static void close_cuda(flx_backend *backend)
{
    if (backend->state)
        stop(backend->state);
    free(backend);
}

static const struct flx_backend_operations operations = {
    .batch_create = flx_cuda_batch_create,
    .evaluate = flx_cuda_evaluate,
    .batch_release = flx_cuda_batch_release,
    .condition = flx_cuda_condition,
    .predict = flx_cuda_predict,
    .posterior_release = flx_cuda_posterior_release,
    .weighting_create = flx_cuda_weighting_create,
    .weighting_losses = flx_cuda_weighting_losses,
    .weighting_search = flx_cuda_weighting_search,
    .weighting_release = flx_cuda_weighting_release,
    .search_advance = flx_cuda_search_advance,
    .search_read = flx_cuda_search_read,
    .search_release = flx_cuda_search_release,
    .multiply = flx_cuda_multiply,
    .graph_create = flx_cuda_graph_create,
    .graph_predict = flx_cuda_graph_predict,
    .graph_search = flx_cuda_graph_search,
    .graph_release = flx_cuda_graph_release,
    .close = close_cuda,
};

static flx_status describe(flx_backend *backend, flx_error *error)
{
    struct cudaDeviceProp properties;
    FLX_TRY(flx_cuda_check(cudaGetDeviceProperties(&properties, 0), "asking the device",
                           error));
    snprintf(backend->description, sizeof backend->description, "%.60s, %.0f GiB",
             properties.name, (double)properties.totalGlobalMem / (1 << 30));
    return FLX_OK;
}

static flx_status create(int threads, flx_backend *backend, flx_error *error)
{
    *backend = (flx_backend){.name = "cuda",
                             .threads = threads,
                             .predict_streams = 1,
                             .operations = &operations};
    flx_cuda *cuda;
    if (!FLX_NEW(cuda, 1))
        return flx_no_memory(error, "the cuda backend");
    backend->state = cuda;
    FLX_TRY(start(cuda, error));
    return describe(backend, error);
}

static flx_status open_cuda(int threads, flx_backend **out, flx_error *error)
{
    *out = NULL;
    FLX_TRY(probe(error));
    flx_backend *backend;
    if (!FLX_NEW(backend, 1))
        return flx_no_memory(error, "the cuda backend");
    flx_status status = create(threads, backend, error);
    if (status != FLX_OK)
        close_cuda(backend);
    else
        *out = backend;
    return status;
}

/* Looked up by name in the library. */
extern const flx_plugin flx_cuda_plugin;
__attribute__((visibility("default")))
const flx_plugin flx_cuda_plugin = {.contract = FLX_BACKEND_CONTRACT, .open = open_cuda};
