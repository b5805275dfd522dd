/* SPDX-License-Identifier: MIT
 * Tiles of matrix products in device memory, and their launch. Every pointer inside these
 * structs is the device's. A launch is asynchronous; its return value says whether it was
 * accepted. */
#ifndef FLX_CUDA_PRODUCTS_LAUNCHES_H
#define FLX_CUDA_PRODUCTS_LAUNCHES_H

#include "kernels/cuda/memory/sizes.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One tile of C = alpha op(A) op(B) + beta C, from row `row` and column `column` on;
 * entry (i, p) of op(A) is A[i * A_row + p * A_column]. */
typedef struct {
    int m, n, k, row, column;
    size_t A_row, A_column, B_row, B_column;
    double alpha, beta;
    const double *A, *B;
    double *C; /* (m, n) */
} flx_cuda_product_tile;
cudaError_t flx_cuda_product_tiles(const flx_cuda_product_tile *tiles, int count,
                                   cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
