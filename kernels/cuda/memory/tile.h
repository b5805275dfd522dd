/* SPDX-License-Identifier: MIT
 * A tile of squared distances through shared memory, by a block of 32 x 8 threads: thread
 * (lane, group) holds row `lane` and the columns group, group + 8, + 16, + 24. Included
 * by .cu files only. */
#ifndef FLX_CUDA_TILE_H
#define FLX_CUDA_TILE_H

#include "kernels/cuda/memory/sizes.h"

#include <cuda_runtime.h>

enum {
    TILE = FLX_CUDA_TILE,
    GROUPS = 8,
    TILE_THREADS = TILE * GROUPS,
    OWN = TILE / GROUPS, /* columns of a thread */
    INPUTS = 16          /* inputs in shared memory at a time */
};

/* Points first .. first + TILE - 1 of a table that stands input by input. */
typedef struct {
    const double *Z;          /* (d, stride) */
    int stride, first, count; /* count: points of the table; beyond it a point is 0 */
} TilePoints;

typedef double TileInputs[INPUTS][TILE + 1];

static inline __device__ void load_points(TilePoints points, int first_input, int d,
                                          TileInputs out)
{
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    for (int k = group; k < INPUTS; k += GROUPS) {
        int input = first_input + k, at = points.first + lane;
        out[k][lane] = input < d && at < points.count
                           ? points.Z[(size_t)input * points.stride + at]
                           : 0.0;
    }
}

/* r2[c]: of this thread's row and column c. The whole block calls it. */
static inline __device__ void tile_distances(TilePoints rows, TilePoints columns, int d,
                                             double r2[OWN])
{
    __shared__ TileInputs a, b;
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
#pragma unroll
    for (int c = 0; c < OWN; c++)
        r2[c] = 0;
    for (int first = 0; first < d; first += INPUTS) {
        load_points(rows, first, d, a);
        load_points(columns, first, d, b);
        __syncthreads();
        for (int k = 0; k < INPUTS; k++) {
            double z = a[k][lane];
#pragma unroll
            for (int c = 0; c < OWN; c++) {
                double difference = z - b[k][group + GROUPS * c];
                r2[c] = fma(difference, difference, r2[c]);
            }
        }
        __syncthreads();
    }
}

/* The sum over the groups of what every thread brings, in their order, to group 0. The
 * whole block calls it; the last barrier allows the next call. */
static inline __device__ double sum_groups(double value)
{
    __shared__ double part[GROUPS][TILE];
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    part[group][lane] = value;
    __syncthreads();
    double sum = 0;
    for (int g = 0; g < GROUPS; g++)
        sum += part[g][lane];
    __syncthreads();
    return sum;
}
#endif
