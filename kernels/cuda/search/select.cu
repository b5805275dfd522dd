/* SPDX-License-Identifier: MIT
 * Selection in one generation of all searches: which parents are replaced, the success
 * memory, and which parents are archived. A block a search. Reductions have a fixed
 * order, sums are those of the host term by term, and evictions from the archive are
 * drawn in the host's order, so that the results are the host's. */
#include "kernels/cuda/search/entries.h"
#include "kernels/formulas/evolution.h"

#include <flx_launch.h>

enum { THREADS = 256 };

/* Values as the search counts them: negated where it maximizes, infinite where not
 * finite. The best trial, the first of equal ones, is kept if it is better than all
 * before it. The whole block calls it. */
static __device__ void find_best(const flx_cuda_population &p, flx_cuda_progress &s)
{
    __shared__ double lowest[THREADS], highest[THREADS];
    __shared__ int first[THREADS];
    int t = (int)threadIdx.x, index = 0;
    double low = INFINITY, high = -INFINITY;
    for (int i = t; i < s.live; i += THREADS) {
        double value = p.is_maximized ? -p.trial_values[i] : p.trial_values[i];
        value = isfinite(value) ? value : (double)INFINITY;
        p.trial_values[i] = value;
        index = value < low ? i : index;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    lowest[t] = low, highest[t] = high, first[t] = index;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t >= half)
            continue;
        if (is_before(lowest[t + half], first[t + half], lowest[t], first[t])) {
            lowest[t] = lowest[t + half];
            first[t] = first[t + half];
        }
        highest[t] = fmax(highest[t], highest[t + half]);
    }
    __syncthreads();
    bool is_better = lowest[0] < s.best_value;
    const double *row =
        (p.is_normalized ? p.trials : p.candidates) + (size_t)first[0] * p.n_dimensions;
    for (int d = t; d < p.n_dimensions && is_better; d += THREADS)
        p.best[d] = row[d];
    __syncthreads();
    if (t > 0)
        return;
    if (is_better) {
        s.best_value = lowest[0];
        s.improved_at = s.n_generations;
    }
    s.lowest = lowest[0]; /* random search: the spread of its batch */
    s.highest = highest[0];
}

/* A trial that is not worse replaces its parent. Of L-SHADE, those that are better are
 * the successes, listed in their order; returns how many. A thread has neighbouring
 * members. */
static __device__ int replace_parents(const flx_cuda_population &p,
                                      const flx_cuda_progress &s)
{
    __shared__ int before[THREADS + 1];
    double *values = values_of(p, s);
    int own = (s.members + THREADS - 1) / THREADS, first = (int)threadIdx.x * own;
    int last = first + own < s.members ? first + own : s.members, count = 0;
    bool is_first = s.generation == 0;
    bool is_counted = p.kind == FLX_POPULATION_LSHADE && !is_first;
    for (int i = first; i < last && is_counted; i++)
        count += i < s.live && p.trial_values[i] < values[i];
    before[threadIdx.x + 1] = count;
    __syncthreads();
    if (threadIdx.x == 0) {
        before[0] = 0;
        for (int t = 0; t < THREADS; t++)
            before[t + 1] += before[t];
    }
    __syncthreads();
    int at = before[threadIdx.x];
    for (int i = first; i < last; i++) {
        double parent = is_first ? (double)INFINITY : values[i];
        double value = i < s.live ? p.trial_values[i] : (double)INFINITY;
        if (is_counted && value < parent) {
            p.successes[at] = i;
            p.gains[at++] = parent - value;
        }
        bool is_replaced = is_first || (i < s.live && value <= parent);
        p.is_replaced[i] = is_replaced;
        values[i] = is_replaced ? value : parent;
    }
    int all = before[THREADS];
    __syncthreads();
    return all;
}

/* The largest of what every thread brings, at least 0. */
static __device__ double largest_of(double value)
{
    __shared__ double largest[THREADS];
    int t = (int)threadIdx.x;
    largest[t] = value;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half)
            largest[t] = fmax(largest[t], largest[t + half]);
    }
    __syncthreads();
    double all = largest[0];
    __syncthreads();
    return all;
}

static __device__ double lehmer_mean(double above, double below)
{
    return below > 0 ? above / below : 0;
}

/* flx_success_memory_update of the host: the terms of its sums by all threads, each sum
 * in its order by one. */
static __device__ void update_memory(const flx_cuda_population &p, flx_cuda_progress &s,
                                     int successes)
{
    __shared__ double sums[4];
    double gain = 0, rate = 0;
    for (int k = (int)threadIdx.x; k < successes; k += THREADS) {
        gain = isfinite(p.gains[k]) ? fmax(gain, p.gains[k]) : gain;
        rate = fmax(rate, p.trial_rate[p.successes[k]]);
    }
    double largest = largest_of(gain), largest_rate = largest_of(rate);
    for (int k = (int)threadIdx.x; k < successes; k += THREADS) {
        double weight = flx_success_weight(p.gains[k], largest);
        double scale = p.trial_scale[p.successes[k]],
               cross = p.trial_rate[p.successes[k]];
        p.terms[k] = weight * scale * scale;
        p.terms[p.members + k] = weight * scale;
        p.terms[2 * (size_t)p.members + k] = weight * cross * cross;
        p.terms[3 * (size_t)p.members + k] = weight * cross;
    }
    __syncthreads();
    if (threadIdx.x < 4) {
        const double *terms = p.terms + (size_t)threadIdx.x * p.members;
        double sum = 0;
        for (int k = 0; k < successes; k++)
            sum += terms[k];
        sums[threadIdx.x] = sum;
    }
    __syncthreads();
    if (threadIdx.x > 0)
        return;
    int slot = s.next_slot;
    bool is_terminal = p.memory_rate[slot] < 0 || largest_rate == 0;
    p.memory_scale[slot] = lehmer_mean(sums[0], sums[1]);
    p.memory_rate[slot] = is_terminal ? -1 : lehmer_mean(sums[2], sums[3]);
    s.next_slot = (slot + 1) % p.n_slots;
}

/* Evicts random rows until the archive is no larger than the smaller population's may
 * be; the last row takes the place of the evicted one. */
static __device__ void shrink_archive(const flx_cuda_population &p, flx_cuda_progress &s,
                                      int wanted)
{
    int cap = flx_archive_cap(p.archive_rate, wanted), last = s.n_archived;
    unsigned evicted = 0;
    for (; wanted < s.members && last > cap; evicted++) {
        int slot = flx_below(p.seed, FLX_STREAM_EVICT, 0, s.generation, evicted, last--);
        int from = p.archive_from[last];
        if (slot < last)
            p.archive_from[slot] = from == FLX_CUDA_UNCHANGED ? s.members + last : from;
    }
    s.n_archived = last;
    s.n_evicted = (int)evicted;
}

/* A slot gets the last row that is put there: of as many rows as there are threads the
 * later ones win, then those of the next round. Slot `cap` is outside: its row is not
 * archived. The whole block calls it. */
static __device__ void fill_slots(const flx_cuda_population &p, int n_archived,
                                  int free_slots, int successes, int cap)
{
    __shared__ int slots[THREADS];
    int t = (int)threadIdx.x;
    for (int first = 0; first < successes; first += THREADS) {
        int k = first + t, slot = cap;
        if (k < successes)
            slot = k < free_slots ? n_archived + k : p.evicted_slots[k - free_slots];
        slots[t] = slot;
        __syncthreads();
        bool is_last = slot < cap;
        for (int later = t + 1; later < THREADS && is_last; later++)
            is_last = slots[later] != slot;
        if (is_last)
            p.archive_from[slot] = p.successes[k];
        __syncthreads();
    }
}

/* Where the rows of the next archive come from. Replaced parents are added in their
 * order; in a full archive a parent takes the place of a random row, or is not archived.
 * All draws are known beforehand. */
static __device__ void update_archive(const flx_cuda_population &p, flx_cuda_progress &s,
                                      int successes, int wanted)
{
    int cap = flx_archive_cap(p.archive_rate, s.members), n_archived = s.n_archived;
    int free_slots = cap - n_archived;
    int evicted = successes > free_slots ? successes - free_slots : 0;
    for (int slot = (int)threadIdx.x; slot < cap; slot += THREADS)
        p.archive_from[slot] = FLX_CUDA_UNCHANGED;
    for (int k = (int)threadIdx.x; k < evicted; k += THREADS)
        p.evicted_slots[k] = flx_below(p.seed, FLX_STREAM_EVICT, 0, s.generation,
                                       (unsigned)(s.n_evicted + k), cap + 1);
    __syncthreads();
    fill_slots(p, n_archived, free_slots, successes, cap);
    if (threadIdx.x > 0)
        return;
    s.n_archived = n_archived + successes < cap ? n_archived + successes : cap;
    shrink_archive(p, s, wanted);
}

__global__ void __launch_bounds__(THREADS, 1)
    flx_select_kernel(const flx_cuda_population *populations)
{
    const flx_cuda_population &p = populations[blockIdx.x];
    flx_cuda_progress &s = *p.progress;
    if (s.live == 0)
        return;
    long long evaluations = s.evaluations + s.live;
    int wanted = s.members;
    if (p.kind == FLX_POPULATION_LSHADE)
        wanted = flx_population_size(p.members, p.smallest_members, (double)evaluations,
                                     (double)p.budget);
    wanted = wanted < s.members ? wanted : s.members;
    find_best(p, s);
    if (p.kind != FLX_POPULATION_RANDOM) {
        int successes = replace_parents(p, s);
        if (successes > 0)
            update_memory(p, s, successes);
        if (p.kind == FLX_POPULATION_LSHADE)
            update_archive(p, s, successes, wanted);
    }
    __syncthreads();
    if (threadIdx.x > 0)
        return;
    s.evaluations = evaluations;
    s.wanted = wanted;
}

cudaError_t flx_cuda_select_trials(const flx_cuda_population *populations, int count,
                                   cudaStream_t stream)
{
    FLX_LAUNCH(flx_select_kernel, (unsigned)count, THREADS, 0, stream, populations);
    return cudaGetLastError();
}
