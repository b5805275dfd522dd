/* SPDX-License-Identifier: MIT
 * The kernels as C sees them: what a member, a tile of queries or of candidates looks
 * like in device memory, and one launching function a kernel. Every pointer inside these
 * structs is the device's. A launch is asynchronous; its return value says whether it was
 * accepted. */
#ifndef FLX_CUDA_LAUNCHES_H
#define FLX_CUDA_LAUNCHES_H

#include "kernels/formulas/covariance.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FLX_CUDA_TILE = 32,         /* rows and columns of a tile: lanes of a warp */
    FLX_CUDA_FUSED_LIMIT = 240, /* the largest packed triangle in shared memory */
    FLX_CUDA_SUMS = 3, /* square, log determinant, trace; then a slope an input */
    FLX_CUDA_WEIGHTING_ROWS = 256 /* rows of one partial loss */
};

/* One evaluation. Inputs stand input by input, (d, n). */
typedef struct {
    int n, d;
    int order; /* n rounded up to the tile's bucket: K is (order, order) */
    int has_gradient;
    flx_covariance covariance;
    const double *X, *y;       /* centred inputs (d, n); targets (n) */
    const double *inverse_ell; /* (d) */
    double s2, diagonal;       /* diagonal: noise and jitter */
    double *Z;                 /* (d, n) out: inputs over length scales */
    double *forward, *alpha;   /* (n) out: L^-1 y, K^-1 y */
    double *precision;         /* (n) out: diagonal of K^-1 */
    double *factor;            /* L^-1, rows packed; NULL: not kept */
    double *products;          /* (d, n) scratch of the gradient */
    double *K, *inverse;       /* (order, order) column-major, library path only */
    double *sums;              /* (FLX_CUDA_SUMS + d) out: y'K^-1 y, log det L, tr W,
                                  d value / d log ell of every input */
    int *info;                 /* out: as LAPACK's potrf */
} flx_cuda_member;

/* Bytes of shared memory that the fused kernel needs for n points. */
size_t flx_cuda_fused_shared(int n);
/* Allows the fused kernel that much; once, before its first launch. */
cudaError_t flx_cuda_fused_allow(size_t shared);
/* Everything about members of at most n points, one block each. */
cudaError_t flx_cuda_fused(const flx_cuda_member *members, int count, int n,
                           cudaStream_t stream);

/* The steps between the calls of the libraries, for members of one order. */
cudaError_t flx_cuda_build_covariance(const flx_cuda_member *members, int count,
                                      int order,
                                      cudaStream_t stream); /* Z; K, lower; inverse = I */
cudaError_t flx_cuda_solve_vectors(const flx_cuda_member *members, int count, int order,
                                   cudaStream_t stream); /* K: L, inverse: L^-1 */
cudaError_t flx_cuda_differentiate(const flx_cuda_member *members, int count, int order,
                                   cudaStream_t stream); /* K: K^-1, overwritten */

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

cudaError_t flx_cuda_weighting_tiles(const flx_cuda_weighting_tile *tiles, int count,
                                     cudaStream_t stream);
cudaError_t flx_cuda_weighting_sums(const flx_cuda_weighting_sum *sums, int count,
                                    cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
