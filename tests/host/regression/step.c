/* SPDX-License-Identifier: MIT */
#include "tests/host/regression/step.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <stdlib.h>

double step_X[STEP_ROWS * STEP_COLUMNS], step_y[STEP_ROWS];
const flx_predictor_kind tree_kinds[2] = {FLX_PREDICTOR_XGBOOST, FLX_PREDICTOR_FOREST};

void make_step(void)
{
    for (uint32_t i = 0; i < STEP_ROWS; i++) {
        for (uint32_t k = 0; k < STEP_COLUMNS; k++)
            step_X[i * STEP_COLUMNS + k] = flx_uniform(4, 1, i, k, 0);
        step_y[i] = step_X[i * STEP_COLUMNS] < 0.5 ? 10 : 30;
    }
}

flx_trees *grow_trees(const flx_trees_options *options, const double *rows,
                      const double *target, int n, int d)
{
    unsigned char *bytes;
    size_t size;
    flx_trees *trees = NULL;
    flx_error error = {0};
    assert_int(flx_trees_fit(options, rows, target, n, d, &bytes, &size, &error), FLX_OK);
    assert_int(flx_trees_load(bytes, size, d, &trees, &error), FLX_OK);
    free(bytes);
    return trees;
}
