/* SPDX-License-Identifier: MIT
 * Folds of cross-validation: every row is left out once. Drawn by Philox from the seed
 * alone, so that all models of one table share their folds. */
#ifndef FLX_FOLDS_H
#define FLX_FOLDS_H

#include <stdint.h>

enum { FLX_FOLDS = 5 };

/* fold (n) out, from 0 to min(n, FLX_FOLDS) - 1; sizes differ by one at most. */
void flx_folds_deal(int n, uint64_t seed, int *fold);
#endif
