/* SPDX-License-Identifier: MIT
 * A row of random numbers, one counter a lane. Included by panel.c. */
#ifndef FLX_PANEL_UNIFORMS_H
#define FLX_PANEL_UNIFORMS_H

#include "kernels/formulas/philox.h"

static void uniforms(uint64_t seed, uint32_t stream, uint32_t individual,
                     uint32_t generation, int count, double *out)
{
#pragma omp simd
    for (int d = 0; d < count; d++)
        out[d] = flx_uniform(seed, stream, individual, generation, (uint32_t)d);
}
#endif
