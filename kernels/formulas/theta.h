/* SPDX-License-Identifier: MIT
 * The layout of theta, the logarithms of a Gaussian process's hyper-parameters: the
 * signal variance, L length scales (one for every one of the d inputs, or a single one
 * where is_isotropic), the noise variance. Nobody else knows where they stand. Valid C11
 * and CUDA. */
#ifndef FLX_FORMULA_THETA_H
#define FLX_FORMULA_THETA_H

#include "kernels/formulas/inline.h"

#include <math.h>
#include <stdbool.h>

/* The length scales stand from FLX_THETA_SCALES up to the noise. */
enum { FLX_THETA_SIGNAL = 0, FLX_THETA_SCALES = 1 };

/* Where the length scale of input k = 0 .. d - 1 stands. */
FLX_INLINE int flx_theta_scale(bool is_isotropic, int k)
{
    return is_isotropic ? FLX_THETA_SCALES : FLX_THETA_SCALES + k;
}

/* Where the noise stands: behind the L length scales. */
FLX_INLINE int flx_theta_noise(int d, bool is_isotropic)
{
    return flx_theta_scale(is_isotropic, d - 1) + 1;
}

/* 2 + L */
FLX_INLINE int flx_theta_size(int d, bool is_isotropic)
{
    return flx_theta_noise(d, is_isotropic) + 1;
}

FLX_INLINE double flx_signal_variance(const double *theta)
{
    return exp(theta[FLX_THETA_SIGNAL]);
}

FLX_INLINE double flx_noise_variance(const double *theta, int d, bool is_isotropic)
{
    return exp(theta[flx_theta_noise(d, is_isotropic)]);
}

/* 1 / ell of input k, by which inputs are multiplied. */
FLX_INLINE double flx_inverse_length_scale(const double *theta, bool is_isotropic, int k)
{
    return exp(-theta[flx_theta_scale(is_isotropic, k)]);
}
#endif
