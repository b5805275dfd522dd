/* SPDX-License-Identifier: MIT
 * Tiles of independent matrix products of any shapes in one launch. An element is one sum
 * in the order of its index, whatever stands beside it: that is why it is not left to a
 * library, which picks its method by the batch. */
#include "kernels/cuda/memory/tile.h"
#include "kernels/cuda/products/launches.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

typedef double ProductTile[TILE][TILE + 1];

/* out[r][p] = entry (first + r, k + p) of a matrix of `rows` rows and `columns` columns;
 * lanes run along whichever index is contiguous. */
static __device__ void load(const double *M, size_t row_step, size_t column_step,
                            int rows, int columns, int first, int k, ProductTile out)
{
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    bool by_column = column_step == 1;
    for (int other = group; other < TILE; other += GROUPS) {
        int r = by_column ? other : lane, p = by_column ? lane : other;
        out[r][p] =
            first + r < rows && k + p < columns
                ? M[(size_t)(first + r) * row_step + (size_t)(k + p) * column_step]
                : 0.0;
    }
}

__global__ void __launch_bounds__(TILE_THREADS, 2)
    flx_product_kernel(const flx_cuda_product_tile *tiles)
{
    __shared__ ProductTile A, B; /* B by columns of the product */
    flx_cuda_product_tile t = tiles[blockIdx.x];
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    double sum[OWN] = {0};
    for (int k = 0; k < t.k; k += TILE) {
        load(t.A, t.A_row, t.A_column, t.m, t.k, t.row, k, A);
        load(t.B, t.B_column, t.B_row, t.n, t.k, t.column, k, B);
        __syncthreads();
        int left = min((int)TILE, t.k - k);
        for (int p = 0; p < left; p++) {
            double b = B[lane][p];
#pragma unroll
            for (int c = 0; c < OWN; c++)
                sum[c] = fma(A[group + GROUPS * c][p], b, sum[c]);
        }
        __syncthreads();
    }
    int j = t.column + lane;
#pragma unroll
    for (int c = 0; c < OWN; c++) {
        int i = t.row + group + GROUPS * c;
        if (i >= t.m || j >= t.n)
            continue;
        double *entry = &t.C[(size_t)i * t.n + j];
        *entry = t.beta == 0 ? t.alpha * sum[c] : fma(t.beta, *entry, t.alpha * sum[c]);
    }
}

cudaError_t flx_cuda_product_tiles(const flx_cuda_product_tile *tiles, int count,
                                   cudaStream_t stream)
{
    FLX_LAUNCH(flx_product_kernel, (unsigned)count, TILE_THREADS, 0, stream, tiles);
    return cudaGetLastError();
}
