/* SPDX-License-Identifier: MIT */
#include "host/folds.h"

#include "kernels/formulas/philox.h"

enum { FOLD_STREAM = 0x464f4c44 }; /* "FOLD" */

void flx_folds_deal(int n, uint64_t seed, int *fold)
{
    for (int i = 0; i < n; i++)
        fold[i] = i % FLX_FOLDS;
    for (int i = n - 1; i > 0; i--) {
        int j = flx_below(seed, FOLD_STREAM, (uint32_t)i, 0, 0, i + 1);
        int moved = fold[i];
        fold[i] = fold[j];
        fold[j] = moved;
    }
}
