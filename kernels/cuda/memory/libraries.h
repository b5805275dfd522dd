/* SPDX-License-Identifier: MIT
 * The calls of cuBLAS and cuSOLVER that the backend makes, found at run time: loading
 * these libraries takes half a second and 200 MB, which only a machine with a device
 * should pay. */
#ifndef FLX_CUDA_LIBRARIES_H
#define FLX_CUDA_LIBRARIES_H

#include "formats/status.h"

#include <cublas_v2.h>
#include <cusolverDn.h>

#define FLX_CUBLAS_CALLS(X)                                                              \
    X(cublasCreate_v2)                                                                   \
    X(cublasDestroy_v2)                                                                  \
    X(cublasSetStream_v2)                                                                \
    X(cublasDtrsmBatched)                                                                \
    X(cublasDgemmStridedBatched)
#define FLX_CUSOLVER_CALLS(X)                                                            \
    X(cusolverDnCreate)                                                                  \
    X(cusolverDnDestroy)                                                                 \
    X(cusolverDnSetStream)                                                               \
    X(cusolverDnDpotrfBatched)

#define FLX_LIBRARY_MEMBER(name) __typeof__(&name) name##_;
typedef struct {
    FLX_CUBLAS_CALLS(FLX_LIBRARY_MEMBER)
    FLX_CUSOLVER_CALLS(FLX_LIBRARY_MEMBER)
} flx_cuda_libraries;
#undef FLX_LIBRARY_MEMBER

/* Fails with FLX_DEVICE_FAILED and the name of what is missing. */
flx_status flx_cuda_libraries_load(flx_cuda_libraries *out, flx_error *error);
#endif
