/* SPDX-License-Identifier: MIT
 * Sizes that the host and the kernels share. */
#ifndef FLX_CUDA_SIZES_H
#define FLX_CUDA_SIZES_H

enum {
    FLX_CUDA_TILE = 32,         /* rows and columns of a tile: lanes of a warp */
    FLX_CUDA_FUSED_LIMIT = 240, /* the largest packed triangle in shared memory */
    /* as many as the fused kernel has sizes */
    FLX_CUDA_STREAMS = (FLX_CUDA_FUSED_LIMIT + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE
};
#endif
