/* SPDX-License-Identifier: MIT
 * The covariances of a tile of queries with the training points of one member, and their
 * product with alpha: the mean. Predictions and composed graphs share it. Included by .cu
 * files only. */
#ifndef FLX_CUDA_MEMBER_TILE_H
#define FLX_CUDA_MEMBER_TILE_H

#include "kernels/cuda/memory/tile.h"
#include "kernels/formulas/covariance.h"

struct MemberTile {
    flx_cuda_conditioned member;
    double *Z;       /* (d, TILE) scaled queries */
    double *cov;     /* (n, TILE) out; NULL: not kept */
    double *weights; /* (n, TILE) out: alpha_j g_j; NULL without slopes */
};

/* The mean to group 0. The whole block calls it; its barriers also finish the scratch. */
static inline __device__ double covariances(const MemberTile &work)
{
    const flx_cuda_conditioned &member = work.member;
    int q = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    double mean = 0;
    for (int first = 0; first < member.n; first += TILE) {
        double r2[OWN];
        tile_distances({work.Z, TILE, 0, TILE}, {member.Z, member.n, first, member.n},
                       member.d, r2);
#pragma unroll
        for (int c = 0; c < OWN; c++) {
            int j = first + group + GROUPS * c;
            if (j >= member.n)
                continue;
            double k, g;
            flx_covariance_at(member.covariance, member.s2, r2[c], &k, &g);
            if (work.cov)
                work.cov[(size_t)j * TILE + q] = k;
            mean = fma(k, member.alpha[j], mean);
            if (work.weights)
                work.weights[(size_t)j * TILE + q] = g * member.alpha[j];
        }
    }
    return sum_groups(mean);
}
#endif
