/* SPDX-License-Identifier: MIT
 * Covariance of panels of points: squared distances by direct differences (no
 * cancellation), then the covariance function over the whole block at once; a block
 * function is compiled for each of them. Included by panel.c only. */
#ifndef FLX_PANEL_COVARIANCE_H
#define FLX_PANEL_COVARIANCE_H

#include "kernels/cpu/panel/vector.h"
#include "kernels/formulas/covariance.h"

/* k, g (W, W): block of panel p against panel q, column by column. */
ALWAYS_INLINE void covariance_block(flx_covariance covariance, int d, const double *zp,
                                    const double *zq, double s2, double *restrict k,
                                    double *restrict g)
{
    vec r2[W];
    for (int c = 0; c < W; c++)
        r2[c] = splat(0.0);
    for (int j = 0; j < d; j++) {
        vec a = load(zp + (size_t)j * W);
        for (int c = 0; c < W; c++) {
            vec difference = a - splat(zq[(size_t)j * W + (size_t)c]);
            r2[c] += difference * difference;
        }
    }
    double distance[W * W] __attribute__((aligned(64)));
    for (int c = 0; c < W; c++)
        store(distance + c * W, r2[c]);
#pragma omp simd
    for (int i = 0; i < W * W; i++)
        flx_covariance_at(covariance, s2, distance[i], &k[i], &g[i]);
}

/* The same with the covariance function chosen before. */
typedef void block_function(int d, const double *zp, const double *zq, double s2,
                            double *restrict k, double *restrict g);
#define BLOCK_FUNCTION(constant, name, function)                                         \
    static void function##_block(int d, const double *zp, const double *zq, double s2,   \
                                 double *restrict k, double *restrict g)                 \
    {                                                                                    \
        covariance_block(constant, d, zp, zq, s2, k, g);                                 \
    }
#define BLOCK_ENTRY(constant, name, function) function##_block,
FLX_COVARIANCE_FUNCTIONS(BLOCK_FUNCTION)
static block_function *const covariance_blocks[] = {
    FLX_COVARIANCE_FUNCTIONS(BLOCK_ENTRY)};

/* Rows and columns beyond n: an identity block, so that neither factor nor gradient sees
 * them. */
static void pad_last_panel(int n, int panels, double *K, double *G)
{
    int first = n - (panels - 1) * W;
    for (int j = 0; j < panels * W; j++) {
        for (int i = first; i < W; i++) {
            K[j * W + i] = (panels - 1) * W + i == j ? 1.0 : 0.0;
            G[j * W + i] = 0.0;
        }
    }
}

/* Packed lower panels of K = s2 c(r) + diagonal, and of the slopes G, whose diagonal
 * and upper parts are zero. */
static void build_covariance(const flx_panel_data *data, const double *Z, double s2,
                             double diagonal, double *L, double *G)
{
    size_t panel_size = (size_t)data->d * W;
    block_function *fill_block = covariance_blocks[data->covariance];
    for (int p = 0; p < data->panels; p++) {
        double *K_p = L + lower_offset(p), *G_p = G + lower_offset(p);
        for (int q = 0; q <= p; q++)
            fill_block(data->d, Z + (size_t)p * panel_size, Z + (size_t)q * panel_size,
                       s2, K_p + (size_t)q * W * W, G_p + (size_t)q * W * W);
        double *K_pp = K_p + (size_t)p * W * W, *G_pp = G_p + (size_t)p * W * W;
        for (int c = 0; c < W; c++) {
            K_pp[c * W + c] = s2 + diagonal;
            for (int i = 0; i <= c; i++)
                G_pp[c * W + i] = 0.0;
        }
    }
    int last = data->panels - 1;
    if (data->n < data->rows)
        pad_last_panel(data->n, data->panels, L + lower_offset(last),
                       G + lower_offset(last));
}

/* The same in plain rows, for the baseline: K, G (n, n), row i up to its diagonal. */
ALWAYS_INLINE void rows_of(flx_covariance covariance, int n, int d, const double *Zt,
                           double s2, double *K, double *G)
{
    for (int i = 0; i < n; i++) {
        double *restrict k = K + (size_t)i * (size_t)n, *restrict g =
                                                            G + (size_t)i * (size_t)n;
        for (int j = 0; j <= i; j++)
            k[j] = 0.0;
        for (int l = 0; l < d; l++) {
            const double *z = Zt + (size_t)l * (size_t)n;
            double zi = z[i];
#pragma omp simd
            for (int j = 0; j <= i; j++)
                k[j] += (zi - z[j]) * (zi - z[j]);
        }
#pragma omp simd
        for (int j = 0; j <= i; j++)
            flx_covariance_at(covariance, s2, k[j], &k[j], &g[j]);
    }
}

#define ROWS_CASE(constant, name, function)                                              \
    case constant:                                                                       \
        rows_of(constant, n, d, Zt, s2, K, G);                                           \
        break;
static void covariance_rows(flx_covariance covariance, int n, int d, const double *Zt,
                            double s2, double *K, double *G)
{
    switch (covariance) {
        FLX_COVARIANCE_FUNCTIONS(ROWS_CASE)
    }
}
#endif
