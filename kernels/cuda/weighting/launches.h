/* SPDX-License-Identifier: MIT
 * Tiles of candidate weights in device memory, and one launching function a kernel. Every
 * pointer inside these structs is the device's. A launch is asynchronous; its return
 * value says whether it was accepted. */
#ifndef FLX_CUDA_WEIGHTING_LAUNCHES_H
#define FLX_CUDA_WEIGHTING_LAUNCHES_H

#include "kernels/cuda/memory/sizes.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FLX_CUDA_WEIGHTING_ROWS = 256 }; /* rows of one partial loss */

/* At most FLX_CUDA_TILE candidates on at most FLX_CUDA_WEIGHTING_ROWS rows of one table,
 * the first of them number `first` of its query. */
typedef struct {
    int rows, k, first, count, is_squared;
    const int *live;       /* how many of the query's count; NULL: all */
    const double *P, *y;   /* (rows, k), (rows) */
    const double *weights; /* (count, k) */
    double *partial;       /* (count) out */
} flx_cuda_weighting_tile;

/* Sums of one query's partials, (parts, count), in their order. */
typedef struct {
    int parts, count;
    const int *live;
    const double *partial;
    double *losses;
} flx_cuda_weighting_sum;

cudaError_t flx_cuda_weighting_tiles(const flx_cuda_weighting_tile *tiles, int count,
                                     cudaStream_t stream);
cudaError_t flx_cuda_weighting_sums(const flx_cuda_weighting_sum *sums, int count,
                                    cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
