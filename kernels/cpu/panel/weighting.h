/* SPDX-License-Identifier: MIT
 * Losses of many weight vectors on one table of predictions: sum_i |y_i - p_i' w| or of
 * squares. A matrix product whose result is folded as it is made and never stored: a
 * group of rows stays in the first cache while every candidate passes by. Included by
 * panel.c. */
#ifndef FLX_PANEL_WEIGHTING_H
#define FLX_PANEL_WEIGHTING_H

#include "kernels/cpu/panel/vector.h"

typedef long long lane_bits __attribute__((vector_size(8 * W)));

ALWAYS_INLINE vec absolute(vec x)
{
    return (vec)((lane_bits)x & 0x7fffffffffffffffLL);
}

/* One group of rows and one panel of candidates: totals[c] += |r| or r r by lanes. */
ALWAYS_INLINE void fold_residuals(bool is_squared, int k, const double *const *P,
                                  const double *y, const double *weights, double *totals)
{
    vec acc[GROUP][W];
    for (int r = 0; r < GROUP; r++)
        for (int c = 0; c < W; c++)
            acc[r][c] = load(y + r * W);
    multiply_transposed(GROUP, -1, k, P, weights, acc);
    for (int c = 0; c < W; c++) {
        vec total = load(totals + c * W);
        for (int r = 0; r < GROUP; r++)
            total += is_squared ? acc[r][c] * acc[r][c] : absolute(acc[r][c]);
        store(totals + c * W, total);
    }
}

/* (count, k) row-major -> panels of W candidates, column by column; missing ones are 0.
 */
static void pack_candidates(int k, const double *weights, int count, double *packed)
{
    for (int i = 0; i < (count + W - 1) / W * W; i++) {
        double *to = packed + (size_t)(i / W) * (size_t)k * W + i % W;
        for (int j = 0; j < k; j++)
            to[(size_t)j * W] =
                i < count ? weights[(size_t)i * (size_t)k + (size_t)j] : 0;
    }
}

ALWAYS_INLINE void fold_rows(bool is_squared, const flx_panel_weighting *weighting,
                             int panels, const double *packed, double *totals)
{
    size_t k = (size_t)weighting->k;
    for (int g = 0; g < weighting->groups; g++) {
        const double *P = weighting->P + (size_t)g * GROUP * k * W;
        const double *rows[GROUP] = {P, P + k * W, P + 2 * k * W};
        for (int p = 0; p < panels; p++)
            fold_residuals(is_squared, weighting->k, rows,
                           weighting->y + (size_t)g * GROUP * W,
                           packed + (size_t)p * k * W, totals + (size_t)p * W * W);
    }
}

static size_t losses_size(int k)
{
    return (size_t)FLX_WEIGHTING_BLOCK * ((size_t)k + W);
}

static void weighting_losses(const flx_panel_weighting *weighting, const double *weights,
                             int count, double *work, double *losses)
{
    double *packed = work,
           *totals = work + (size_t)FLX_WEIGHTING_BLOCK * (size_t)weighting->k;
    int panels = (count + W - 1) / W;
    pack_candidates(weighting->k, weights, count, packed);
    memset(totals, 0, (size_t)panels * W * W * sizeof *totals);
    if (weighting->is_squared)
        fold_rows(true, weighting, panels, packed, totals);
    else
        fold_rows(false, weighting, panels, packed, totals);
    for (int c = 0; c < count; c++)
        losses[c] = sum_lanes(load(totals + (size_t)c * W));
}
#endif
