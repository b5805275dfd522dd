/* SPDX-License-Identifier: MIT
 * A gene: one dimension of the unit cube that population optimizers search, and what its
 * kind makes of a value. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_DIMENSION_H
#define FLX_FORMULA_DIMENSION_H

#include "kernels/formulas/inline.h"

#include <math.h>

/* A continuous gene takes part in the arithmetic as it stands. So does one of levels,
 * which is rounded only where it is evaluated: a population of rounded genes would lose
 * the small differences that mutation lives on. A category has no order: it is copied
 * from a donor or drawn anew, and stands at the centre of its level always. */
typedef enum {
    FLX_DIMENSION_CONTINUOUS,
    FLX_DIMENSION_LEVELS,
    FLX_DIMENSION_CATEGORY
} flx_dimension_kind;

typedef struct {
    flx_dimension_kind kind;
    double levels;    /* >= 1; not used by a continuous gene */
    double log_first; /* 0: all levels are equally wide; v >= 1: the levels are the
                         integers v, v + 1, ... and as wide as on a logarithmic scale */
} flx_dimension;

/* Level of a unit value, 0 .. levels - 1. */
FLX_INLINE double flx_dimension_level(flx_dimension gene, double unit)
{
    double level = floor(unit * gene.levels);
    if (gene.log_first > 0) {
        double span = log((gene.log_first + gene.levels) / gene.log_first);
        level = floor(gene.log_first * (exp(unit * span) - 1));
    }
    return level < 0 ? 0 : level > gene.levels - 1 ? gene.levels - 1 : level;
}

/* The unit value in the middle of a level. */
FLX_INLINE double flx_dimension_centre(flx_dimension gene, double level)
{
    if (!(gene.log_first > 0))
        return (level + 0.5) / gene.levels;
    double span = log((gene.log_first + gene.levels) / gene.log_first);
    double low = log((gene.log_first + level) / gene.log_first);
    double high = log((gene.log_first + level + 1) / gene.log_first);
    return 0.5 * (low + high) / span;
}

/* The value that is evaluated: clipped, and the centre of its level where it has levels.
 */
FLX_INLINE double flx_dimension_snap(flx_dimension gene, double unit)
{
    double inside = unit > 0 ? unit < 1 ? unit : 1 : 0;
    if (gene.kind == FLX_DIMENSION_CONTINUOUS)
        return inside;
    return flx_dimension_centre(gene, flx_dimension_level(gene, inside));
}

/* Chance that a mutated category is drawn anew: one gene in ten trials. */
FLX_INLINE double flx_resample_chance(const flx_dimension *genes, int n_genes)
{
    int n_categories = 0;
    for (int d = 0; genes && d < n_genes; d++)
        n_categories += genes[d].kind == FLX_DIMENSION_CATEGORY;
    return n_categories ? 0.1 / n_categories : 0;
}
#endif
