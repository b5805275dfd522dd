/* SPDX-License-Identifier: MIT
 * Gradient of the log marginal likelihood. With W = a a' - K^-1 (a = K^-1 y) and the
 * slopes G of the covariance (R&W eq. 5.9): d/d log s2    = (sum W o K_f) / 2 = (y'a - n
 * - (sn2 + jitter) tr W) / 2 d/d log sn2   = sn2 tr W / 2 d/d log ell_k = sum_{i>j} M_ij
 * (z_ik - z_jk)^2,   M = W o G = sum_i s_i z_ik^2 - 2 sum_{i>j} M_ij z_ik z_jk,  s = row
 * sums of M + M' so all length scales come from one triangular product M Z. Included by
 * panel.c. */
#ifndef FLX_PANEL_GRADIENT_H
#define FLX_PANEL_GRADIENT_H

#include "kernels/cpu/panel/cholesky.h"

/* Blocks (g .. g + R - 1, j) of K^-1 = U U', turned into M where G was. */
ALWAYS_INLINE void weight_rows(int R, int g, int j, int panels, const double *U,
                               const double *alpha, double *G, double *inverse_diagonal)
{
    const double *rows[GROUP];
    vec acc[GROUP][W];
    for (int r = 0; r < R; r++) {
        rows[r] = U + upper_offset(g + r, panels);
        for (int c = 0; c < W; c++)
            acc[r][c] = splat(0.0);
    }
    const double *U_j =
        U + upper_offset(j, panels) + (size_t)(g - group_start(j)) * W * W;
    multiply_transposed(R, 1, (panels - g) * W, rows, U_j, acc);
    for (int r = 0; r < R; r++) {
        int p = g + r;
        if (p < j)
            continue;
        double *M = G + lower_offset(p) + (size_t)j * W * W;
        vec alpha_p = load(alpha + p * W);
        if (p == j)
            for (int c = 0; c < W; c++)
                inverse_diagonal[p * W + c] = acc[r][c][c];
        for (int c = 0; c < W; c++) {
            vec weight = alpha_p * splat(alpha[j * W + c]) - acc[r][c];
            store(M + c * W, weight * load(M + c * W));
        }
    }
}

/* G <- (a a' - K^-1) o G, and the diagonal of K^-1. */
static void weight_slopes(int panels, const double *U, const double *alpha, double *G,
                          double *inverse_diagonal)
{
    for (int j = 0; j < panels; j++) {
        for (int g = group_start(j); g < panels; g += GROUP) {
            if (g + GROUP <= panels)
                weight_rows(GROUP, g, j, panels, U, alpha, G, inverse_diagonal);
            else if (g + 2 == panels)
                weight_rows(2, g, j, panels, U, alpha, G, inverse_diagonal);
            else
                weight_rows(1, g, j, panels, U, alpha, G, inverse_diagonal);
        }
    }
}

/* lanes (d, W) += M_pq Z_q for one block, and both sums of the block. */
ALWAYS_INLINE void add_block(int d, const double *M, const double *zq, double *lanes,
                             vec *row_sum, double *column_sum)
{
    vec m[W];
    for (int c = 0; c < W; c++) {
        m[c] = load(M + c * W);
        *row_sum += m[c];
        column_sum[c] += sum_lanes(m[c]);
    }
    for (int k = 0; k < d; k++) {
        const double *z = zq + (size_t)k * W;
        vec even = load(lanes + (size_t)k * W), odd = splat(0.0);
        for (int c = 0; c < W; c += 2) {
            even += m[c] * splat(z[c]);
            odd += m[c + 1] * splat(z[c + 1]);
        }
        store(lanes + (size_t)k * W, even + odd);
    }
}

/* slope[k] = d value / d log ell_k from M in packed lower panels. */
static void reduce_slopes(const flx_panel_data *data, const double *Z, const double *M,
                          double *row_sum, double *lanes, double *slope)
{
    int d = data->d;
    size_t panel_size = (size_t)d * W;
    memset(slope, 0, (size_t)d * sizeof *slope);
    memset(row_sum, 0, (size_t)data->rows * sizeof *row_sum);
    for (int p = 0; p < data->panels; p++) {
        const double *M_p = M + lower_offset(p), *zp = Z + (size_t)p * panel_size;
        memset(lanes, 0, panel_size * sizeof *lanes);
        vec rows = splat(0.0);
        for (int q = 0; q <= p; q++)
            add_block(d, M_p + (size_t)q * W * W, Z + (size_t)q * panel_size, lanes,
                      &rows, row_sum + q * W);
        store(row_sum + p * W, load(row_sum + p * W) + rows);
        for (int k = 0; k < d; k++)
            slope[k] -=
                2.0 * sum_lanes(load(lanes + (size_t)k * W) * load(zp + (size_t)k * W));
    }
    for (int p = 0; p < data->panels; p++) {
        const double *zp = Z + (size_t)p * panel_size;
        for (int k = 0; k < d; k++) {
            vec z = load(zp + (size_t)k * W);
            slope[k] += sum_lanes(load(row_sum + p * W) * z * z);
        }
    }
}
#endif
