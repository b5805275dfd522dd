/* SPDX-License-Identifier: MIT
 * The environment of the emulator, its random numbers, and how it fails. */
#include "tests/emulator/emulator.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emu
{
static const char *kernel_name = "-";
static cudaError_t last_error = cudaSuccess;

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static size_t size_variable(const char *name, size_t otherwise)
{
    const char *value = variable(name);
    return *value ? strtoull(value, nullptr, 0) : otherwise;
}

static Settings read_settings()
{
    Settings s;
    const char *order = variable("EMU_SCHED");
    s.order = strcmp(order, "seq") == 0   ? SEQUENTIAL
              : strcmp(order, "rev") == 0 ? REVERSED
                                          : SHUFFLED;
    s.has_device = !*variable("EMU_NO_DEVICE");
    s.counts_traffic = *variable("EMU_STATS");
    s.shared_per_block = size_variable("EMU_SHARED", 227 << 10);
    return s;
}

const Settings &settings()
{
    static const Settings s = read_settings();
    return s;
}

size_t device_memory()
{
    return size_variable("EMU_MEMORY", size_t(16) << 30);
}

/* xorshift64, seeded by EMU_SEED. */
uint64_t random_below(uint64_t n)
{
    static uint64_t state = 0x9E3779B97F4A7C15u * (size_variable("EMU_SEED", 1) + 1);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

bool allocation_must_fail()
{
    static char seen[24];
    static long calls;
    const char *wanted = variable("EMU_FAIL_MALLOC");
    if (strncmp(wanted, seen, sizeof seen - 1) != 0) {
        snprintf(seen, sizeof seen, "%s", wanted);
        calls = 0;
    }
    long number = atol(wanted);
    bool fails_on = strchr(wanted, '+') && number > 0;
    return ++calls == number || (fails_on && calls > number);
}

void set_kernel_name(const char *name)
{
    kernel_name = name;
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "emulator: kernel %s: ", kernel_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

cudaError_t record_error(cudaError_t error)
{
    if (error != cudaSuccess)
        last_error = error;
    return error;
}
} // namespace emu

cudaError_t cudaPeekAtLastError(void)
{
    return emu::last_error;
}

cudaError_t cudaGetLastError(void)
{
    cudaError_t error = emu::last_error;
    emu::last_error = cudaSuccess;
    return error;
}

const char *cudaGetErrorString(cudaError_t error)
{
    static thread_local char text[48];
    snprintf(text, sizeof text, "emulated CUDA error %d", (int)error);
    return error == cudaSuccess                 ? "no error"
           : error == cudaErrorMemoryAllocation ? "out of memory"
           : error == cudaErrorInsufficientDriver
               ? "CUDA driver version is insufficient for CUDA runtime version"
               : text;
}
