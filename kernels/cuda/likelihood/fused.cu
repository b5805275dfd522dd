/* SPDX-License-Identifier: MIT
 * Likelihood and gradient of one small Gaussian process a block: covariance, Cholesky
 * factor, its inverse and K^-1 in place, as one packed triangle in shared memory, then
 * the gradient in the one-product form. A thread is a row or a column; panels of 8
 * columns keep the barriers few and 8 products in registers for every value read.
 *
 * Nothing here depends on the number of threads: every sum runs in the order of its
 * index. */
#include "kernels/cuda/likelihood/launches.h"
#include "kernels/cuda/likelihood/triangle.h"
#include "kernels/formulas/covariance.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

static __device__ double squared_distance(const flx_cuda_member &member, int i, int j)
{
    double sum = 0;
    for (int k = 0; k < member.d; k++) {
        const double *z = member.Z + (size_t)k * member.n;
        double difference = z[i] - z[j];
        sum = fma(difference, difference, sum);
    }
    return sum;
}

/* The pairs i >= j in rounds of n + 1: so many entries have columns j and n - 1 - j
 * together. */
struct Pair {
    int i, j;
    bool exists;
};

static __device__ Pair pair_at(int n, int round, int place)
{
    int left = n - round, mirrored = n - 1 - round;
    if (place < left)
        return {round + place, round, true};
    return {mirrored + place - left, mirrored, mirrored != round && place <= n};
}

static __device__ void scale_inputs(const flx_cuda_member &member)
{
    for (int p = (int)threadIdx.x; p < member.n * member.d; p += (int)blockDim.x)
        member.Z[p] = member.X[p] * member.inverse_ell[p / member.n];
}

static __device__ void build_covariance(Triangle S, const flx_cuda_member &member)
{
    for (int round = 0; round < (S.n + 1) / 2; round++)
        for (int p = (int)threadIdx.x; p <= S.n; p += (int)blockDim.x) {
            Pair pair = pair_at(S.n, round, p);
            if (!pair.exists)
                continue;
            double k, g;
            flx_covariance_at(member.covariance, member.s2,
                              squared_distance(member, pair.i, pair.j), &k, &g);
            S.at[column(S, pair.j) + pair.i] =
                pair.i == pair.j ? member.s2 + member.diagonal : k;
        }
}

/* forward = L^-1 y, alpha = L^-T forward, precision = diagonal of L^-T L^-1. */
static __device__ void solve(Triangle S, const flx_cuda_member &member)
{
    int t = (int)threadIdx.x;
    if (t < S.n) {
        double sum = 0;
        for (int j = 0; j <= t; j++)
            sum = fma(S.at[column(S, j) + t], member.y[j], sum);
        member.forward[t] = sum;
    }
    __syncthreads();
    if (t < S.n) {
        double alpha = 0, precision = 0;
        for (int i = t; i < S.n; i++) {
            double value = S.at[column(S, t) + i];
            alpha = fma(value, member.forward[i], alpha);
            precision = fma(value, value, precision);
        }
        member.alpha[t] = alpha;
        member.precision[t] = precision;
    }
    __syncthreads();
}

/* y'K^-1 y, log det L and tr W, one lane each. */
static __device__ void sum_up(Triangle S, const flx_cuda_member &member)
{
    int warps = (int)blockDim.x / WARP;
    for (int which = (int)threadIdx.x / WARP; which < FLX_CUDA_SUMS; which += warps) {
        if (threadIdx.x % WARP != 0)
            continue;
        double sum = 0;
        for (int i = 0; i < S.n; i++) {
            double f = member.forward[i], a = member.alpha[i];
            sum += which == 0   ? f * f
                   : which == 1 ? -log(S.at[column(S, i) + i])
                                : a * a - member.precision[i];
        }
        member.sums[which] = sum;
    }
}

/* L^-1 in packed rows, for predictions. */
static __device__ void keep_factor(Triangle S, const flx_cuda_member &member)
{
    int warps = (int)blockDim.x / WARP;
    for (int i = (int)threadIdx.x / WARP; i < S.n; i += warps)
        for (int j = (int)threadIdx.x % WARP; j <= i; j += WARP)
            member.factor[(size_t)i * (i + 1) / 2 + j] = S.at[column(S, j) + i];
}

/* S <- (alpha alpha' - K^-1) o G, zero on the diagonal; G is computed once more, which
 * costs less than keeping it. */
static __device__ void weight_slopes(Triangle S, const flx_cuda_member &member)
{
    for (int round = 0; round < (S.n + 1) / 2; round++)
        for (int p = (int)threadIdx.x; p <= S.n; p += (int)blockDim.x) {
            Pair pair = pair_at(S.n, round, p);
            if (!pair.exists)
                continue;
            double k, g;
            flx_covariance_at(member.covariance, member.s2,
                              squared_distance(member, pair.i, pair.j), &k, &g);
            double *entry = &S.at[column(S, pair.j) + pair.i];
            double weight = member.alpha[pair.i] * member.alpha[pair.j] - *entry;
            *entry = pair.i == pair.j ? 0.0 : weight * g;
        }
    __syncthreads();
}

/* products (k, i) = z_ik (s_i z_ik - (M Z)_ik), s the row sums of M: summed over i they
 * are the slopes. PANEL inputs at a time, a thread a row. */
static __device__ void multiply_inputs(Triangle S, const flx_cuda_member &member,
                                       int first)
{
    int i = (int)threadIdx.x, width = min((int)PANEL, member.d - first);
    if (i >= S.n)
        return;
    double row_sum = 0, sum[PANEL] = {0};
    for (int j = 0; j < S.n; j++) {
        double weight = S.at[j <= i ? column(S, j) + i : column(S, i) + j];
        row_sum += weight;
#pragma unroll
        for (int c = 0; c < PANEL; c++)
            if (c < width)
                sum[c] = fma(weight, member.Z[(size_t)(first + c) * S.n + j], sum[c]);
    }
#pragma unroll
    for (int c = 0; c < PANEL; c++)
        if (c < width) {
            size_t at = (size_t)(first + c) * S.n + i;
            double z = member.Z[at];
            member.products[at] = z * (row_sum * z - sum[c]);
        }
}

static __device__ void differentiate(Triangle S, const flx_cuda_member &member)
{
    multiply_transposed(S);
    weight_slopes(S, member);
    for (int first = 0; first < member.d; first += PANEL)
        multiply_inputs(S, member, first);
    __syncthreads();
    for (int k = (int)threadIdx.x; k < member.d; k += (int)blockDim.x) {
        double sum = 0;
        for (int i = 0; i < S.n; i++)
            sum += member.products[(size_t)k * S.n + i];
        member.sums[FLX_CUDA_SUMS + k] = sum;
    }
}

__global__ void __launch_bounds__(MOST_THREADS)
    flx_fused_kernel(const flx_cuda_member *members)
{
    FLX_DYNAMIC_SHARED(double, shared);
    flx_cuda_member member = members[blockIdx.x];
    Triangle S = {shared, member.n};
    int *failed = (int *)(shared + (size_t)member.n * (member.n + 1) / 2);
    scale_inputs(member);
    __syncthreads();
    build_covariance(S, member);
    __syncthreads();
    int info = factor(S, failed);
    if (threadIdx.x == 0)
        *member.info = info;
    if (info)
        return;
    invert(S);
    solve(S, member);
    sum_up(S, member);
    if (member.factor)
        keep_factor(S, member);
    __syncthreads();
    if (member.has_gradient)
        differentiate(S, member);
}

size_t flx_cuda_fused_shared(int n)
{
    return (size_t)n * (size_t)(n + 1) / 2 * sizeof(double) + 2 * sizeof(int);
}

cudaError_t flx_cuda_fused_allow(size_t shared)
{
    return cudaFuncSetAttribute((const void *)flx_fused_kernel,
                                cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared);
}

cudaError_t flx_cuda_fused(const flx_cuda_member *members, int count, int n,
                           cudaStream_t stream)
{
    int threads = (n + WARP - 1) / WARP * WARP;
    FLX_LAUNCH(flx_fused_kernel, (unsigned)count, (unsigned)threads,
               flx_cuda_fused_shared(n), stream, members);
    return cudaGetLastError();
}
