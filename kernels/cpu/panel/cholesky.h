/* SPDX-License-Identifier: MIT
 * Cholesky factor L, its inverse transpose U = L^-T and the inverse U U' of a symmetric
 * matrix in panels, all by one inner loop (vector.h): left-looking, W columns at a time,
 * up to 3 row panels in registers. n^3 flops in total, as potrf + potri. Included by
 * panel.c. */
#ifndef FLX_PANEL_CHOLESKY_H
#define FLX_PANEL_CHOLESKY_H

#include "kernels/cpu/panel/vector.h"

enum { GROUP = 3 }; /* row panels handled together */

/* Panel p of a packed lower triangle holds columns 0 .. (p + 1) W - 1. */
ALWAYS_INLINE size_t lower_offset(int p)
{
    return (size_t)W * W * ((size_t)p * ((size_t)p + 1) / 2);
}

/* Panel p of the upper factor holds columns from its group's first panel on, so that a
 * group starts at one column; what lies left of the diagonal inside a group is stored as
 * zero. */
ALWAYS_INLINE int group_start(int p)
{
    return p - p % GROUP;
}

ALWAYS_INLINE size_t upper_offset(int p, int panels)
{
    size_t g = (size_t)(p / GROUP), N = (size_t)panels, r = (size_t)(p % GROUP);
    size_t before = GROUP * (g * N - GROUP * (g * (g - (g > 0))) / 2);
    return (size_t)W * W * (before + r * (N - g * GROUP));
}

/* Factors the W x W block S (column-major, lower part) in place; the reciprocals of the
 * diagonal go to `reciprocal`. Returns 0, or the 1-based column whose pivot is not > 0.
 */
static int factor_block(double *S, double *reciprocal)
{
    for (int j = 0; j < W; j++) {
        double pivot = S[j * W + j];
        if (!(pivot > 0.0) || pivot > 1e300)
            return j + 1;
        double root = __builtin_sqrt(pivot);
        S[j * W + j] = root;
        reciprocal[j] = 1.0 / root;
        for (int i = j + 1; i < W; i++)
            S[j * W + i] *= reciprocal[j];
        for (int k = j + 1; k < W; k++)
            for (int i = k; i < W; i++)
                S[k * W + i] -= S[j * W + i] * S[j * W + k];
    }
    return 0;
}

/* X <- X L_jj^-T for R panels in registers. */
ALWAYS_INLINE void solve_block(int R, const double *L_jj, const double *reciprocal,
                               vec X[][W])
{
    for (int c = 0; c < W; c++) {
        for (int r = 0; r < R; r++)
            X[r][c] *= splat(reciprocal[c]);
        for (int k = c + 1; k < W; k++)
            for (int r = 0; r < R; r++)
                X[r][k] -= X[r][c] * splat(L_jj[c * W + k]);
    }
}

/* Row panels p .. p + R - 1 of column block j: L_pj = (K_pj - sum L_pk L_jk') L_jj^-T. */
ALWAYS_INLINE void cholesky_rows(int R, int p, int j, double *L, const double *reciprocal)
{
    const double *rows[GROUP], *L_j = L + lower_offset(j);
    double *target[GROUP];
    vec acc[GROUP][W];
    for (int r = 0; r < R; r++) {
        rows[r] = L + lower_offset(p + r);
        target[r] = L + lower_offset(p + r) + (size_t)j * W * W;
        for (int c = 0; c < W; c++)
            acc[r][c] = load(target[r] + c * W);
    }
    multiply_transposed(R, -1, j * W, rows, L_j, acc);
    solve_block(R, L_j + (size_t)j * W * W, reciprocal, acc);
    for (int r = 0; r < R; r++)
        for (int c = 0; c < W; c++)
            store(target[r] + c * W, acc[r][c]);
}

/* L <- chol(L); `reciprocal` (panels * W) gets 1 / diagonal. Returns LAPACK's info. */
static int factor_cholesky(int panels, double *L, double *reciprocal)
{
    for (int j = 0; j < panels; j++) {
        double *L_j = L + lower_offset(j), *diagonal = L_j + (size_t)j * W * W;
        const double *row[1] = {L_j};
        vec acc[1][W];
        for (int c = 0; c < W; c++)
            acc[0][c] = load(diagonal + c * W);
        multiply_transposed(1, -1, j * W, row, L_j, acc);
        for (int c = 0; c < W; c++)
            store(diagonal + c * W, acc[0][c]);
        int info = factor_block(diagonal, reciprocal + j * W);
        if (info)
            return j * W + info;
        int p = j + 1;
        for (; p + GROUP <= panels; p += GROUP)
            cholesky_rows(GROUP, p, j, L, reciprocal + j * W);
        if (p + 2 == panels)
            cholesky_rows(2, p, j, L, reciprocal + j * W);
        else if (p + 1 == panels)
            cholesky_rows(1, p, j, L, reciprocal + j * W);
    }
    return 0;
}

/* Group g's rows of column block j: U_pj = ([p = j] I - sum_k<j U_pk L_jk') L_jj^-T. */
ALWAYS_INLINE void inverse_rows(int R, int g, int j, int panels, const double *L,
                                const double *reciprocal, double *U)
{
    const double *rows[GROUP], *L_j = L + lower_offset(j);
    double *target[GROUP];
    vec acc[GROUP][W];
    for (int r = 0; r < R; r++) {
        rows[r] = U + upper_offset(g + r, panels);
        target[r] = U + upper_offset(g + r, panels) + (size_t)(j - g) * W * W;
        double identity[W * W] __attribute__((aligned(64))) = {0};
        for (int c = 0; c < W; c++)
            identity[c * W + c] = g + r == j ? 1.0 : 0.0;
        for (int c = 0; c < W; c++)
            acc[r][c] = load(identity + c * W);
    }
    multiply_transposed(R, -1, (j - g) * W, rows, L_j + (size_t)g * W * W, acc);
    solve_block(R, L_j + (size_t)j * W * W, reciprocal, acc);
    for (int r = 0; r < R; r++)
        for (int c = 0; c < W; c++)
            store(target[r] + c * W, acc[r][c]);
}

/* U = L^-T. */
static void invert_factor(int panels, const double *L, const double *reciprocal,
                          double *U)
{
    for (int j = 0; j < panels; j++) {
        const double *pivots = reciprocal + j * W;
        for (int g = 0; g <= j; g += GROUP) {
            if (g + GROUP <= panels)
                inverse_rows(GROUP, g, j, panels, L, pivots, U);
            else if (g + 2 == panels)
                inverse_rows(2, g, j, panels, L, pivots, U);
            else
                inverse_rows(1, g, j, panels, L, pivots, U);
        }
    }
}
#endif
