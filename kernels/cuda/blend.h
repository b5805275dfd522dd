/* SPDX-License-Identifier: MIT
 * Predictions to be weighted, on the device; shared by blend.c, which makes the set and
 * evaluates given weights, and evolve.c, which searches for weights. */
#ifndef FLX_CUDA_BLEND_H
#define FLX_CUDA_BLEND_H

#include "kernels/cuda/cuda.h"

typedef struct {
    int n, k;
    bool is_squared;
    const double *P, *y; /* device */
} flx_cuda_blend_member;

struct flx_blend_set {
    flx_cuda *cuda;
    int count;
    flx_cuda_blend_member *members; /* (count) */
    void *memory;                   /* device: every P and y */
};

/* Partial sums of a candidate, and tiles of `count` candidates. */
int flx_cuda_blend_parts(const flx_cuda_blend_member *m);
int flx_cuda_blend_tile_count(const flx_cuda_blend_member *m, int count);
/* The tiles of `count` candidates: every part of the rows with every 32 of them.
 * `weights` (count, k) and `partial` (parts, count) are the device's. Returns how many.
 */
int flx_cuda_blend_fill(const flx_cuda_blend_member *m, int count, const double *weights,
                        double *partial, flx_cuda_blend_tile *tiles);
#endif
