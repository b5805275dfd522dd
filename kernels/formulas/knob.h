/* SPDX-License-Identifier: MIT
 * The setting that a knob has at a point of the unit cube. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_KNOB_H
#define FLX_FORMULA_KNOB_H

#include "kernels/formulas/dimension.h"

/* What of a knob its settings depend on. */
typedef struct {
    flx_dimension dimension;
    int is_log;      /* of a continuous knob */
    double min, max; /* bounds of a continuous knob; min: the first of a row of integers,
                        0 for the index of a choice */
    double span;     /* log(max / min) where is_log */
} flx_knob_scale;

/* values: what the levels stand for where that is a list, else NULL. */
FLX_INLINE double flx_knob_setting(flx_knob_scale scale, const double *values,
                                   double unit)
{
    double inside = unit > 0 ? unit < 1 ? unit : 1 : 0;
    if (scale.dimension.kind == FLX_DIMENSION_CONTINUOUS) {
        double value = scale.is_log ? scale.min * exp(inside * scale.span)
                                    : scale.min + inside * (scale.max - scale.min);
        return inside == 1 ? scale.max : fmin(fmax(value, scale.min), scale.max);
    }
    double level = flx_dimension_level(scale.dimension, inside);
    return values ? values[(int)level] : scale.min + level;
}
#endif
