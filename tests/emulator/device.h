/* SPDX-License-Identifier: MIT
 * CUDA C++ as g++ sees it: included before every .cu file of an emulated build. The types
 * and prototypes are NVIDIA's own headers. A __shared__ variable is a static one in a
 * section of its own, since blocks run one after the other. */
#ifndef FLX_TEST_DEVICE_H
#define FLX_TEST_DEVICE_H

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>

#undef __shared__
#define __shared__ static __attribute__((section("emu_shared")))
#undef __launch_bounds__
#define __launch_bounds__(...)

namespace emu
{
/* Where the running thread stands. */
struct Place {
    uint3 thread, block;
    dim3 block_size, grid_size;
};
extern Place *here;

/* A barrier of the block, or a rendezvous of the lanes in `mask`. For SHUFFLE every lane
 * brings `size` bytes in `data` and takes away those of lane `source`; what an absent
 * lane would have brought is NaN. */
enum Meeting { BLOCK_BARRIER, WARP_BARRIER, SHUFFLE };
struct Call {
    Meeting kind;
    unsigned mask;
    const char *file;
    int line;
    void *data;
    size_t size;
    int source;
};
void meet(const Call &call);
int lane();
/* Double precision operations since the launch; only translated PTX counts them. */
extern unsigned long long flops;
void *dynamic_shared();

/* Of a launch: refuses host pointers among the arguments, and shapes that no device
 * takes. */
void check_argument(const void *value, size_t size, const char *kernel);
bool is_launchable(const void *kernel, dim3 grid, dim3 block, size_t shared);
void enqueue_grid(const char *name, cudaStream_t stream, dim3 grid, dim3 block,
                  size_t shared, std::function<void()> body);

/* A kernel's body as nvcc compiled it to PTX, where translations are linked in. */
struct Translated {
    void (*run)(const char *parameters, char *shared);
    const unsigned *sizes; /* static shared bytes, bytes of parameters, most threads */
};
Translated find_translated(const void *kernel);
/* What only the translation tells: __launch_bounds__, and static shared memory beside the
 * dynamic. */
bool is_within_bounds(const Translated &translated, dim3 block, size_t shared);

template <class... P, class... A>
void launch(const char *name, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared,
            cudaStream_t stream, A... a)
{
    static_assert((0 + ... + sizeof(P)) <= 4096,
                  "a kernel takes 4096 bytes of arguments");
    auto checked = [&](auto value) { check_argument(&value, sizeof value, name); };
    (checked(static_cast<P>(a)), ...);
    if (!is_launchable((const void *)kernel, grid, block, shared))
        return;
    Translated translated = find_translated((const void *)kernel);
    if (!translated.run) {
        enqueue_grid(name, stream, grid, block, shared,
                     [=] { kernel(static_cast<P>(a)...); });
        return;
    }
    if (!is_within_bounds(translated, block, shared))
        return;
    std::string parameters;
    auto put = [&](auto value) {
        while (parameters.size() % alignof(decltype(value)))
            parameters += '\0';
        parameters.append((const char *)&value, sizeof value);
    };
    (put(static_cast<P>(a)), ...);
    if (parameters.size() != translated.sizes[1])
        abort(); /* g++ and nvcc lay the parameters out differently */
    enqueue_grid(name, stream, grid, block, translated.sizes[0] + shared,
                 [=] { translated.run(parameters.data(), (char *)dynamic_shared()); });
}

template <class T>
inline T shuffle(unsigned mask, T value, int source, const char *file, int line)
{
    meet({SHUFFLE, mask, file, line, &value, sizeof value, source});
    return value;
}
} // namespace emu

using std::max;
using std::min;

#define threadIdx (emu::here->thread)
#define blockIdx  (emu::here->block)
#define blockDim  (emu::here->block_size)
#define gridDim   (emu::here->grid_size)

/* Names a barrier by its caller. */
#define EMU_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(EMU_CALLER)
{
    emu::meet({emu::BLOCK_BARRIER, 0, file, line, nullptr, 0, 0});
}
inline void __syncwarp(unsigned mask = ~0u, EMU_CALLER)
{
    emu::meet({emu::WARP_BARRIER, mask, file, line, nullptr, 0, 0});
}
template <class T> inline T __shfl_sync(unsigned mask, T value, int source, EMU_CALLER)
{
    return emu::shuffle(mask, value, source & 31, file, line);
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, EMU_CALLER)
{
    int source = emu::lane() + (int)delta;
    return emu::shuffle(mask, value, source > 31 ? emu::lane() : source, file, line);
}
template <class T> inline T __shfl_xor_sync(unsigned mask, T value, int bits, EMU_CALLER)
{
    return emu::shuffle(mask, value, emu::lane() ^ bits, file, line);
}
#endif
