/* SPDX-License-Identifier: MIT
 * Rows of a step, and trees over rows. */
#ifndef FLX_TEST_STEP_H
#define FLX_TEST_STEP_H

#include "host/regression/tree_ensemble.h"

enum { STEP_ROWS = 80, STEP_COLUMNS = 3 };
extern double step_X[STEP_ROWS * STEP_COLUMNS], step_y[STEP_ROWS];

/* A step in the first column, 10 below 0.5 and 30 above; the others say nothing. */
void make_step(void);

extern const flx_predictor_kind tree_kinds[2]; /* boosted, forest */
flx_trees *grow_trees(const flx_trees_options *options, const double *rows,
                      const double *target, int n, int d);
#endif
