/* SPDX-License-Identifier: MIT
 * Launches: what a device would refuse, shared memory full of NaN, blocks one after the
 * other in the order that the schedule wants. */
#include "tests/emulator/device.h"
#include "tests/emulator/emulator.h"

#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <numeric>

/* The section that __shared__ variables lie in. */
extern "C" char __start_emu_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_emu_shared[] __attribute__((weak, visibility("hidden")));

namespace emu
{
static const uintptr_t LOWEST_HOST = 0x200000000000, END_OF_HOST = 1ull << 47;
/* Bytes behind dynamic shared memory that are known to be none. */
#ifdef __SANITIZE_ADDRESS__
static const size_t BEHIND = 0;
#else
static const size_t BEHIND = 256;
#endif
static char *dynamic;
static size_t dynamic_size;
static unsigned n_blocks, first_block;
static std::map<const void *, size_t> dynamic_limits;

void *dynamic_shared()
{
    return dynamic;
}

unsigned block_number()
{
    return n_blocks;
}

unsigned first_block_of_grid()
{
    return first_block;
}

static bool lies_in(const void *p, size_t n, const char *first, const char *last)
{
    return (const char *)p >= first && (const char *)p + n <= last;
}

bool in_shared(const void *p, size_t n)
{
    return lies_in(p, n, __start_emu_shared, __stop_emu_shared) ||
           lies_in(p, n, dynamic, dynamic + dynamic_size);
}

bool is_near_shared(const void *p)
{
    return in_shared(p, 1) || lies_in(p, 1, dynamic, dynamic + dynamic_size + BEHIND);
}

/* Dynamic shared memory is allocated anew, exactly where the address sanitizer guards its
 * ends. */
static void run_block(const Block &block)
{
    fill_with_nan(__start_emu_shared, (size_t)(__stop_emu_shared - __start_emu_shared));
    dynamic = (char *)malloc(dynamic_size + BEHIND + !dynamic_size);
    if (!dynamic)
        fail("no memory for %zu bytes of shared memory", dynamic_size);
    fill_with_nan(dynamic, dynamic_size);
    n_blocks++;
    run_threads(block);
    free(dynamic);
    dynamic = nullptr;
}

/* A step that visits all n blocks once. */
static size_t choose_step(size_t n)
{
    if (settings().order == REVERSED)
        return n - 1;
    size_t step = 1;
    if (settings().order == SHUFFLED && n > 2)
        do
            step = 1 + random_below(n - 1);
        while (std::gcd(step, n) != 1);
    return step;
}

void run_grid(const char *name, dim3 grid, dim3 size, size_t shared,
              const std::function<void()> &body)
{
    Open opened;
    size_t n = (size_t)grid.x * grid.y * grid.z, step = choose_step(n);
    size_t at = settings().order == SHUFFLED   ? random_below(n)
                : settings().order == REVERSED ? n - 1
                                               : 0;
    set_kernel_name(name);
    dynamic_size = shared;
    first_block = n_blocks + 1;
    begin_race_check(name);
    for (size_t k = 0; k < n; k++, at = (at + step) % n) {
        size_t plane = (size_t)grid.x * grid.y;
        uint3 index = {(unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y),
                       (unsigned)(at / plane)};
        run_block({size, grid, index, &body});
    }
    end_race_check();
    set_kernel_name("-");
}

/* An aligned word that points into mapped memory which is not the device's. Lower
 * addresses hold no memory of a Linux program, only what the address sanitizer keeps for
 * itself. */
void check_argument(const void *value, size_t size, const char *kernel)
{
    for (size_t i = 0; i + sizeof(void *) <= size; i += sizeof(void *)) {
        void *word;
        memcpy(&word, (const char *)value + i, sizeof word);
        uintptr_t address = (uintptr_t)word;
        if (!is_device_address(word) && address >= LOWEST_HOST && address < END_OF_HOST &&
            is_mapped(word)) {
            set_kernel_name(kernel);
            fail("a host pointer, %p, among the arguments", word);
        }
    }
}

bool is_launchable(const void *kernel, dim3 grid, dim3 block, size_t shared)
{
    auto raised = dynamic_limits.find(kernel);
    size_t limit = raised == dynamic_limits.end() ? 48 << 10 : raised->second;
    size_t threads = (size_t)block.x * block.y * block.z;
    bool is_sound = threads >= 1 && threads <= 1024 && block.z <= 64 && grid.x >= 1 &&
                    grid.x <= 0x7fffffff && grid.y >= 1 && grid.y <= 65535 &&
                    grid.z >= 1 && grid.z <= 65535;
    if (!settings().has_device)
        record_error(cudaErrorInsufficientDriver);
    else if (!is_sound)
        record_error(cudaErrorInvalidConfiguration);
    else if (shared > limit)
        record_error(cudaErrorInvalidValue);
    return settings().has_device && is_sound && shared <= limit;
}

bool is_within_bounds(const Translated &translated, dim3 block, size_t shared)
{
    size_t threads = (size_t)block.x * block.y * block.z;
    if (threads > translated.sizes[2])
        record_error(cudaErrorLaunchOutOfResources);
    else if (translated.sizes[0] + shared > settings().shared_per_block)
        record_error(cudaErrorInvalidValue);
    return threads <= translated.sizes[2] &&
           translated.sizes[0] + shared <= settings().shared_per_block;
}

void enqueue_grid(const char *name, cudaStream_t stream, dim3 grid, dim3 block,
                  size_t shared, std::function<void()> body)
{
    enqueue(stream, [=] { run_grid(name, grid, block, shared, body); });
}

static Translated look_up(const void *kernel)
{
    Dl_info info;
    if (!dladdr(kernel, &info) || !info.dli_sname)
        fail("a kernel without a name: it must not be static");
    void *self = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    if (!self || !dlsym(self, "ptx_is_linked"))
        return {nullptr, nullptr};
    std::string name = info.dli_sname;
    Translated found = {
        (void (*)(const char *, char *))dlsym(self, ("ptx_" + name).c_str()),
        (const unsigned *)dlsym(self, ("ptx_sizes_" + name).c_str())};
    if (!found.run || !found.sizes)
        fail("no translation of %s", info.dli_sname);
    return found;
}

Translated find_translated(const void *kernel)
{
    static std::map<const void *, Translated> known;
    auto entry = known.find(kernel);
    if (entry == known.end())
        entry = known.emplace(kernel, look_up(kernel)).first;
    return entry->second;
}
} // namespace emu

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute attribute,
                                 int value)
{
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        (size_t)value > emu::settings().shared_per_block)
        return emu::record_error(cudaErrorInvalidValue);
    emu::dynamic_limits[kernel] = (size_t)value;
    return cudaSuccess;
}
