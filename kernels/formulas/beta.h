/* SPDX-License-Identifier: MIT
 * Draws from Gamma and Beta distributions, counter-based like every other draw: the tries
 * of the rejection count up the dimension. Gamma by squeezing a normal (Marsaglia & Tsang
 * 2000), Beta(a, b) = G(a) / (G(a) + G(b)). Valid C11 and CUDA. */
#ifndef FLX_FORMULA_BETA_H
#define FLX_FORMULA_BETA_H

#include "kernels/formulas/philox.h"

/* Gamma of shape >= 1 and scale 1. A try is taken in more than 95 of 100 cases. */
FLX_INLINE double flx_gamma_draw(double shape, uint64_t seed, uint32_t stream,
                                 uint32_t individual, uint32_t generation)
{
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (uint32_t t = 0;; t += 2) {
        double x = flx_normal(seed, stream, individual, generation, t);
        double u = flx_uniform(seed, stream, individual, generation, t + 1);
        double root = 1.0 + c * x, v = root * root * root;
        if (root > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

/* Beta(a, b), a and b >= 1: in (0, 1). Uses individuals 2 * individual and the next. */
FLX_INLINE double flx_beta_draw(double a, double b, uint64_t seed, uint32_t stream,
                                uint32_t individual, uint32_t generation)
{
    double ga = flx_gamma_draw(a, seed, stream, 2 * individual, generation);
    double gb = flx_gamma_draw(b, seed, stream, 2 * individual + 1, generation);
    return ga / (ga + gb);
}
#endif
