/* SPDX-License-Identifier: MIT
 * Covariance functions of a squared scaled distance r2, and their slopes (Rasmussen &
 * Williams 2006, 4.2). FLX_COVARIANCE_FUNCTIONS is the list of them: another one is a
 * function and a row. Branch-free, so that CPU loops vectorize. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_COVARIANCE_H
#define FLX_FORMULA_COVARIANCE_H

#include "kernels/formulas/inline.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

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

/* The covariance k = s2 p exp(-t), and its slope g = -2 dk / d r2 = s2 q exp(-t), so that
 * d k / d log ell_j = g (z_j - z'_j)^2 and d k / d z_j = -g (z_j - z'_j). All of them
 * have k = s2 at r2 = 0, and no singularity there. */
typedef struct {
    double t, p, q;
} flx_covariance_terms;

/* k = s2 (1 + a + a^2 / 3) exp(-a), a = sqrt(5) r */
FLX_INLINE flx_covariance_terms flx_matern52(double r2)
{
    double a = 2.2360679774997896964 * sqrt(r2);
    flx_covariance_terms terms = {a, 1.0 + a + (5.0 / 3.0) * r2, (5.0 / 3.0) * (1.0 + a)};
    return terms;
}

/* k = s2 (1 + a) exp(-a), a = sqrt(3) r */
FLX_INLINE flx_covariance_terms flx_matern32(double r2)
{
    double a = 1.7320508075688772935 * sqrt(r2);
    flx_covariance_terms terms = {a, 1.0 + a, 3.0};
    return terms;
}

/* k = s2 exp(-r2 / 2) */
FLX_INLINE flx_covariance_terms flx_squared_exponential(double r2)
{
    flx_covariance_terms terms = {0.5 * r2, 1.0, 1.0};
    return terms;
}

/* A row: its constant, its name in files and options, its function. The first one is that
 * of files without a name; rows are only ever added at the end. */
#define FLX_COVARIANCE_FUNCTIONS(X)                                                      \
    X(FLX_MATERN52, "matern52", flx_matern52)                                            \
    X(FLX_MATERN32, "matern32", flx_matern32)                                            \
    X(FLX_SQUARED_EXPONENTIAL, "squared-exponential", flx_squared_exponential)

#define FLX_COVARIANCE_CONSTANT(constant, name, function) constant,
typedef enum { FLX_COVARIANCE_FUNCTIONS(FLX_COVARIANCE_CONSTANT) } flx_covariance;

#define FLX_COVARIANCE_ONE(constant, name, function) +1
enum { FLX_COVARIANCES = 0 FLX_COVARIANCE_FUNCTIONS(FLX_COVARIANCE_ONE) }; /* how many */

#define FLX_COVARIANCE_CASE(constant, name, function)                                    \
    case constant:                                                                       \
        return function(r2);
FLX_INLINE flx_covariance_terms flx_covariance_terms_of(flx_covariance covariance,
                                                        double r2)
{
    switch (covariance) {
        FLX_COVARIANCE_FUNCTIONS(FLX_COVARIANCE_CASE)
    }
    return flx_matern52(r2);
}

/* k and g at r2. Where `covariance` is a constant, nothing of the choice is left. */
FLX_INLINE void flx_covariance_at(flx_covariance covariance, double s2, double r2,
                                  double *k, double *g)
{
    flx_covariance_terms terms = flx_covariance_terms_of(covariance, r2);
    double e = s2 * flx_exp_negative(-terms.t);
    *g = terms.q * e;
    *k = terms.p * e;
}
#endif
