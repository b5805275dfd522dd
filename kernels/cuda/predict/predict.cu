/* SPDX-License-Identifier: MIT
 * Means, variances and slopes at tiles of 32 queries. The covariances with the training
 * points of one tile, (n, 32), stand in a scratch of the block; |L^-1 k|^2 is a product
 * of 32 x 32 tiles that is folded as it is made. A lane is a query. */
#include "kernels/cuda/predict/launches.h"
#include "kernels/cuda/predict/member_tile.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

/* One block's tile of queries and its scratch. */
struct Work : MemberTile {
    flx_cuda_query_tile tile;
};

static __device__ void scale_queries(const Work &work)
{
    const flx_cuda_conditioned &member = work.member;
    for (int p = (int)threadIdx.x; p < member.d * TILE; p += TILE_THREADS) {
        int k = p / TILE, q = p % TILE;
        const double *x = work.tile.queries + (size_t)q * member.d;
        work.Z[p] =
            q < work.tile.m ? (x[k] - member.center[k]) * member.inverse_ell[k] : 0;
    }
    __syncthreads();
}

/* |L^-1 k|^2 to group 0. */
static __device__ double squared_norm(const Work &work)
{
    __shared__ double L[TILE][TILE + 1], K[TILE][TILE];
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE,
        n = work.member.n;
    double total = 0;
    for (int row = 0; row < n; row += TILE) {
        double sum[OWN] = {0};
        for (int first = 0; first <= row; first += TILE) {
#pragma unroll
            for (int c = 0; c < OWN; c++) {
                int r = group + GROUPS * c, i = row + r, j = first + lane;
                L[r][lane] =
                    i < n && j <= i ? work.member.factor[(size_t)i * (i + 1) / 2 + j] : 0;
                K[r][lane] =
                    first + r < n ? work.cov[(size_t)(first + r) * TILE + lane] : 0;
            }
            __syncthreads();
            for (int j = 0; j < TILE; j++) {
                double k = K[j][lane];
#pragma unroll
                for (int c = 0; c < OWN; c++)
                    sum[c] = fma(L[group + GROUPS * c][j], k, sum[c]);
            }
            __syncthreads();
        }
#pragma unroll
        for (int c = 0; c < OWN; c++)
            total = fma(sum[c], sum[c], total);
    }
    return sum_groups(total);
}

/* d mean / d x of one input: -(z sum_j w_j - sum_j w_j z_j) / ell, to group 0. */
static __device__ double slope(const Work &work, int input)
{
    int q = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE, n = work.member.n;
    const double *z = work.member.Z + (size_t)input * n;
    double total = 0, product = 0;
    for (int j = group; j < n; j += GROUPS) {
        double weight = work.weights[(size_t)j * TILE + q];
        total += weight;
        product = fma(weight, z[j], product);
    }
    total = sum_groups(total);
    product = sum_groups(product);
    return (product - work.Z[(size_t)input * TILE + q] * total) *
           work.member.inverse_ell[input];
}

static __device__ void predict_tile(const Work &work)
{
    const flx_cuda_query_tile &tile = work.tile;
    int q = (int)threadIdx.x % TILE;
    bool writes = threadIdx.x < TILE && q < tile.m;
    scale_queries(work);
    double mean = covariances(work);
    if (writes)
        tile.mean[q] = mean;
    if (tile.variance) {
        double variance = work.member.s2 + work.member.sn2 - squared_norm(work);
        if (writes)
            tile.variance[q] = variance > work.member.sn2 ? variance : work.member.sn2;
    }
    for (int s = 0; s < tile.n_slopes; s++) {
        double value = slope(work, work.member.d - tile.n_slopes + s);
        if (writes)
            tile.slopes[(size_t)q * tile.n_slopes + s] = value;
    }
    __syncthreads();
}

__global__ void __launch_bounds__(TILE_THREADS, 2)
    flx_predict_kernel(flx_cuda_predict_arguments a)
{
    double *scratch = a.scratch + (size_t)blockIdx.x * a.stride;
    for (int t = (int)blockIdx.x; t < a.count; t += (int)gridDim.x) {
        Work work;
        work.tile = a.tiles[t];
        work.member = a.members[work.tile.member];
        work.Z = scratch;
        work.cov = work.Z + (size_t)work.member.d * TILE;
        work.weights =
            work.tile.n_slopes ? work.cov + (size_t)work.member.n * TILE : nullptr;
        predict_tile(work);
    }
}

size_t flx_cuda_predict_scratch(int n, int d, int n_slopes)
{
    return ((size_t)d + (size_t)n * (n_slopes ? 2 : 1)) * TILE;
}

cudaError_t flx_cuda_predict_tiles(const flx_cuda_predict_arguments *arguments,
                                   cudaStream_t stream)
{
    FLX_LAUNCH(flx_predict_kernel, (unsigned)arguments->blocks, TILE_THREADS, 0, stream,
               *arguments);
    return cudaGetLastError();
}
