/* SPDX-License-Identifier: MIT
 * Predictions to be weighted, on the device; shared by weighting.c, which makes the set
 * and evaluates given weights, and weighting_search.c, which searches for weights. */
#ifndef FLX_CUDA_WEIGHTING_H
#define FLX_CUDA_WEIGHTING_H

#include "kernels/cuda/cuda.h"

typedef struct {
    int n, k;
    bool is_squared;
    const double *P, *y; /* device */
} flx_cuda_weighting_member;

struct flx_weighting_set {
    flx_cuda *cuda;
    int count;
    flx_cuda_weighting_member *members; /* (count) */
    void *memory;                       /* device: every P and y */
};

/* Candidates to evaluate; pointers are the device's. */
typedef struct {
    int count;
    const int *live;       /* how many of them count when it comes to it; NULL: all */
    const double *weights; /* (count, k) */
    double *partial;       /* (parts, count) scratch */
    double *losses;        /* (count) */
} flx_cuda_weighting_query;

/* Partial sums of a candidate, and tiles of `count` candidates. */
int flx_cuda_weighting_parts(const flx_cuda_weighting_member *m);
int flx_cuda_weighting_tile_count(const flx_cuda_weighting_member *m, int count);
/* The tiles of a query, every part of the rows with every 32 candidates, and its sum.
 * Returns how many tiles. */
int flx_cuda_weighting_fill(const flx_cuda_weighting_member *m,
                            const flx_cuda_weighting_query *query,
                            flx_cuda_weighting_tile *tiles, flx_cuda_weighting_sum *sum);
#endif
