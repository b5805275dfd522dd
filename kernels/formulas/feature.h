/* SPDX-License-Identifier: MIT
 * From the raw value of an input to the feature that a model reads, and from a model's
 * mean to the value of the output. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_FEATURE_H
#define FLX_FORMULA_FEATURE_H

#include "kernels/formulas/inline.h"

#include <math.h>

/* feature = (clip(t(value), low, high) - center) * scale with t the natural logarithm or
 * nothing; a missing value (NaN) counts as `fill`, in units of t. An indicator is 1 where
 * the value is missing and 0 elsewhere, clipped and scaled likewise. */
typedef struct {
    int is_indicator, is_log;
    double low, high, center, scale, fill;
} flx_scaling;

FLX_INLINE double flx_keep_within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* t(value) */
FLX_INLINE double flx_feature_transform(flx_scaling scaling, double value)
{
    if (scaling.is_indicator)
        return isnan(value) ? 1.0 : 0.0;
    if (isnan(value))
        return scaling.fill;
    if (!scaling.is_log)
        return value;
    return value > 0 ? log(value) : scaling.low;
}

FLX_INLINE double flx_feature_value(flx_scaling scaling, double value)
{
    double t =
        flx_keep_within(flx_feature_transform(scaling, value), scaling.low, scaling.high);
    return (t - scaling.center) * scaling.scale;
}

/* The output from its mean, which is that of its logarithm where is_log. */
FLX_INLINE double flx_output_value(double mean, int is_log, double low, double high)
{
    return flx_keep_within(is_log ? exp(mean) : mean, low, high);
}
#endif
