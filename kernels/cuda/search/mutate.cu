/* SPDX-License-Identifier: MIT
 * Trials of all searches: a block is a trial, blockIdx.y the search. A trial is a
 * function of the population before it and of Philox alone. */
#include "kernels/cuda/search/population.h"
#include "kernels/formulas/evolution.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

enum { THREADS = 64 };

static __device__ flx_dimension dimension_of(const flx_cuda_population &p, int d)
{
    flx_dimension continuous = {FLX_DIMENSION_CONTINUOUS, 1, 0};
    return p.dimensions ? p.dimensions[d] : continuous;
}

/* F and CR from a slot of the memory; every thread draws the same. */
static __device__ flx_de_indices draw_success_history(const flx_cuda_population &p,
                                                      const flx_cuda_progress &s,
                                                      flx_rng_key key)
{
    int slot = flx_pick(key, FLX_PICK_SLOT, p.n_slots);
    flx_de_indices c =
        flx_draw_pbest(key, s.members, s.n_archived,
                       flx_pbest_count(p.best_share, s.members), p.n_dimensions);
    c.pbest = p.ranked[c.pbest];
    c.rates.scale = flx_draw_scale(key, p.memory_scale[slot]);
    c.rates.crossover_rate = flx_draw_crossover_rate(key, p.memory_rate[slot]);
    c.rates.resample = p.resample;
    return c;
}

static __device__ void write_cross(const flx_cuda_population &p,
                                   const flx_cuda_progress &s, const flx_de_indices &c)
{
    const double *units = s.buffer ? p.units[1] : p.units[0];
    size_t width = (size_t)p.n_dimensions, row = (size_t)c.key.individual * width;
    const double *r2 = c.r2 < s.members ? units + (size_t)c.r2 * width
                                        : p.archive + (size_t)(c.r2 - s.members) * width;
    for (int d = (int)threadIdx.x; d < p.n_dimensions; d += THREADS) {
        flx_de_values values = {units[row + d], units[(size_t)c.base * width + d],
                                units[(size_t)c.pbest * width + d],
                                units[(size_t)c.r1 * width + d], r2[d]};
        p.trials[row + d] =
            flx_trial_dimension(c.key, d, dimension_of(p, d), values, c.rates);
    }
}

/* The first settings are the caller's, the others uniform: `number` is which. A
 * population has its categories at their centres from the start. */
static __device__ void write_first(const flx_cuda_population &p, long long number)
{
    flx_rng_key key = {p.seed, (uint32_t)number,
                       (uint32_t)((unsigned long long)number >> 32)};
    double *trial = p.trials + (size_t)blockIdx.x * p.n_dimensions;
    for (int d = (int)threadIdx.x; d < p.n_dimensions; d += THREADS) {
        flx_dimension dimension = dimension_of(p, d);
        if (number >= p.n_initial) {
            trial[d] = flx_first_dimension(key, d, dimension);
            continue;
        }
        double unit = p.initial[(size_t)number * p.n_dimensions + d];
        bool is_snapped =
            dimension.kind == FLX_DIMENSION_CATEGORY && p.kind != FLX_POPULATION_RANDOM;
        trial[d] = is_snapped ? flx_dimension_snap(dimension, unit) : unit;
    }
}

/* The sum in the order of the dimensions, as the host takes it. */
static __device__ double sum_of(const double *values, int count)
{
    double sum = 0;
    for (int d = 0; d < count; d++)
        sum += values[d];
    return sum;
}

/* What is evaluated: divided by its sum, or at the centres of its levels. */
static __device__ void write_candidate(const flx_cuda_population &p)
{
    __shared__ double factor;
    size_t row = (size_t)blockIdx.x * p.n_dimensions;
    if (p.candidates == p.trials)
        return;
    __syncthreads();
    if (threadIdx.x == 0 && p.is_normalized)
        factor = 1.0 / sum_of(p.trials + row, p.n_dimensions);
    __syncthreads();
    for (int d = (int)threadIdx.x; d < p.n_dimensions; d += THREADS)
        p.candidates[row + d] =
            p.is_normalized ? p.trials[row + d] * factor
                            : flx_dimension_snap(dimension_of(p, d), p.trials[row + d]);
}

__global__ void __launch_bounds__(THREADS)
    flx_draw_kernel(const flx_cuda_population *populations)
{
    const flx_cuda_population &p = populations[blockIdx.y];
    const flx_cuda_progress &s = *p.progress;
    int i = (int)blockIdx.x;
    bool is_first = s.generation == 0 && s.live > 0 && p.kind != FLX_POPULATION_RANDOM;
    if (i >= (is_first ? s.members : s.live))
        return;
    flx_rng_key key = {p.seed, (unsigned)i, s.generation};
    if (p.kind == FLX_POPULATION_RANDOM) {
        write_first(p, s.evaluations + i);
    } else if (is_first) {
        write_first(p, i);
    } else if (p.kind == FLX_POPULATION_DE) {
        flx_rates rates = {p.scale, p.crossover_rate, p.resample, 0};
        write_cross(p, s, flx_draw_rand1(key, s.members, p.n_dimensions, rates));
    } else {
        flx_de_indices c = draw_success_history(p, s, key);
        if (threadIdx.x == 0) {
            p.trial_scale[i] = c.rates.scale;
            p.trial_rate[i] = c.rates.crossover_rate;
        }
        write_cross(p, s, c);
    }
    write_candidate(p);
}

cudaError_t flx_cuda_draw_trials(const flx_cuda_population *populations, int count,
                                 int rows, cudaStream_t stream)
{
    dim3 grid((unsigned)rows, (unsigned)count);
    FLX_LAUNCH(flx_draw_kernel, grid, THREADS, 0, stream, populations);
    return cudaGetLastError();
}
