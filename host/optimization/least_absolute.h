/* SPDX-License-Identifier: MIT
 * Least absolute deviations under weights in [0, 1] or on the simplex, exactly: the
 * linear programme behind output weighting, by descent along edges (Barrodale & Roberts
 * 1973: one step passes many breakpoints at once) from any start. */
#ifndef FLX_LEAST_ABSOLUTE_H
#define FLX_LEAST_ABSOLUTE_H

#include "host/optimization/output_weighting.h"

/* weights (k) in: a start that satisfies the form's bounds (mean: sum 1); out: the
 * optimum. *bound: no weights have a smaller mean absolute error; valid even where the
 * descent was cut short. Cost about n k an edge, some multiple of k edges. */
flx_status flx_least_absolute(const flx_output_weighting_problem *problem,
                              double *weights, double *bound, flx_error *error);
#endif
