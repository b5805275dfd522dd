/* SPDX-License-Identifier: MIT
 * Device memory: one reserved range at an address that is easy to tell. Host code finds
 * it closed. Fresh and freed memory is NaN, addresses are never used twice, and behind
 * every allocation lies a gap that the address sanitizer guards byte by byte; without it
 * the gap holds a pattern that every synchronization checks. */
#include "tests/emulator/emulator.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
static const bool IS_GUARDED = true;
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
static const bool IS_GUARDED = false;
#endif

namespace emu
{
static char *const BASE = reinterpret_cast<char *>(0x200000000000);
static const size_t SPAN = size_t(256) << 30, GAP = 256, PAGE = 4096;

/* Made at the first use and never destroyed: what is left at exit is listed there. */
struct Arena {
    char *top = BASE;
    std::map<char *, size_t> allocations;
    size_t used = 0;
    int open = 0;
};

static Arena &arena()
{
    static Arena *const the_arena = [] {
        void *at = mmap(BASE, SPAN, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
                        -1, 0);
        if (at != BASE)
            fail("cannot reserve the addresses of device memory");
        return new Arena;
    }();
    return *the_arena;
}

static void protect(int protection)
{
    size_t used = (size_t)(arena().top - BASE);
    if (used && mprotect(BASE, (used + PAGE - 1) / PAGE * PAGE, protection) != 0)
        fail("cannot change the protection of device memory");
}

Open::Open()
{
    if (arena().open++ == 0)
        protect(PROT_READ | PROT_WRITE);
}

Open::~Open()
{
    if (--arena().open == 0)
        protect(PROT_NONE);
}

bool is_device_address(const void *p)
{
    return (const char *)p >= BASE && (const char *)p < BASE + SPAN;
}

bool is_device_range(const void *p, size_t n)
{
    const auto &allocations = arena().allocations;
    auto after = allocations.upper_bound((char *)(uintptr_t)p);
    if (after == allocations.begin())
        return false;
    auto block = std::prev(after);
    return (const char *)p + n <= block->first + block->second;
}

bool is_mapped(const void *p)
{
    uintptr_t page = (uintptr_t)p / PAGE * PAGE;
    return page >= PAGE && msync((void *)page, 1, MS_ASYNC) == 0;
}

size_t arena_offset(const void *p)
{
    return (size_t)((const char *)p - BASE);
}

void fill_with_nan(void *p, size_t n)
{
    asm volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(0xFF) : "memory");
}

static size_t with_gap(size_t n)
{
    return (n + GAP - 1) / GAP * GAP + GAP;
}

void check_canaries()
{
    if (IS_GUARDED)
        return;
    Open opened;
    for (const auto &block : arena().allocations)
        for (size_t i = block.second; i < with_gap(block.second); i++)
            if ((unsigned char)block.first[i] != 0xFF)
                fail("a write %zu bytes past the end of an allocation of %zu bytes",
                     i - block.second, block.second);
}

static int living;

void count_living(int change)
{
    living += change;
}

/* Lists what was never freed, when the program ends. */
static struct LeakCheck {
    ~LeakCheck()
    {
        if (living)
            fprintf(stderr,
                    "emulator: leak: %d among streams, events, handles and pinned "
                    "memory\n",
                    living);
        const auto &allocations = arena().allocations;
        for (const auto &block : allocations)
            fprintf(stderr, "emulator: leak: %zu bytes of device memory\n", block.second);
        if (living || !allocations.empty())
            _exit(4);
    }
} leak_check;
} // namespace emu

using namespace emu;

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total)
{
    *total = device_memory();
    *free_bytes = *total > arena().used ? *total - arena().used : 0;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **out, size_t n)
{
    Arena &a = arena();
    if (!settings().has_device)
        return record_error(cudaErrorInsufficientDriver);
    if (allocation_must_fail() || a.used + n > device_memory() ||
        with_gap(n) > (size_t)(BASE + SPAN - a.top))
        return record_error(cudaErrorMemoryAllocation);
    if (n == 0) {
        *out = nullptr;
        return cudaSuccess;
    }
    char *block = a.top;
    a.top += with_gap(n);
    a.used += n;
    a.allocations[block] = n;
    Open opened;
    protect(PROT_READ | PROT_WRITE);
    fill_with_nan(block, with_gap(n));
    ASAN_UNPOISON_MEMORY_REGION(block, n);
    ASAN_POISON_MEMORY_REGION(block + n, with_gap(n) - n);
    *out = block;
    return cudaSuccess;
}

cudaError_t cudaFree(void *p)
{
    if (!p)
        return cudaSuccess;
    auto block = arena().allocations.find((char *)p);
    if (block == arena().allocations.end())
        return record_error(cudaErrorInvalidValue);
    drain_everything(); /* as the real one waits for the device */
    size_t n = block->second;
    Open opened;
    fill_with_nan(p, n);
    ASAN_POISON_MEMORY_REGION(p, n);
    char *first = (char *)(((uintptr_t)p + PAGE - 1) / PAGE * PAGE);
    if ((char *)p + n > first + PAGE)
        madvise(first, (size_t)((char *)p + n - first) / PAGE * PAGE, MADV_DONTNEED);
    arena().used -= n;
    arena().allocations.erase(block);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **out, size_t n)
{
    void *memory = allocation_must_fail() ? nullptr : malloc(n);
    if (!memory)
        return record_error(cudaErrorMemoryAllocation);
    *out = memory;
    count_living(1);
    return cudaSuccess;
}

/* The real one promises to wait for nobody. */
cudaError_t cudaFreeHost(void *p)
{
    if (p && is_work_waiting())
        fail("pinned memory is given up while a stream has work to do");
    if (p)
        count_living(-1);
    free(p);
    return cudaSuccess;
}
