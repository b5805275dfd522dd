/* SPDX-License-Identifier: MIT
 * Rows of C = alpha op(A) op(B) + beta C. C is cut into tiles of W rows and GROUP panels
 * of columns, whose sums stay in registers; operands are packed into blocks on the stack
 * that stay in the first two caches, so that strides and transposes cost only the
 * packing. A sum over k runs in order, block by block: it does not depend on how C is
 * cut. Included by panel.c. */
#ifndef FLX_PANEL_MULTIPLY_H
#define FLX_PANEL_MULTIPLY_H

#include "kernels/cpu/panel/vector.h"

enum {
    DEPTH = 128,      /* of a block along k */
    TILE = GROUP * W, /* columns of a tile */
    TILES = 4,        /* side by side in a block */
    BLOCK_COLUMNS = TILES * TILE
};

/* Element (r, c) from from[r * step + c * lane] to packed[r * W + c]; lanes that are
 * missing are 0. */
static void pack_panel(const double *from, size_t step, size_t lane, int depth, int lanes,
                       double *packed)
{
    if (lanes == W && lane == 1) {
        for (size_t r = 0; r < (size_t)depth; r++)
            memcpy(packed + r * W, from + r * step, W * sizeof *packed);
        return;
    }
    if (lanes < W)
        memset(packed, 0, (size_t)depth * W * sizeof *packed);
    for (size_t c = 0; c < (size_t)lanes; c++)
        for (size_t r = 0; r < (size_t)depth; r++)
            packed[r * W + c] = from[r * step + c * lane];
}

/* op(B)[depth, columns] from (p, j) on -> panels of W columns. */
static void pack_columns(const flx_panel_product *x, int p, int j, int depth, int columns,
                         double *packed)
{
    const double *from = x->B + (size_t)p * x->B_row + (size_t)j * x->B_column;
    for (int c = 0; c < columns; c += W)
        pack_panel(from + (size_t)c * x->B_column, x->B_row, x->B_column, depth,
                   columns - c < W ? columns - c : W, packed + (size_t)c * DEPTH);
}

/* op(A)[rows, depth] from (i, p) on -> one panel of W rows. */
static void pack_rows(const flx_panel_product *x, int i, int p, int depth, int rows,
                      double *packed)
{
    const double *from = x->A + (size_t)i * x->A_row + (size_t)p * x->A_column;
    pack_panel(from, x->A_column, x->A_row, depth, rows, packed);
}

/* A row of a tile into C; `beta` is that of this block. */
static void store_row(double *C, const double *sums, int columns, double alpha,
                      double beta)
{
    if (beta == 0)
        for (int c = 0; c < columns; c++)
            C[c] = alpha * sums[c];
    else
        for (int c = 0; c < columns; c++)
            C[c] = alpha * sums[c] + beta * C[c];
}

/* W rows and up to R panels of columns of C from packed operands; R is a constant. */
ALWAYS_INLINE void multiply_panels(int R, const flx_panel_product *x, double beta,
                                   int depth, const double *rows, const double *columns,
                                   double *C, int height, int width)
{
    const double *panels[GROUP];
    vec acc[GROUP][W];
    for (int q = 0; q < R; q++) {
        panels[q] = columns + (size_t)q * W * DEPTH;
        for (int c = 0; c < W; c++)
            acc[q][c] = splat(0.0);
    }
    multiply_transposed(R, 1, depth, panels, rows, acc);
    for (int c = 0; c < height; c++) {
        double sums[TILE] __attribute__((aligned(64)));
        for (int q = 0; q < R; q++)
            store(sums + q * W, acc[q][c]);
        store_row(C + (size_t)c * (size_t)x->n, sums, width, x->alpha, beta);
    }
}

static void multiply_tile(const flx_panel_product *x, double beta, int depth,
                          const double *rows, const double *columns, double *C,
                          int height, int width)
{
    if (width > 2 * W)
        multiply_panels(3, x, beta, depth, rows, columns, C, height, width);
    else if (width > W)
        multiply_panels(2, x, beta, depth, rows, columns, C, height, width);
    else
        multiply_panels(1, x, beta, depth, rows, columns, C, height, width);
}

/* The share of op(A)[.., p ..] op(B)[p .., j ..] in `count` rows of C. */
static void multiply_block(const flx_panel_product *x, int first, int count, int p, int j)
{
    double packed_rows[W * DEPTH] __attribute__((aligned(64)));
    double packed_columns[BLOCK_COLUMNS * DEPTH] __attribute__((aligned(64)));
    int depth = x->k - p < DEPTH ? x->k - p : DEPTH;
    int columns = x->n - j < BLOCK_COLUMNS ? x->n - j : BLOCK_COLUMNS;
    double beta = p == 0 ? x->beta : 1;
    pack_columns(x, p, j, depth, columns, packed_columns);
    for (int i = first; i < first + count; i += W) {
        int height = first + count - i < W ? first + count - i : W;
        pack_rows(x, i, p, depth, height, packed_rows);
        for (int t = 0; t < columns; t += TILE)
            multiply_tile(x, beta, depth, packed_rows, packed_columns + (size_t)t * DEPTH,
                          x->C + (size_t)i * (size_t)x->n + (size_t)(j + t), height,
                          columns - t < TILE ? columns - t : TILE);
    }
}

static void multiply(const flx_panel_product *x, int first, int count)
{
    for (int j = 0; j < x->n; j += BLOCK_COLUMNS)
        for (int p = 0; p == 0 || p < x->k;
             p += DEPTH) /* k = 0: C = beta C all the same */
            multiply_block(x, first, count, p, j);
}
#endif
