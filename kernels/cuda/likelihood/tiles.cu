/* SPDX-License-Identifier: MIT
 * The steps around the calls of cuSOLVER and cuBLAS for members whose triangle does not
 * fit into shared memory: covariance matrices padded with identity, vectors, gradient.
 * Tiles of 32 x 32; a block's y index is the member. */
#include "kernels/cuda/likelihood/launches.h"
#include "kernels/cuda/memory/tile.h"
#include "kernels/formulas/covariance.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

static __device__ TilePoints points_of(const flx_cuda_member &member, int tile)
{
    return {member.Z, member.n, tile * TILE, member.n};
}

__global__ void __launch_bounds__(TILE_THREADS)
    flx_scale_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    int step = (int)(gridDim.x * blockDim.x);
    for (int p = (int)(blockIdx.x * blockDim.x + threadIdx.x); p < member.n * member.d;
         p += step)
        member.Z[p] = member.X[p] * member.inverse_ell[p / member.n];
}

/* The lower tiles of K, all that the factorization reads, and the identity that becomes
 * L^-1. */
__global__ void __launch_bounds__(TILE_THREADS, 4)
    flx_covariance_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    int tiles = member.order / TILE, row = (int)blockIdx.x % tiles,
        column = (int)blockIdx.x / tiles;
    double r2[OWN];
    if (row >= column)
        tile_distances(points_of(member, row), points_of(member, column), member.d, r2);
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    int i = row * TILE + lane;
#pragma unroll
    for (int c = 0; c < OWN; c++) {
        int j = column * TILE + group + GROUPS * c;
        size_t at = (size_t)j * member.order + i;
        member.inverse[at] = i == j ? 1.0 : 0.0;
        if (row < column)
            continue;
        double k, g;
        flx_covariance_at(member.covariance, member.s2, r2[c], &k, &g);
        double on_diagonal = i < member.n ? member.s2 + member.diagonal : 1.0;
        double beside = i < member.n && j < member.n ? k : 0.0;
        member.K[at] = i == j ? on_diagonal : beside;
    }
}

/* forward = L^-1 y: a thread a row. */
static __device__ void solve_forward(const flx_cuda_member &member)
{
    for (int i = (int)threadIdx.x; i < member.n; i += (int)blockDim.x) {
        double sum = 0;
        for (int j = 0; j <= i; j++)
            sum = fma(member.inverse[(size_t)j * member.order + i], member.y[j], sum);
        member.forward[i] = sum;
    }
}

/* alpha = L^-T forward and the diagonal of L^-T L^-1: a warp a column. */
static __device__ void solve_backward(const flx_cuda_member &member)
{
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    for (int j = group; j < member.n; j += GROUPS) {
        const double *column = member.inverse + (size_t)j * member.order;
        double alpha = 0, precision = 0;
        for (int i = j + lane; i < member.n; i += TILE) {
            alpha = fma(column[i], member.forward[i], alpha);
            precision = fma(column[i], column[i], precision);
        }
        for (int step = TILE / 2; step > 0; step /= 2) {
            alpha += __shfl_down_sync(~0u, alpha, (unsigned)step);
            precision += __shfl_down_sync(~0u, precision, (unsigned)step);
        }
        if (lane == 0) {
            member.alpha[j] = alpha;
            member.precision[j] = precision;
        }
    }
}

static __device__ double term(const flx_cuda_member &member, int which, int i)
{
    double f = member.forward[i], a = member.alpha[i];
    return which == 0   ? f * f
           : which == 1 ? log(member.K[(size_t)i * member.order + i])
                        : a * a - member.precision[i];
}

/* A member that failed keeps what it has: nobody reads it. */
__global__ void __launch_bounds__(TILE_THREADS)
    flx_vectors_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    if (*member.info)
        return;
    solve_forward(member);
    __syncthreads();
    solve_backward(member);
    __syncthreads();
    int which = (int)threadIdx.x / TILE;
    if (threadIdx.x % TILE == 0 && which < FLX_CUDA_SUMS) {
        double sum = 0;
        for (int i = 0; i < member.n; i++)
            sum += term(member, which, i);
        member.sums[which] = sum;
    }
    if (member.factor)
        for (int i = (int)threadIdx.x / TILE; i < member.n; i += GROUPS)
            for (int j = (int)threadIdx.x % TILE; j <= i; j += TILE)
                member.factor[(size_t)i * (i + 1) / 2 + j] =
                    member.inverse[(size_t)j * member.order + i];
}

/* K = K^-1 becomes (alpha alpha' - K^-1) o G, zero on the diagonal. */
__global__ void __launch_bounds__(TILE_THREADS)
    flx_weights_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    if (*member.info)
        return;
    int tiles = (member.n + TILE - 1) / TILE, all = member.order / TILE;
    int row = (int)blockIdx.x % all, column = (int)blockIdx.x / all;
    if (row >= tiles || column >= tiles)
        return;
    double r2[OWN];
    tile_distances(points_of(member, row), points_of(member, column), member.d, r2);
    int i = row * TILE + (int)threadIdx.x % TILE;
#pragma unroll
    for (int c = 0; c < OWN; c++) {
        int j = column * TILE + (int)threadIdx.x / TILE + GROUPS * c;
        if (i >= member.n || j >= member.n)
            continue;
        double k, g, *entry = &member.K[(size_t)j * member.order + i];
        flx_covariance_at(member.covariance, member.s2, r2[c], &k, &g);
        double weight = member.alpha[i] * member.alpha[j] - *entry;
        *entry = i == j ? 0.0 : weight * g;
    }
}

/* products (k, i) as in fused.cu, one tile of rows a block; INPUTS inputs at a time, so
 * that the matrix is read as seldom as registers allow. */
__global__ void __launch_bounds__(TILE_THREADS, 2)
    flx_products_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    if (*member.info)
        return;
    int n = member.n, group = (int)threadIdx.x / TILE;
    int i = (int)blockIdx.x * TILE + (int)threadIdx.x % TILE;
    for (int first = 0; first < member.d; first += INPUTS) {
        double row_sum = 0, sum[INPUTS] = {0};
        for (int j = group; j < n && i < n; j += GROUPS) {
            double weight = member.K[(size_t)j * member.order + i];
            row_sum += weight;
#pragma unroll
            for (int c = 0; c < INPUTS; c++)
                if (first + c < member.d)
                    sum[c] = fma(weight, member.Z[(size_t)(first + c) * n + j], sum[c]);
        }
        row_sum = sum_groups(row_sum);
#pragma unroll
        for (int c = 0; c < INPUTS; c++) {
            double total = sum_groups(sum[c]);
            size_t at = (size_t)(first + c) * n + i;
            if (group == 0 && i < n && first + c < member.d)
                member.products[at] = member.Z[at] * (row_sum * member.Z[at] - total);
        }
    }
}

/* The second pass: the slope of an input, in the order of the points. */
__global__ void __launch_bounds__(TILE_THREADS)
    flx_slopes_kernel(const flx_cuda_member *members)
{
    flx_cuda_member member = members[blockIdx.y];
    if (*member.info)
        return;
    for (int k = (int)threadIdx.x; k < member.d; k += (int)blockDim.x) {
        double sum = 0;
        for (int i = 0; i < member.n; i++)
            sum += member.products[(size_t)k * member.n + i];
        member.sums[FLX_CUDA_SUMS + k] = sum;
    }
}

cudaError_t flx_cuda_build_covariance(const flx_cuda_member *members, int count,
                                      int order, cudaStream_t stream)
{
    unsigned tiles = (unsigned)(order / TILE);
    dim3 scale_grid(tiles, (unsigned)count), grid(tiles * tiles, (unsigned)count);
    FLX_LAUNCH(flx_scale_kernel, scale_grid, TILE_THREADS, 0, stream, members);
    FLX_LAUNCH(flx_covariance_kernel, grid, TILE_THREADS, 0, stream, members);
    return cudaGetLastError();
}

cudaError_t flx_cuda_solve_vectors(const flx_cuda_member *members, int count, int order,
                                   cudaStream_t stream)
{
    (void)order;
    FLX_LAUNCH(flx_vectors_kernel, dim3(1, (unsigned)count), TILE_THREADS, 0, stream,
               members);
    return cudaGetLastError();
}

cudaError_t flx_cuda_differentiate(const flx_cuda_member *members, int count, int order,
                                   cudaStream_t stream)
{
    unsigned tiles = (unsigned)(order / TILE);
    dim3 grid(tiles * tiles, (unsigned)count), rows(tiles, (unsigned)count);
    FLX_LAUNCH(flx_weights_kernel, grid, TILE_THREADS, 0, stream, members);
    FLX_LAUNCH(flx_products_kernel, rows, TILE_THREADS, 0, stream, members);
    FLX_LAUNCH(flx_slopes_kernel, dim3(1, (unsigned)count), TILE_THREADS, 0, stream,
               members);
    return cudaGetLastError();
}
