/* SPDX-License-Identifier: MIT
 * From one generation of all searches to the next: ranking by value, the rows that
 * survive, and whether a search ends. A population is written into its other buffer, so
 * that no block reads what another writes. */
#include "kernels/cuda/search/entries.h"
#include "kernels/formulas/stop.h"

#include <flx_launch.h>

enum { THREADS = 256, ROW_THREADS = 64 };

/* The place of an entry is the number of entries before it. */
__global__ void __launch_bounds__(THREADS)
    flx_rank_kernel(const flx_cuda_population *populations)
{
    __shared__ double tile[THREADS];
    const flx_cuda_population &p = populations[blockIdx.y];
    flx_cuda_progress &s = *p.progress;
    int entries = entries_of(p, s), i = (int)(blockIdx.x * THREADS + threadIdx.x);
    if (s.live == 0 || (int)blockIdx.x * THREADS >= entries)
        return;
    double mine = i < entries ? entry_value(p, s, i) : 0;
    int place = 0;
    for (int first = 0; first < entries; first += THREADS) {
        int own = first + (int)threadIdx.x, left = entries - first;
        if (own < entries)
            tile[threadIdx.x] = entry_value(p, s, own);
        __syncthreads();
        for (int j = 0; j < (left < THREADS ? left : THREADS); j++)
            place += is_before(tile[j], first + j, mine, i);
        __syncthreads();
    }
    if (i >= entries)
        return;
    p.places[i] = place;
    if (p.kind != FLX_POPULATION_RANDOM && place == 0)
        s.lowest = mine;
    if (p.kind != FLX_POPULATION_RANDOM && place == s.wanted - 1)
        s.highest = mine;
}

static __device__ void copy_row(const double *from, double *to, int width)
{
    for (int d = (int)threadIdx.x; d < width; d += ROW_THREADS)
        to[d] = from[d];
}

/* How many entries before number i survive: their places are below `wanted`. */
static __device__ int count_survivors(const int *places, int i, int wanted)
{
    __shared__ int part[ROW_THREADS];
    int count = 0;
    for (int j = (int)threadIdx.x; j < i; j += ROW_THREADS)
        count += places[j] < wanted;
    part[threadIdx.x] = count;
    __syncthreads();
    count = 0;
    for (int t = 0; t < ROW_THREADS; t++)
        count += part[t];
    return count;
}

/* A member's new index is the number of survivors before it. */
static __device__ void write_member(const flx_cuda_population &p,
                                    const flx_cuda_progress &s, int i)
{
    int place = p.places[i];
    if (place >= s.wanted)
        return;
    const double *units = s.buffer ? p.units[1] : p.units[0];
    double *next = s.buffer ? p.units[0] : p.units[1];
    double *next_values = s.buffer ? p.values[0] : p.values[1];
    int to = s.wanted < s.members ? count_survivors(p.places, i, s.wanted) : i;
    size_t width = (size_t)p.n_dimensions;
    copy_row((p.is_replaced[i] ? p.trials : units) + i * width, next + to * width,
             p.n_dimensions);
    if (threadIdx.x > 0)
        return;
    next_values[to] = values_of(p, s)[i];
    p.ranked[place] = to;
}

/* Rows that move within the archive come from behind its new end: nobody writes there.
 */
static __device__ void write_archive(const flx_cuda_population &p,
                                     const flx_cuda_progress &s, int first)
{
    const double *units = s.buffer ? p.units[1] : p.units[0];
    size_t width = (size_t)p.n_dimensions;
    for (int slot = first; slot < s.n_archived; slot += s.members) {
        int from = p.archive_from[slot];
        if (from != FLX_CUDA_UNCHANGED)
            copy_row(from < s.members ? units + from * width
                                      : p.archive + (from - s.members) * width,
                     p.archive + slot * width, p.n_dimensions);
    }
}

/* Random search: the best of what was kept and of the batch, in order. */
static __device__ void write_elite(const flx_cuda_population &p,
                                   const flx_cuda_progress &s, int i)
{
    int place = p.places[i];
    if (place >= p.keep)
        return;
    double *next = s.buffer ? p.units[0] : p.units[1];
    double *next_values = s.buffer ? p.values[0] : p.values[1];
    const double *kept = s.buffer ? p.units[1] : p.units[0];
    size_t width = (size_t)p.n_dimensions;
    copy_row(i < p.keep ? kept + i * width : p.trials + (i - p.keep) * width,
             next + place * width, p.n_dimensions);
    if (threadIdx.x == 0)
        next_values[place] = entry_value(p, s, i);
}

__global__ void __launch_bounds__(ROW_THREADS, 1)
    flx_reduce_kernel(const flx_cuda_population *populations)
{
    const flx_cuda_population &p = populations[blockIdx.y];
    const flx_cuda_progress &s = *p.progress;
    int i = (int)blockIdx.x;
    if (s.live == 0 || i >= entries_of(p, s))
        return;
    if (p.kind == FLX_POPULATION_RANDOM) {
        write_elite(p, s, i);
        return;
    }
    if (p.kind == FLX_POPULATION_LSHADE)
        write_archive(p, s, i);
    write_member(p, s, i);
}

__global__ void __launch_bounds__(ROW_THREADS)
    flx_end_generation_kernel(const flx_cuda_population *populations, int count)
{
    int at = (int)(blockIdx.x * ROW_THREADS + threadIdx.x);
    if (at >= count)
        return;
    const flx_cuda_population &p = populations[at];
    flx_cuda_progress &s = *p.progress;
    if (s.live == 0)
        return;
    flx_stop_rule rule = {p.budget, p.has_target != 0, p.target, p.patience, p.tolerance};
    s.stop = flx_find_stop(rule, s.evaluations, s.best_value,
                           s.n_generations - s.improved_at, s.highest - s.lowest);
    s.members = s.wanted;
    s.buffer = 1 - s.buffer;
    s.n_generations++;
    s.generation++;
    long long left = p.budget - s.evaluations;
    s.live = s.stop ? 0 : left < s.members ? (int)left : s.members;
}

cudaError_t flx_cuda_rank_entries(const flx_cuda_population *populations, int count,
                                  int rows, cudaStream_t stream)
{
    dim3 grid((unsigned)((rows + THREADS - 1) / THREADS), (unsigned)count);
    FLX_LAUNCH(flx_rank_kernel, grid, THREADS, 0, stream, populations);
    return cudaGetLastError();
}

cudaError_t flx_cuda_reduce_population(const flx_cuda_population *populations, int count,
                                       int rows, cudaStream_t stream)
{
    dim3 grid((unsigned)rows, (unsigned)count);
    FLX_LAUNCH(flx_reduce_kernel, grid, ROW_THREADS, 0, stream, populations);
    return cudaGetLastError();
}

cudaError_t flx_cuda_end_generation(const flx_cuda_population *populations, int count,
                                    cudaStream_t stream)
{
    unsigned blocks = (unsigned)(count + ROW_THREADS - 1) / ROW_THREADS;
    FLX_LAUNCH(flx_end_generation_kernel, blocks, ROW_THREADS, 0, stream, populations,
               count);
    return cudaGetLastError();
}
