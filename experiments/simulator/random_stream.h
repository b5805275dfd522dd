/* SPDX-License-Identifier: MIT
 * The random numbers of one simulated run: xoshiro256** (Blackman and Vigna, 2018), a few
 * cycles a number, started from Philox of (seed, row), so that rows are independent of
 * each other and of the thread that works on them. */
#ifndef FLX_SIMULATOR_RANDOM_STREAM_H
#define FLX_SIMULATOR_RANDOM_STREAM_H

#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdint.h>

typedef struct {
    uint64_t state[4];
    double spare; /* second normal of a pair; NaN = none */
} flx_random_stream;

static inline flx_random_stream flx_random_start(uint64_t seed, uint32_t row)
{
    flx_random_stream stream = {.spare = (double)NAN};
    for (uint32_t half = 0; half < 2; half++) {
        flx_philox_block b = flx_philox(seed, row, half, 0, 0x53494d55u);
        stream.state[2 * half] = (uint64_t)b.word[0] << 32 | b.word[1];
        stream.state[2 * half + 1] = (uint64_t)b.word[2] << 32 | b.word[3];
    }
    stream.state[0] |= 1; /* all zeros would stay zeros */
    return stream;
}

static inline uint64_t flx_random_bits(flx_random_stream *stream)
{
    uint64_t *s = stream->state, product = s[1] * 5, t = s[1] << 17;
    uint64_t result = (product << 7 | product >> 57) * 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* Uniform in (0, 1). */
static inline double flx_random_unit(flx_random_stream *stream)
{
    return ((double)(flx_random_bits(stream) >> 12) + 0.5) * (1.0 / 4503599627370496.0);
}

/* Mean 1. */
static inline double flx_random_exponential(flx_random_stream *stream)
{
    return -log(flx_random_unit(stream));
}

/* Standard normal, polar method (Marsaglia). */
static inline double flx_random_normal(flx_random_stream *stream)
{
    if (!isnan(stream->spare)) {
        double spare = stream->spare;
        stream->spare = (double)NAN;
        return spare;
    }
    double u, v, square;
    do {
        u = 2.0 * flx_random_unit(stream) - 1.0;
        v = 2.0 * flx_random_unit(stream) - 1.0;
        square = u * u + v * v;
    } while (square >= 1.0 || square == 0.0);
    double scale = sqrt(-2.0 * log(square) / square);
    stream->spare = v * scale;
    return u * scale;
}
#endif
