/* SPDX-License-Identifier: MIT
 * A row of random numbers, one counter a lane. Included by panel.c. */
#ifndef FLX_PANEL_UNIFORMS_H
#define FLX_PANEL_UNIFORMS_H

#include "kernels/formulas/philox.h"

enum { LANES = 16 }; /* a block: a short row costs less in whole vectors than one by one */

static void uniforms(uint64_t seed, uint32_t stream, uint32_t individual,
                     uint32_t generation, int count, double *out)
{
    for (int first = 0; first < count; first += LANES) {
        double block[LANES];
#pragma omp simd
        for (int d = 0; d < LANES; d++)
            block[d] =
                flx_uniform(seed, stream, individual, generation, (uint32_t)(first + d));
        int left = count - first < LANES ? count - first : LANES;
        memcpy(out + first, block, (size_t)left * sizeof *out);
    }
}
#endif
