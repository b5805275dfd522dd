/* SPDX-License-Identifier: MIT
 * Trials of all searches: a block is a trial, blockIdx.y the search. A trial is a
 * function of the population before it and of Philox alone. */
#include "kernels/cuda/search/population.h"
#include "kernels/formulas/evolution.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

enum { THREADS = 64 };

static __device__ flx_dimension gene_of(const flx_cuda_population &p, int d)
{
    flx_dimension continuous = {FLX_DIMENSION_CONTINUOUS, 1, 0};
    return p.genes ? p.genes[d] : continuous;
}

/* F and CR from a slot of the memory; every thread draws the same. */
static __device__ flx_de_indices draw_success_history(const flx_cuda_population &p,
                                                      const flx_cuda_progress &s,
                                                      flx_rng_key moment)
{
    int slot = flx_pick(moment, FLX_PICK_SLOT, p.n_slots);
    flx_de_indices c =
        flx_draw_pbest(moment, s.members, s.n_archived,
                       flx_pbest_count(p.best_share, s.members), p.n_genes);
    c.pull = p.ranked[c.pull];
    c.rates.scale = flx_draw_scale(moment, p.memory_scale[slot]);
    c.rates.crossover_rate = flx_draw_crossover_rate(moment, p.memory_rate[slot]);
    c.rates.resample = p.resample;
    return c;
}

static __device__ void write_cross(const flx_cuda_population &p,
                                   const flx_cuda_progress &s, const flx_de_indices &c)
{
    const double *units = s.buffer ? p.units[1] : p.units[0];
    size_t width = (size_t)p.n_genes, row = (size_t)c.moment.individual * width;
    const double *minus = c.minus < s.members
                              ? units + (size_t)c.minus * width
                              : p.archive + (size_t)(c.minus - s.members) * width;
    for (int d = (int)threadIdx.x; d < p.n_genes; d += THREADS) {
        flx_donors donors = {units[row + d], units[(size_t)c.base * width + d],
                             units[(size_t)c.pull * width + d],
                             units[(size_t)c.plus * width + d], minus[d]};
        p.trials[row + d] =
            flx_trial_dimension(c.moment, d, gene_of(p, d), donors, c.rates);
    }
}

/* The first settings are the caller's, the others uniform: `number` is which. A
 * population has its categories at their centres from the start. */
static __device__ void write_first(const flx_cuda_population &p, long long number)
{
    flx_rng_key moment = {p.seed, (uint32_t)number,
                          (uint32_t)((unsigned long long)number >> 32)};
    double *trial = p.trials + (size_t)blockIdx.x * p.n_genes;
    for (int d = (int)threadIdx.x; d < p.n_genes; d += THREADS) {
        flx_dimension gene = gene_of(p, d);
        if (number >= p.n_initial) {
            trial[d] = flx_first_dimension(moment, d, gene);
            continue;
        }
        double unit = p.initial[(size_t)number * p.n_genes + d];
        bool is_snapped =
            gene.kind == FLX_DIMENSION_CATEGORY && p.kind != FLX_POPULATION_RANDOM;
        trial[d] = is_snapped ? flx_dimension_snap(gene, unit) : unit;
    }
}

/* The sum in the order of the genes, as the host takes it. */
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
    size_t row = (size_t)blockIdx.x * p.n_genes;
    if (p.candidates == p.trials)
        return;
    __syncthreads();
    if (threadIdx.x == 0 && p.is_normalized)
        factor = 1.0 / sum_of(p.trials + row, p.n_genes);
    __syncthreads();
    for (int d = (int)threadIdx.x; d < p.n_genes; d += THREADS)
        p.candidates[row + d] =
            p.is_normalized ? p.trials[row + d] * factor
                            : flx_dimension_snap(gene_of(p, d), p.trials[row + d]);
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
    flx_rng_key moment = {p.seed, (unsigned)i, s.generation};
    if (p.kind == FLX_POPULATION_RANDOM) {
        write_first(p, s.evaluations + i);
    } else if (is_first) {
        write_first(p, i);
    } else if (p.kind == FLX_POPULATION_DE) {
        flx_rates rates = {p.scale, p.crossover_rate, p.resample, 0};
        write_cross(p, s, flx_draw_rand1(moment, s.members, p.n_genes, rates));
    } else {
        flx_de_indices c = draw_success_history(p, s, moment);
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
