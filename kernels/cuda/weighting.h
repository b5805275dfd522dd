/* SPDX-License-Identifier: MIT
 * Predictions to be weighted, on the device; shared by weighting.c, which makes the set
 * and evaluates given weights, and weighting_search.c, which searches for weights. */
#ifndef FLX_CUDA_WEIGHTING_H
#define FLX_CUDA_WEIGHTING_H

#include "kernels/backend.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/weighting/launches.h"

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

/* Operations of kernels/backend.h. */
flx_status flx_cuda_weighting_create(flx_backend *backend,
                                     const flx_weighting_problem *problems, int count,
                                     flx_weighting_set **out, flx_error *error);
flx_status flx_cuda_weighting_losses(flx_weighting_set *set,
                                     const flx_weighting_query *queries, int count,
                                     flx_error *error);
flx_status flx_cuda_weighting_search(flx_weighting_set *set,
                                     const flx_population_search *searches, int count,
                                     flx_population **out, flx_error *error);
void flx_cuda_weighting_release(flx_weighting_set *set);
#endif
