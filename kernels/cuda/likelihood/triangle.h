/* SPDX-License-Identifier: MIT
 * A packed triangle in the shared memory of one block: Cholesky factor, its inverse and
 * the inverse of the matrix, each in place of the one before. A thread is a row or a
 * column, so a block has at least n threads; panels of 8 columns keep the barriers few
 * and 8 products in registers for every value read. Included by fused.cu. */
#ifndef FLX_CUDA_TRIANGLE_H
#define FLX_CUDA_TRIANGLE_H

#include <cuda_runtime.h>

enum { PANEL = 8, WARP = 32, MOST_THREADS = 256 };

/* The packed lower triangle: entry (i, j), i >= j, is at[column(j) + i]. Its diagonal
 * holds the reciprocals of the factor's. */
struct Triangle {
    double *at;
    int n;
};

static __device__ int column(Triangle S, int j)
{
    return j * (2 * S.n - j - 1) / 2;
}

/* Factors the diagonal block at `first`, a lane a row; returns 0 or the 1-based column
 * whose pivot is not positive. One warp, all lanes. */
static __device__ int factor_block(Triangle S, int first)
{
    int r = (int)threadIdx.x, width = min((int)PANEL, S.n - first);
    double row[PANEL];
#pragma unroll
    for (int c = 0; c < PANEL; c++)
        row[c] = r < width && c <= r ? S.at[column(S, first + c) + first + r]
                 : c == r            ? 1.0
                                     : 0.0;
#pragma unroll
    for (int c = 0; c < PANEL; c++) {
        double pivot = __shfl_sync(~0u, row[c], c);
        if (!(pivot > 0.0) || pivot > 1e300)
            return first + c + 1;
        double reciprocal = 1.0 / sqrt(pivot);
        row[c] = r == c ? reciprocal : row[c] * reciprocal;
#pragma unroll
        for (int k = c + 1; k < PANEL; k++)
            row[k] = fma(-row[c], __shfl_sync(~0u, row[c], k), row[k]);
    }
#pragma unroll
    for (int c = 0; c < PANEL; c++)
        if (r < width && c <= r)
            S.at[column(S, first + c) + first + r] = row[c];
    return 0;
}

/* Rows below a factored block: x L' = row, a thread a row. */
static __device__ void solve_rows(Triangle S, int first)
{
    int i = first + PANEL + (int)threadIdx.x;
    if (i >= S.n)
        return;
    double x[PANEL];
#pragma unroll
    for (int c = 0; c < PANEL; c++) {
        double sum = S.at[column(S, first + c) + i];
#pragma unroll
        for (int k = 0; k < c; k++)
            sum = fma(-x[k], S.at[column(S, first + k) + first + c], sum);
        x[c] = sum * S.at[column(S, first + c) + first + c];
    }
#pragma unroll
    for (int c = 0; c < PANEL; c++)
        S.at[column(S, first + c) + i] = x[c];
}

/* What is right of a panel loses its product; warps take groups of columns in turn. */
static __device__ void update_trailing(Triangle S, int first)
{
    int warp = (int)threadIdx.x / WARP, warps = (int)blockDim.x / WARP;
    int lane = (int)threadIdx.x % WARP, start = first + PANEL;
    for (int group = start + PANEL * warp; group < S.n; group += PANEL * warps)
        for (int i = group + lane; i < S.n; i += WARP) {
            double row[PANEL];
#pragma unroll
            for (int p = 0; p < PANEL; p++)
                row[p] = S.at[column(S, first + p) + i];
            for (int k = group; k < group + PANEL && k <= i; k++) {
                double sum = S.at[column(S, k) + i];
#pragma unroll
                for (int p = 0; p < PANEL; p++)
                    sum = fma(-row[p], S.at[column(S, first + p) + k], sum);
                S.at[column(S, k) + i] = sum;
            }
        }
}

/* S <- its Cholesky factor. Returns info, the same to every thread. */
static __device__ int factor(Triangle S, int *failed)
{
    for (int first = 0; first < S.n; first += PANEL) {
        if (threadIdx.x < WARP) {
            int info = factor_block(S, first);
            if (threadIdx.x == 0)
                *failed = info;
        }
        __syncthreads();
        if (*failed)
            return *failed;
        solve_rows(S, first);
        __syncthreads();
        update_trailing(S, first);
        __syncthreads();
    }
    return 0;
}

/* Every diagonal block becomes its inverse, a thread a column. */
static __device__ void invert_blocks(Triangle S)
{
    int j = (int)threadIdx.x, c = j % PANEL, first = j - c;
    double x[PANEL];
    if (j < S.n) {
#pragma unroll
        for (int i = 0; i < PANEL; i++) {
            double sum = 0;
#pragma unroll
            for (int k = 0; k < i; k++)
                if (first + i < S.n)
                    sum = fma(S.at[column(S, first + k) + first + i], x[k], sum);
            double reciprocal =
                first + i < S.n ? S.at[column(S, first + i) + first + i] : 0.0;
            x[i] = i < c ? 0.0 : i == c ? reciprocal : -reciprocal * sum;
        }
    }
    __syncthreads();
    if (j < S.n) {
#pragma unroll
        for (int i = 0; i < PANEL; i++)
            if (i >= c && first + i < S.n)
                S.at[column(S, j) + first + i] = x[i];
    }
    __syncthreads();
}

/* Row i of the panel at `first` times the panel's inverted diagonal block. */
static __device__ void multiply_by_block(Triangle S, int first, int i)
{
    double row[PANEL];
#pragma unroll
    for (int c = 0; c < PANEL; c++)
        row[c] = S.at[column(S, first + c) + i];
#pragma unroll
    for (int c = 0; c < PANEL; c++) {
        double sum = 0;
#pragma unroll
        for (int p = c; p < PANEL; p++)
            sum = fma(row[p], S.at[column(S, first + c) + first + p], sum);
        S.at[column(S, first + c) + i] = sum;
    }
}

/* S <- S^-1 from the last panel to the first: below the diagonal block D stands
 * -(inverse so far) L D. */
static __device__ void invert(Triangle S)
{
    invert_blocks(S);
    for (int first = (S.n - 1) / PANEL * PANEL - PANEL; first >= 0; first -= PANEL) {
        int start = first + PANEL, i = start + (int)threadIdx.x;
        if (i < S.n)
            multiply_by_block(S, first, i);
        __syncthreads();
        double sum[PANEL] = {0};
        for (int k = start; k <= i && i < S.n; k++) {
            double value = S.at[column(S, k) + i];
#pragma unroll
            for (int c = 0; c < PANEL; c++)
                sum[c] = fma(value, S.at[column(S, first + c) + k], sum[c]);
        }
        __syncthreads();
        if (i < S.n) {
#pragma unroll
            for (int c = 0; c < PANEL; c++)
                S.at[column(S, first + c) + i] = -sum[c];
        }
        __syncthreads();
    }
}

/* S <- S' S, K^-1 from L^-1: a panel of rows at a time, a thread a column. */
static __device__ void multiply_transposed(Triangle S)
{
    int j = (int)threadIdx.x;
    for (int first = 0; first < S.n; first += PANEL) {
        int width = min((int)PANEL, S.n - first);
        bool is_mine = j < first + width;
        double sum[PANEL] = {0};
        for (int k = max(first, j); k < S.n && is_mine; k++) {
            double value = S.at[column(S, j) + k];
#pragma unroll
            for (int p = 0; p < PANEL; p++)
                if (first + p <= k)
                    sum[p] = fma(value, S.at[column(S, first + p) + k], sum[p]);
        }
        __syncthreads();
#pragma unroll
        for (int p = 0; p < PANEL; p++)
            if (is_mine && p < width && j <= first + p)
                S.at[column(S, j) + first + p] = sum[p];
        __syncthreads();
    }
}
#endif
