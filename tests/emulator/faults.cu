/* SPDX-License-Identifier: MIT
 * One small program with every fault that the emulator is there to find, chosen by name
 * on its command line. "none" is right and prints "fine"; a fault that shows only in
 * numbers prints "wrong". faults.sh says who must find what. */
#include <cuda_runtime.h>
#include <flx_launch.h>

#include <cstdio>
#include <cstring>

enum { THREADS = 64, BLOCKS = 3, COUNT = THREADS * BLOCKS };

struct Arguments {
    const double *from;
    double *to;
    int n;
    bool no_barrier, beyond_global, beyond_shared, no_warp_barrier, uninitialised,
        divergent, across_blocks, absent_lane;
};

/* Reverses every block's part of `from` through shared memory. */
__global__ void reverse_blocks(Arguments a)
{
    __shared__ double part[THREADS];
    int t = (int)threadIdx.x, i = (int)(blockIdx.x * blockDim.x) + t;
    if (!a.uninitialised || t != 5)
        part[t + (a.beyond_shared ? 1 : 0)] = a.from[i];
    if (a.divergent && t > 40)
        return;
    if (!a.no_barrier)
        __syncthreads();
    double value = part[THREADS - 1 - t];
    if (a.absent_lane && t < 16)
        value = __shfl_down_sync(0xFFFFu, value, 16);
    a.to[a.beyond_global ? i + 1 : i] = value;
    if (a.across_blocks)
        a.to[0] = 0;
}

/* Every warp's sum at its first lane. */
__global__ void sum_warps(Arguments a)
{
    __shared__ double part[THREADS];
    int t = (int)threadIdx.x;
    part[t] = a.from[t];
    for (int step = 16; step > 0; step /= 2) {
        if (!a.no_warp_barrier)
            __syncwarp();
        if ((t & 31) < step)
            part[t] += part[t + step];
    }
    a.to[t] = part[t];
}

static const char *fault;

static bool is_fault(const char *name)
{
    return strcmp(fault, name) == 0;
}

static void launch(cudaStream_t stream, const Arguments &a, const double *host)
{
    Arguments given = a;
    if (is_fault("host-pointer"))
        given.from = host;
    if (is_fault("warp-barrier"))
        FLX_LAUNCH(sum_warps, 1, THREADS, 0, stream, given);
    FLX_LAUNCH(reverse_blocks, BLOCKS, THREADS, 0, stream, given);
}

static const char *compare(const double *got)
{
    for (int i = 0; i < COUNT; i++) {
        int block = i / THREADS, mirrored = block * THREADS + THREADS - 1 - i % THREADS;
        if (got[i] != mirrored + 1.0)
            return "wrong";
    }
    return "fine";
}

int main(int argc, char **argv)
{
    fault = argc > 1 ? argv[1] : "none";
    double numbers[COUNT], got[COUNT] = {0}, *from = nullptr, *to = nullptr,
                           *spare = nullptr;
    for (int i = 0; i < COUNT; i++)
        numbers[i] = i + 1;
    cudaStream_t stream;
    if (cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) ||
        cudaMalloc((void **)&from, sizeof numbers) ||
        cudaMalloc((void **)&to, sizeof got)) {
        printf("refused\n");
        cudaFree(from);
        return 2;
    }
    Arguments a = {from,
                   to,
                   COUNT,
                   is_fault("barrier"),
                   is_fault("beyond-global"),
                   is_fault("beyond-shared"),
                   is_fault("warp-barrier"),
                   is_fault("uninitialised"),
                   is_fault("divergent"),
                   is_fault("across-blocks"),
                   is_fault("absent-lane")};
    cudaMemcpyAsync(from, numbers, sizeof numbers, cudaMemcpyHostToDevice, stream);
    if (is_fault("use-after-free"))
        cudaFree(from);
    launch(stream, a, numbers);
    cudaMemcpyAsync(got, to, sizeof got, cudaMemcpyDeviceToHost, stream);
    if (!is_fault("no-synchronisation"))
        cudaStreamSynchronize(stream);
    if (is_fault("host-reads-device"))
        printf("%g\n", to[0]);
    const char *verdict = compare(got);
    if (cudaGetLastError() != cudaSuccess)
        verdict = "refused";
    cudaStreamDestroy(stream);
    if (is_fault("leak"))
        cudaMalloc((void **)&spare, 1000);
    if (!is_fault("use-after-free"))
        cudaFree(from);
    cudaFree(to);
    printf("%s\n", verdict);
    return strcmp(verdict, "fine") != 0;
}
