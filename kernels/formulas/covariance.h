/* SPDX-License-Identifier: MIT
 * Matern 5/2 from a squared scaled distance, and its slope. Branch-free, so that CPU
 * loops vectorize. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_COVARIANCE_H
#define FLX_FORMULA_COVARIANCE_H

#include "kernels/formulas/inline.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define FLX_SQRT5 2.2360679774997896964

/* exp(x) for x <= 0 to within 1 ulp: x = k ln 2 + f, Taylor polynomial in f, 2^k through
 * the exponent bits. Below -708 the result is 0. */
FLX_INLINE double flx_exp_negative(double x)
{
    const double shift = 6755399441055744.0; /* 1.5 * 2^52: rounds to an integer */
    double bounded = x > -708.0 ? x : -708.0;
    double t = bounded * 1.4426950408889634074 + shift;
    double k = t - shift;
    double f =
        (bounded - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * f + 1.0 / 479001600.0;
    p = p * f + 1.0 / 39916800.0;
    p = p * f + 1.0 / 3628800.0;
    p = p * f + 1.0 / 362880.0;
    p = p * f + 1.0 / 40320.0;
    p = p * f + 1.0 / 5040.0;
    p = p * f + 1.0 / 720.0;
    p = p * f + 1.0 / 120.0;
    p = p * f + 1.0 / 24.0;
    p = p * f + 1.0 / 6.0;
    p = p * f + 0.5;
    p = p * f + 1.0;
    p = p * f + 1.0;
    uint64_t bits, power;
    memcpy(&bits, &t, sizeof bits);
    power = (bits + 1023u) << 52; /* the low bits of t hold k in two's complement */
    double scale;
    memcpy(&scale, &power, sizeof scale);
    return x > -708.0 ? p * scale : 0.0;
}

/* k = s2 (1 + sqrt5 r + 5/3 r^2) exp(-sqrt5 r)
 * g = s2 5/3 (1 + sqrt5 r) exp(-sqrt5 r), so that d k / d log ell_j = g (z_j - z'_j)^2
 * and d k / d z_j = -g (z_j - z'_j): no singularity at r = 0. */
FLX_INLINE void flx_matern52(double s2, double r2, double *k, double *g)
{
    double a = FLX_SQRT5 * sqrt(r2);
    double e = s2 * flx_exp_negative(-a);
    *g = (5.0 / 3.0) * (1.0 + a) * e;
    *k = (1.0 + a + (5.0 / 3.0) * r2) * e;
}
#endif
