/* SPDX-License-Identifier: MIT
 * A conditioned member and tiles of queries in device memory, and the launch of
 * predictions. Every pointer inside these structs is the device's. A launch is
 * asynchronous; its return value says whether it was accepted. */
#ifndef FLX_CUDA_PREDICT_LAUNCHES_H
#define FLX_CUDA_PREDICT_LAUNCHES_H

#include "kernels/cuda/memory/sizes.h"
#include "kernels/formulas/covariance.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A conditioned member. */
typedef struct {
    int n, d;
    flx_covariance covariance;
    double s2, sn2;
    const double *Z, *center, *inverse_ell, *alpha, *factor;
} flx_cuda_conditioned;

/* At most FLX_CUDA_TILE queries to one member. */
typedef struct {
    int member, m, n_slopes;
    const double *queries;            /* (m, d) */
    double *mean, *variance, *slopes; /* variance may be NULL */
} flx_cuda_query_tile;

/* Blocks take tiles in turn; each has `stride` doubles of `scratch`, see
 * flx_cuda_predict_scratch. */
typedef struct {
    const flx_cuda_conditioned *members;
    const flx_cuda_query_tile *tiles;
    int count, blocks;
    double *scratch;
    size_t stride;
} flx_cuda_predict_arguments;
size_t flx_cuda_predict_scratch(int n, int d, int n_slopes);
cudaError_t flx_cuda_predict_tiles(const flx_cuda_predict_arguments *arguments,
                                   cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
