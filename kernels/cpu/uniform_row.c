/* SPDX-License-Identifier: MIT */
#include "kernels/uniform_row.h"

#include "kernels/cpu/panel/panel.h"

void flx_uniform_row(uint64_t seed, uint32_t stream, uint32_t individual,
                     uint32_t generation, int count, double *out)
{
    flx_panel_choose()->uniforms(seed, stream, individual, generation, count, out);
}
