/* SPDX-License-Identifier: MIT
 * One dimension of the unit cube that population optimizers search, and what its kind
 * makes of a value. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_DIMENSION_H
#define FLX_FORMULA_DIMENSION_H

#include "kernels/formulas/inline.h"

#include <math.h>

/* A continuous value takes part in the arithmetic as it stands. So does one of levels,
 * which is rounded only where it is evaluated: a population of rounded values would lose
 * the small differences that mutation lives on. A category has no order: it is copied
 * from another member or drawn anew, and always stands at the centre of its level. */
typedef enum {
    FLX_DIMENSION_CONTINUOUS,
    FLX_DIMENSION_LEVELS,
    FLX_DIMENSION_CATEGORY
} flx_dimension_kind;

typedef struct {
    flx_dimension_kind kind;
    double levels;    /* >= 1; not used by a continuous dimension */
    double log_first; /* 0: all levels are equally wide; v >= 1: the levels are the
                         integers v, v + 1, ... and as wide as on a logarithmic scale */
} flx_dimension;

/* Level of a unit value, 0 .. levels - 1. */
FLX_INLINE double flx_dimension_level(flx_dimension dimension, double unit)
{
    double level = floor(unit * dimension.levels);
    if (dimension.log_first > 0) {
        double span = log((dimension.log_first + dimension.levels) / dimension.log_first);
        level = floor(dimension.log_first * (exp(unit * span) - 1));
    }
    return level < 0 ? 0 : level > dimension.levels - 1 ? dimension.levels - 1 : level;
}

/* The unit value in the middle of a level. */
FLX_INLINE double flx_dimension_centre(flx_dimension dimension, double level)
{
    if (!(dimension.log_first > 0))
        return (level + 0.5) / dimension.levels;
    double span = log((dimension.log_first + dimension.levels) / dimension.log_first);
    double low = log((dimension.log_first + level) / dimension.log_first);
    double high = log((dimension.log_first + level + 1) / dimension.log_first);
    return 0.5 * (low + high) / span;
}

/* The value that is evaluated: clipped, and the centre of its level where it has levels.
 */
FLX_INLINE double flx_dimension_snap(flx_dimension dimension, double unit)
{
    double inside = unit > 0 ? unit < 1 ? unit : 1 : 0;
    if (dimension.kind == FLX_DIMENSION_CONTINUOUS)
        return inside;
    return flx_dimension_centre(dimension, flx_dimension_level(dimension, inside));
}

/* Chance that a mutated category is drawn anew: one value in ten trials. */
FLX_INLINE double flx_resample_chance(const flx_dimension *dimensions, int n_dimensions)
{
    int n_categories = 0;
    for (int d = 0; dimensions && d < n_dimensions; d++)
        n_categories += dimensions[d].kind == FLX_DIMENSION_CATEGORY;
    return n_categories ? 0.1 / n_categories : 0;
}
#endif
