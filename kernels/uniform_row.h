/* SPDX-License-Identifier: MIT
 * Many random numbers of one stream at once, on the widest vectors that the processor has:
 * bit for bit those of kernels/formulas/philox.h, several times as fast. */
#ifndef FLX_UNIFORM_ROW_H
#define FLX_UNIFORM_ROW_H

#include <stdint.h>

/* out[d] = flx_uniform(seed, stream, individual, generation, d), d = 0 .. count - 1. */
void flx_uniform_row(uint64_t seed, uint32_t stream, uint32_t individual,
                     uint32_t generation, int count, double *out);
#endif
