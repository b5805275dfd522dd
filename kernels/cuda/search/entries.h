/* SPDX-License-Identifier: MIT
 * What of a search is ranked: its population; in random search what is kept, and behind
 * it the batch. Ties go by index. Included by .cu files only. */
#ifndef FLX_CUDA_ENTRIES_H
#define FLX_CUDA_ENTRIES_H

#include "kernels/cuda/search/population.h"

#include <cuda_runtime.h>

static inline __device__ bool is_before(double a, int i, double b, int j)
{
    return a < b || (a == b && i < j);
}

static inline __device__ double *values_of(const flx_cuda_population &p,
                                           const flx_cuda_progress &s)
{
    return s.buffer ? p.values[1] : p.values[0];
}

static inline __device__ int entries_of(const flx_cuda_population &p,
                                        const flx_cuda_progress &s)
{
    return p.kind == FLX_POPULATION_RANDOM ? p.keep + s.live : s.members;
}

static inline __device__ double entry_value(const flx_cuda_population &p,
                                            const flx_cuda_progress &s, int i)
{
    bool is_random = p.kind == FLX_POPULATION_RANDOM;
    if (is_random && i >= p.keep)
        return p.trial_values[i - p.keep];
    return is_random && s.generation == 0 ? (double)INFINITY : values_of(p, s)[i];
}
#endif
