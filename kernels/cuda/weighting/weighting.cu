/* SPDX-License-Identifier: MIT
 * Losses of weight vectors: sum |y - P w| or of squares. A matrix product in tiles whose
 * result is folded as it is made; parts of 256 rows, then the parts in their order, so
 * that a candidate's loss depends neither on its neighbours nor on the launch. */
#include "kernels/cuda/memory/tile.h"
#include "kernels/cuda/weighting/launches.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

typedef double WeightingTile[TILE][TILE + 1];

/* Rows first .. first + TILE - 1, columns k .. k + TILE - 1 of a (rows, width) table. */
static __device__ void load_tile(const double *table, int rows, int width, int first,
                                 int k, WeightingTile out)
{
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    for (int r = group; r < TILE; r += GROUPS)
        out[r][lane] = first + r < rows && k + lane < width
                           ? table[(size_t)(first + r) * width + k + lane]
                           : 0.0;
}

/* What this thread's OWN rows of a tile add to the loss of its candidate. */
static __device__ double fold_rows(const flx_cuda_weighting_tile &tile, int first)
{
    __shared__ WeightingTile P, W;
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    double residual[OWN], total = 0;
#pragma unroll
    for (int c = 0; c < OWN; c++) {
        int i = first + group + GROUPS * c;
        residual[c] = i < tile.rows ? tile.y[i] : 0.0;
    }
    for (int k = 0; k < tile.k; k += TILE) {
        load_tile(tile.P, tile.rows, tile.k, first, k, P);
        load_tile(tile.weights, tile.count, tile.k, 0, k, W);
        __syncthreads();
        for (int j = 0; j < TILE; j++) {
            double weight = W[lane][j];
#pragma unroll
            for (int c = 0; c < OWN; c++)
                residual[c] = fma(-P[group + GROUPS * c][j], weight, residual[c]);
        }
        __syncthreads();
    }
#pragma unroll
    for (int c = 0; c < OWN; c++)
        total += tile.is_squared ? residual[c] * residual[c] : fabs(residual[c]);
    return total;
}

__global__ void __launch_bounds__(TILE_THREADS, 4)
    flx_losses_kernel(const flx_cuda_weighting_tile *tiles)
{
    flx_cuda_weighting_tile tile = tiles[blockIdx.x];
    int live = tile.live ? *tile.live - tile.first : tile.count;
    if (live < tile.count)
        tile.count = live;
    if (tile.count <= 0)
        return;
    double total = 0;
    for (int first = 0; first < tile.rows; first += TILE)
        total += fold_rows(tile, first);
    total = sum_groups(total);
    if ((int)threadIdx.x < tile.count && threadIdx.x < TILE)
        tile.partial[threadIdx.x] = total;
}

__global__ void __launch_bounds__(TILE_THREADS)
    flx_loss_sums_kernel(const flx_cuda_weighting_sum *sums)
{
    flx_cuda_weighting_sum sum = sums[blockIdx.x];
    int live = sum.live ? *sum.live : sum.count;
    for (int c = (int)threadIdx.x; c < live; c += (int)blockDim.x) {
        double total = 0;
        for (int part = 0; part < sum.parts; part++)
            total += sum.partial[(size_t)part * sum.count + c];
        sum.losses[c] = total;
    }
}

cudaError_t flx_cuda_weighting_tiles(const flx_cuda_weighting_tile *tiles, int count,
                                     cudaStream_t stream)
{
    FLX_LAUNCH(flx_losses_kernel, (unsigned)count, TILE_THREADS, 0, stream, tiles);
    return cudaGetLastError();
}

cudaError_t flx_cuda_weighting_sums(const flx_cuda_weighting_sum *sums, int count,
                                    cudaStream_t stream)
{
    FLX_LAUNCH(flx_loss_sums_kernel, (unsigned)count, TILE_THREADS, 0, stream, sums);
    return cudaGetLastError();
}
