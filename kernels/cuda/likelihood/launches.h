/* SPDX-License-Identifier: MIT
 * A member in device memory, and one launching function a kernel. Every pointer inside
 * these structs is the device's. A launch is asynchronous; its return value says whether
 * it was accepted. */
#ifndef FLX_CUDA_LIKELIHOOD_LAUNCHES_H
#define FLX_CUDA_LIKELIHOOD_LAUNCHES_H

#include "kernels/cuda/memory/sizes.h"
#include "kernels/formulas/covariance.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FLX_CUDA_SUMS = 3 }; /* square, log determinant, trace; then a slope an input */

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

#ifdef __cplusplus
}
#endif
#endif
