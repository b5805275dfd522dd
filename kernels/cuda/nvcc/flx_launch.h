/* SPDX-License-Identifier: MIT
 * nvcc's side of the two constructs that are not C++, a launch and dynamic shared memory;
 * the emulator's side is tests/emulator/include/flx_launch.h. The include path chooses.
 */
#ifndef FLX_CUDA_FLX_LAUNCH_H
#define FLX_CUDA_FLX_LAUNCH_H

#define FLX_LAUNCH(kernel, grid, block, shared, stream, ...)                             \
    kernel<<<grid, block, shared, stream>>>(__VA_ARGS__)
#define FLX_DYNAMIC_SHARED(type, name)                                                   \
    extern __shared__ __align__(16) unsigned char flx_dynamic_shared[];                  \
    type *name = reinterpret_cast<type *>(flx_dynamic_shared)
#endif
