/* SPDX-License-Identifier: MIT
 * What the searches of host/optimization/output_weighting.c begin with: refusal of bad
 * problems by name, and weights known to be good. */
#ifndef FLX_OUTPUT_WEIGHTING_PROBLEM_H
#define FLX_OUTPUT_WEIGHTING_PROBLEM_H

#include "host/optimization/nnls.h"

/* FLX_BAD_INPUT names problem, row and model. */
flx_status flx_output_weighting_check(const flx_output_weighting_problem *problem,
                                      flx_error *error);

/* *seeds (*n_seeds, k), to be freed: cached weights, then unless is_paper all weights
 * equal, every model alone, and the least squares solution. The triangle may be NULL for
 * the paper's. */
flx_status flx_output_weighting_seeds(const flx_output_weighting_problem *problem,
                                      bool is_paper, const flx_triangle *triangle,
                                      double **seeds, int *n_seeds, flx_error *error);
#endif
