/* SPDX-License-Identifier: MIT
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11). A number is a pure
 * function of (seed, stream, individual, generation, dimension), so that any backend,
 * launch shape and thread count draws the same ones. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_PHILOX_H
#define FLX_FORMULA_PHILOX_H

#include "kernels/formulas/inline.h"

#include <math.h>
#include <stdint.h>

typedef struct {
    uint32_t word[4];
} flx_philox_block;

FLX_INLINE flx_philox_block flx_philox(uint64_t seed, uint32_t c0, uint32_t c1,
                                       uint32_t c2, uint32_t c3)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    flx_philox_block block = {{c0, c1, c2, c3}};
    return block;
}

/* Uniform in (0, 1): 53 bits, never 0 or 1. */
FLX_INLINE double flx_unit_from_words(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 12;
    return ((double)bits + 0.5) * (1.0 / 4503599627370496.0);
}

FLX_INLINE double flx_uniform(uint64_t seed, uint32_t stream, uint32_t individual,
                              uint32_t generation, uint32_t dimension)
{
    flx_philox_block b = flx_philox(seed, individual, generation, dimension, stream);
    return flx_unit_from_words(b.word[0], b.word[1]);
}

/* Standard normal by Box-Muller from one block. */
FLX_INLINE double flx_normal(uint64_t seed, uint32_t stream, uint32_t individual,
                             uint32_t generation, uint32_t dimension)
{
    flx_philox_block b = flx_philox(seed, individual, generation, dimension, stream);
    double u = flx_unit_from_words(b.word[0], b.word[1]);
    double v = flx_unit_from_words(b.word[2], b.word[3]);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586477 * v);
}

/* An integer in [0, n), n >= 1. */
FLX_INLINE int flx_below(uint64_t seed, uint32_t stream, uint32_t individual,
                         uint32_t generation, uint32_t dimension, int n)
{
    int k = (int)(flx_uniform(seed, stream, individual, generation, dimension) * n);
    return k < n ? k : n - 1;
}
#endif
