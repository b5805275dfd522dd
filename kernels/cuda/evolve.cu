/* SPDX-License-Identifier: MIT
 * Differential evolution of weights: population, trials and selection stay on the device.
 * A block is an individual, blockIdx.y the run; generations are drawn whole, so that a
 * trial is a function of the population before it and of Philox alone. */
#include "kernels/cuda/launches.h"
#include "kernels/formulas/evolution.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

enum { THREADS = 64 };

/* The sum in the order of the genes, as the cpu takes it. */
static __device__ double sum_of(const double *values, int k)
{
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += values[j];
    return sum;
}

__global__ void __launch_bounds__(THREADS)
    flx_trial_kernel(const flx_cuda_run *runs, int step)
{
    __shared__ double factor;
    flx_cuda_run run = runs[blockIdx.y];
    int i = (int)blockIdx.x;
    if (i >= run.members || step >= run.generations)
        return;
    flx_moment moment = {run.seed, (unsigned)i, run.first + (unsigned)step};
    flx_crossing crossing =
        flx_draw_crossing(moment, run.members, run.k, run.scale, run.crossover_rate);
    size_t row = (size_t)i * run.k;
    for (int j = (int)threadIdx.x; j < run.k; j += THREADS)
        run.trials[row + j] = moment.generation == 0
                                  ? run.weights[row + j]
                                  : flx_crossed_weight(&crossing, run.weights, run.k, j);
    if (!run.is_normalised)
        return;
    __syncthreads();
    if (threadIdx.x == 0)
        factor = 1.0 / sum_of(run.trials + row, run.k);
    __syncthreads();
    for (int j = (int)threadIdx.x; j < run.k; j += THREADS)
        run.candidates[row + j] = run.trials[row + j] * factor;
}

/* A trial that is not worse takes its parent's place; NaN never is. */
__global__ void __launch_bounds__(THREADS)
    flx_selection_kernel(const flx_cuda_run *runs, int step)
{
    flx_cuda_run run = runs[blockIdx.y];
    int i = (int)blockIdx.x;
    if (i >= run.members || step >= run.generations)
        return;
    double before = run.first + (unsigned)step == 0 ? (double)INFINITY : run.losses[i];
    double loss = run.trial_losses[i];
    bool is_taken = loss <= before;
    __syncthreads();
    if (threadIdx.x == 0)
        run.losses[i] = is_taken ? loss : before;
    size_t row = (size_t)i * run.k;
    for (int j = (int)threadIdx.x; j < run.k && is_taken; j += THREADS)
        run.weights[row + j] = run.trials[row + j];
}

cudaError_t flx_cuda_draw_trials(const flx_cuda_run *runs, int count, int members,
                                 int step, cudaStream_t stream)
{
    dim3 grid((unsigned)members, (unsigned)count);
    FLX_LAUNCH(flx_trial_kernel, grid, THREADS, 0, stream, runs, step);
    return cudaGetLastError();
}

cudaError_t flx_cuda_select(const flx_cuda_run *runs, int count, int members, int step,
                            cudaStream_t stream)
{
    dim3 grid((unsigned)members, (unsigned)count);
    FLX_LAUNCH(flx_selection_kernel, grid, THREADS, 0, stream, runs, step);
    return cudaGetLastError();
}
