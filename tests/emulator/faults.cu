/* SPDX-License-Identifier: MIT
 * One small program with every fault that the emulator is there to find, chosen by name
 * on its command line. "none" is right and prints "fine"; a fault that shows only in
 * numbers prints "wrong", or "not a number". faults.sh says who must find what. */
#include <cuda_runtime.h>
#include <flx_launch.h>

#include <cmath>
#include <cstdio>
#include <cstring>

enum { THREADS = 64, BLOCKS = 3, COUNT = THREADS * BLOCKS };

#define FAULTS(X)                                                                        \
    X(NONE, "none")                                                                      \
    X(BARRIER, "barrier")                                                                \
    X(WARP_BARRIER, "warp-barrier")                                                      \
    X(ACROSS_BLOCKS, "across-blocks")                                                    \
    X(BEYOND_GLOBAL, "beyond-global")                                                    \
    X(BEYOND_BY_COPY, "beyond-by-copy")                                                  \
    X(BEYOND_SHARED, "beyond-shared")                                                    \
    X(BEYOND_DYNAMIC, "beyond-dynamic")                                                  \
    X(MISALIGNED, "misaligned")                                                          \
    X(UNINITIALIZED, "uninitialized")                                                    \
    X(FRESH, "fresh")                                                                    \
    X(DIVERGENT, "divergent")                                                            \
    X(OTHER_BARRIER, "other-barrier")                                                    \
    X(ABSENT_LANE, "absent-lane")                                                        \
    X(USE_AFTER_FREE, "use-after-free")                                                  \
    X(HOST_POINTER, "host-pointer")                                                      \
    X(HOST_READS_DEVICE, "host-reads-device")                                            \
    X(NO_SYNCHRONIZATION, "no-synchronization")                                          \
    X(NO_FORK, "no-fork")                                                                \
    X(NO_JOIN, "no-join")                                                                \
    X(PINNED_TOO_EARLY, "pinned-too-early")                                              \
    X(TALL_GRID, "tall-grid")                                                            \
    X(MANY_THREADS, "many-threads")                                                      \
    X(MUCH_SHARED, "much-shared")                                                        \
    X(LEAK, "leak")                                                                      \
    X(STREAM_LEAK, "stream-leak")                                                        \
    X(PINNED_LEAK, "pinned-leak")
#define FAULT_NUMBER(number, name) number,
#define FAULT_NAME(number, name)   name,
enum Fault { FAULTS(FAULT_NUMBER) FAULT_COUNT };
static const char *const names[] = {FAULTS(FAULT_NAME)};

struct Arguments {
    const double *from;
    double *to;
    int n, fault;
};

/* Reverses every block's part of `from` through shared memory. */
__global__ void reverse_blocks(Arguments a)
{
    __shared__ double part[THREADS];
    int t = (int)threadIdx.x, i = (int)(blockIdx.x * blockDim.x) + t;
    const double *from = a.from;
    if (a.fault == MISALIGNED && t == 7)
        from = (const double *)(const void *)((const char *)from - 4);
    if (a.fault != UNINITIALIZED || t != 5)
        part[t + (a.fault == BEYOND_SHARED ? 1 : 0)] = from[i];
    if (a.fault == DIVERGENT && t > 40)
        return;
    if (a.fault == OTHER_BARRIER && t > 40)
        __syncthreads();
    else if (a.fault != BARRIER)
        __syncthreads();
    double value = part[THREADS - 1 - t];
    if (a.fault == ABSENT_LANE && t < 16)
        value = __shfl_down_sync(0xFFFFu, value, 16);
    a.to[a.fault == BEYOND_GLOBAL ? i + 1 : i] = value;
    if (a.fault == ACROSS_BLOCKS && t == 0)
        a.to[0] = 0;
    if (a.fault == BEYOND_BY_COPY && i == 0)
        memset(a.to + a.n, 0, sizeof(double) * (size_t)a.n / COUNT);
}

/* Every warp's sum at its first lane. */
__global__ void sum_warps(Arguments a)
{
    __shared__ double part[THREADS];
    int t = (int)threadIdx.x;
    part[t] = a.from[t];
    for (int step = 16; step > 0; step /= 2) {
        if (a.fault != WARP_BARRIER)
            __syncwarp();
        if ((t & 31) < step)
            part[t] += part[t + step];
    }
    a.to[t] = part[t];
}

/* Through shared memory that the launch measures out. */
__global__ void copy_dynamic(Arguments a)
{
    FLX_DYNAMIC_SHARED(double, part);
    int t = (int)threadIdx.x;
    part[t + (a.fault == BEYOND_DYNAMIC ? 1 : 0)] = a.from[t];
    __syncthreads();
    a.to[t] = part[t];
}

/* What every kernel but reverse_blocks writes is overwritten by it. */
static void launch(cudaStream_t stream, const Arguments &a, const double *host)
{
    Arguments given = a;
    size_t shared = THREADS * sizeof(double);
    if (a.fault == HOST_POINTER)
        given.from = host;
    FLX_LAUNCH(sum_warps, 1, THREADS, 0, stream, given);
    FLX_LAUNCH(copy_dynamic, 1, THREADS, shared, stream, given);
    if (a.fault == MUCH_SHARED)
        FLX_LAUNCH(copy_dynamic, 1, THREADS, (size_t)50000, stream, given);
    if (a.fault == TALL_GRID)
        FLX_LAUNCH(sum_warps, dim3(1, 65536), THREADS, 0, stream, given);
    if (a.fault == MANY_THREADS)
        FLX_LAUNCH(sum_warps, 1, 1056, 0, stream, given);
    FLX_LAUNCH(reverse_blocks, BLOCKS, THREADS, 0, stream, given);
}

static const char *compare(const double *got)
{
    for (int i = 0; i < COUNT; i++) {
        int block = i / THREADS, mirrored = block * THREADS + THREADS - 1 - i % THREADS;
        if (std::isnan(got[i]))
            return "not a number";
        if (got[i] != mirrored + 1.0)
            return "wrong";
    }
    return cudaGetLastError() == cudaSuccess ? "fine" : "refused";
}

static struct {
    cudaStream_t stream;
    cudaEvent_t forked, joined;
} side; /* until the answer is compared: giving them up waits for them */

/* Launches in a stream of their own, between what `stream` has to do before and after. */
static void launch_beside(cudaStream_t stream, const Arguments &a, const double *host)
{
    cudaStreamCreateWithFlags(&side.stream, cudaStreamNonBlocking);
    cudaEventCreateWithFlags(&side.forked, cudaEventDisableTiming);
    cudaEventCreateWithFlags(&side.joined, cudaEventDisableTiming);
    cudaEventRecord(side.forked, stream);
    if (a.fault != NO_FORK)
        cudaStreamWaitEvent(side.stream, side.forked, 0);
    launch(side.stream, a, host);
    cudaEventRecord(side.joined, side.stream);
    if (a.fault != NO_JOIN)
        cudaStreamWaitEvent(stream, side.joined, 0);
}

static void release_side()
{
    cudaEventDestroy(side.forked);
    cudaEventDestroy(side.joined);
    cudaStreamDestroy(side.stream);
}

/* Everything in its order, on memory that is there. */
static const char *run(int fault, cudaStream_t stream, double *from, double *to,
                       double *pinned)
{
    double numbers[COUNT], got[COUNT] = {0};
    for (int i = 0; i < COUNT; i++)
        numbers[i] = i + 1;
    memcpy(pinned, numbers, sizeof numbers);
    if (fault != FRESH)
        cudaMemcpyAsync(from, pinned, sizeof numbers, cudaMemcpyHostToDevice, stream);
    if (fault == USE_AFTER_FREE)
        cudaFree(from);
    if (fault == PINNED_TOO_EARLY)
        cudaFreeHost(pinned);
    launch_beside(stream, {from, to, COUNT, fault}, numbers);
    cudaMemcpyAsync(got, to, sizeof got, cudaMemcpyDeviceToHost, stream);
    if (fault != NO_SYNCHRONIZATION)
        cudaStreamSynchronize(stream);
    if (fault == HOST_READS_DEVICE)
        printf("%g\n", to[0]);
    const char *verdict = compare(got);
    cudaStreamSynchronize(stream);
    release_side();
    return verdict;
}

static int find_fault(const char *name)
{
    int fault = 0;
    while (fault < FAULT_COUNT && strcmp(name, names[fault]) != 0)
        fault++;
    return fault;
}

int main(int argc, char **argv)
{
    int fault = find_fault(argc > 1 ? argv[1] : "none");
    double *from = nullptr, *to = nullptr, *pinned = nullptr, *spare = nullptr;
    cudaStream_t stream = nullptr;
    if (fault == FAULT_COUNT) {
        printf("there is no such fault\n");
        return 2;
    }
    const char *verdict = "refused";
    if (!cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) &&
        !cudaMalloc((void **)&from, COUNT * sizeof(double)) &&
        !cudaMalloc((void **)&to, COUNT * sizeof(double)) &&
        !cudaMallocHost((void **)&pinned, COUNT * sizeof(double)))
        verdict = run(fault, stream, from, to, pinned);
    if (stream && fault != STREAM_LEAK)
        cudaStreamDestroy(stream);
    if (fault == LEAK)
        cudaMalloc((void **)&spare, 1000);
    if (fault != USE_AFTER_FREE)
        cudaFree(from);
    cudaFree(to);
    if (fault != PINNED_LEAK)
        cudaFreeHost(pinned);
    printf("%s\n", verdict);
    return strcmp(verdict, "fine") != 0;
}
