/* SPDX-License-Identifier: MIT
 * The emulator's side of the two constructs that are not C++; nvcc's side is
 * kernels/cuda/nvcc/flx_launch.h. The include path chooses. */
#ifndef FLX_TEST_FLX_LAUNCH_H
#define FLX_TEST_FLX_LAUNCH_H

#define FLX_LAUNCH(kernel, grid, block, shared, stream, ...)                             \
    emu::launch(#kernel, kernel, grid, block, shared, stream, __VA_ARGS__)
#define FLX_DYNAMIC_SHARED(type, name)                                                   \
    type *name = static_cast<type *>(emu::dynamic_shared())
#endif
