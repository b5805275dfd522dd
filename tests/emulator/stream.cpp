/* SPDX-License-Identifier: MIT
 * Streams are lazy: a launch, a copy or a call of a library is queued and runs when
 * somebody waits for it, so that a synchronization that was forgotten shows as stale
 * data. */
#include "tests/emulator/emulator.h"

#include <cstdio>
#include <cstring>
#include <deque>
#include <set>
#include <vector>

struct CUstream_st {
    std::deque<std::function<void()>> queue;
    bool waits_for_default;
};

struct CUevent_st {
    CUstream_st *stream;
    unsigned long recorded, passed;
};

namespace emu
{
static CUstream_st default_stream = {{}, true};

/* Never destroyed: the end of the program still frees device memory. */
static std::set<CUstream_st *> &streams()
{
    static auto *const all = new std::set<CUstream_st *>{&default_stream};
    return *all;
}

static CUstream_st *queue_of(cudaStream_t stream)
{
    return stream ? stream : &default_stream;
}

static void run_first(CUstream_st *stream)
{
    auto work = std::move(stream->queue.front());
    stream->queue.pop_front();
    work();
}

/* What else a device may do before a stream's next piece of work: nothing of the other
 * streams, all of it, or by chance some. */
static void run_others(CUstream_st *stream)
{
    Order order = settings().order;
    for (CUstream_st *other : streams())
        while (other != stream && !other->queue.empty() &&
               (order == REVERSED || (order == SHUFFLED && random_below(2) == 1)))
            run_first(other);
}

static void drain(CUstream_st *stream)
{
    while (!stream->queue.empty()) {
        run_others(stream);
        if (!stream->queue.empty()) /* another stream may have waited for it */
            run_first(stream);
    }
    check_canaries();
}

void drain_everything()
{
    std::vector<CUstream_st *> busy;
    do {
        busy.clear();
        for (CUstream_st *stream : streams())
            if (!stream->queue.empty())
                busy.push_back(stream);
        if (!busy.empty())
            run_first(busy[random_below(busy.size())]);
    } while (!busy.empty());
    check_canaries();
}

bool is_work_waiting()
{
    for (const CUstream_st *stream : streams())
        if (!stream->queue.empty())
            return true;
    return false;
}

void enqueue(cudaStream_t handle, std::function<void()> work)
{
    CUstream_st *stream = queue_of(handle);
    if (stream == &default_stream) {
        for (CUstream_st *other : streams())
            if (other != stream && other->waits_for_default)
                drain(other);
    } else if (stream->waits_for_default) {
        drain(&default_stream);
    }
    stream->queue.push_back(std::move(work));
}

/* Both sides are what `kind` says, whole. */
static bool is_sound_copy(const void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
    bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    return n == 0 ||
           (is_device_range(to, n) == to_device && is_device_address(to) == to_device &&
            is_device_range(from, n) == from_device &&
            is_device_address(from) == from_device);
}

static bool is_gone()
{
    return !settings().has_device;
}
} // namespace emu

using namespace emu;

cudaError_t cudaGetDeviceCount(int *count)
{
    if (is_gone()) /* as the real one: the count is not written */
        return record_error(cudaErrorInsufficientDriver);
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    return device ? record_error(cudaErrorInvalidDevice) : cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device)
{
    if (is_gone() || device != 0)
        return record_error(cudaErrorInvalidDevice);
    switch (attribute) {
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
        *value = (int)settings().shared_per_block;
        return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
        *value = 3;
        return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
        *value = 9;
        return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
        *value = 0;
        return cudaSuccess;
    default:
        return record_error(cudaErrorInvalidValue);
    }
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device)
{
    if (is_gone() || device != 0)
        return record_error(cudaErrorInvalidDevice);
    memset(properties, 0, sizeof *properties);
    snprintf(properties->name, sizeof properties->name, "CPU emulator, not a GPU");
    properties->totalGlobalMem = device_memory();
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    if (!is_sound_copy(to, from, n, kind))
        return record_error(cudaErrorInvalidValue);
    enqueue(stream, [=] {
        Open opened;
        memmove(to, from, n);
    });
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
    cudaError_t error = cudaMemcpyAsync(to, from, n, kind, nullptr);
    drain(&default_stream);
    return error;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t n, cudaStream_t stream)
{
    if (!is_device_range(to, n))
        return record_error(cudaErrorInvalidValue);
    enqueue(stream, [=] {
        Open opened;
        memset(to, value, n);
    });
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned flags)
{
    if (is_gone())
        return record_error(cudaErrorInsufficientDriver);
    *out = new CUstream_st{{}, !(flags & cudaStreamNonBlocking)};
    streams().insert(*out);
    count_living(1);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    drain(stream);
    streams().erase(stream);
    count_living(-1);
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    drain(queue_of(stream));
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void)
{
    if (is_gone())
        return record_error(cudaErrorInsufficientDriver);
    drain_everything();
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned)
{
    *out = new CUevent_st{nullptr, 0, 0};
    count_living(1);
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    drain_everything();
    count_living(-1);
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    event->stream = queue_of(stream);
    unsigned long number = ++event->recorded;
    enqueue(stream, [=] { event->passed = number; });
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    while (event->passed < event->recorded)
        run_first(event->stream);
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    unsigned long number = event->recorded;
    enqueue(stream, [=] {
        while (event->passed < number)
            run_first(event->stream);
    });
    return cudaSuccess;
}
