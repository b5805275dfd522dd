/* SPDX-License-Identifier: MIT
 * Mean, variance and slopes of one posterior at up to 3 W queries. The variance is
 * s2 + sn2 - |L^-1 k|^2, one triangular product with the queries' covariances in
 * registers. Included by panel.c. */
#ifndef FLX_PANEL_PREDICT_H
#define FLX_PANEL_PREDICT_H

#include "kernels/cpu/panel/covariance.h"

/* Queries (m, d) -> panel-major (GROUP, d, W), centred and scaled; missing rows repeat 0.
 */
static void scale_queries(const flx_panel_posterior *posterior,
                          const flx_panel_query *query, double *Z)
{
    int d = posterior->d;
    for (int i = 0; i < GROUP * W; i++) {
        double *z = Z + (size_t)(i / W) * (size_t)d * W + i % W;
        const double *x = query->queries + (size_t)i * (size_t)d;
        for (int k = 0; k < d; k++)
            z[(size_t)k * W] =
                i < query->m ? (x[k] - posterior->center[k]) * posterior->inverse_ell[k]
                             : 0;
    }
}

/* |L^-1 k|^2 of R panels of queries whose covariances are cov (R, N columns). */
ALWAYS_INLINE void squared_norms(int R, const flx_panel_posterior *posterior,
                                 const double *const *cov, double *norms)
{
    vec total[GROUP];
    for (int r = 0; r < R; r++)
        total[r] = splat(0.0);
    for (int j = 0; j < posterior->panels; j++) {
        vec acc[GROUP][W];
        for (int r = 0; r < R; r++)
            for (int c = 0; c < W; c++)
                acc[r][c] = splat(0.0);
        multiply_transposed(R, 1, (j + 1) * W, cov,
                            posterior->inverse_L + lower_offset(j), acc);
        for (int r = 0; r < R; r++)
            for (int c = 0; c < W; c++)
                total[r] += acc[r][c] * acc[r][c];
    }
    for (int r = 0; r < R; r++)
        store(norms + r * W, total[r]);
}

/* One panel of queries: covariances into cov (N columns), means into mean (W); weights
 * alpha_j g_j into `weights` (N columns) where slopes are wanted (not NULL). */
static void covariance_row(const flx_panel_posterior *posterior, const double *z,
                           double *cov, double *mean, double *weights)
{
    size_t panel_size = (size_t)posterior->d * W;
    block_function *fill_block = covariance_blocks[posterior->covariance];
    vec sum = splat(0.0);
    for (int q = 0; q < posterior->panels; q++) {
        double g[W * W] __attribute__((aligned(64)));
        double *k = cov + (size_t)q * W * W;
        fill_block(posterior->d, z, posterior->Z + (size_t)q * panel_size, posterior->s2,
                   k, g);
        for (int c = 0; c < W; c++) {
            vec alpha = splat(posterior->alpha[q * W + c]);
            sum += load(k + c * W) * alpha;
            if (weights)
                store(weights + (size_t)(q * W + c) * W, load(g + c * W) * alpha);
        }
    }
    store(mean, sum);
}

/* slopes[k] = -(z_k sum_j w_j - sum_j w_j z_jk) / ell_k for one panel of queries. */
static void slope_row(const flx_panel_posterior *posterior, const double *z,
                      const double *weights, int input, double *slopes)
{
    size_t panel_size = (size_t)posterior->d * W;
    vec total = splat(0.0), product = splat(0.0);
    for (int q = 0; q < posterior->panels; q++) {
        const double *zq = posterior->Z + (size_t)q * panel_size + (size_t)input * W;
        for (int c = 0; c < W; c++) {
            vec w = load(weights + (size_t)(q * W + c) * W);
            total += w;
            product += w * splat(zq[c]);
        }
    }
    vec slope = product - load(z + (size_t)input * W) * total;
    store(slopes, slope * splat(posterior->inverse_ell[input]));
}

static size_t posterior_rows(const flx_panel_posterior *posterior)
{
    return (size_t)posterior->panels * W;
}

static size_t predict_size(const flx_panel_posterior *posterior)
{
    size_t queries = (size_t)GROUP * W * (size_t)posterior->d;
    return queries + (GROUP + 1) * posterior_rows(posterior) * W;
}

static void predict_slopes(const flx_panel_posterior *posterior,
                           const flx_panel_query *query, const double *z,
                           const double *weights, int first)
{
    for (int s = 0; s < query->n_slopes; s++) {
        double lanes[W] __attribute__((aligned(64)));
        slope_row(posterior, z, weights, posterior->d - query->n_slopes + s, lanes);
        for (int i = 0; i < W && first + i < query->m; i++)
            query->slopes[(size_t)(first + i) * (size_t)query->n_slopes + (size_t)s] =
                lanes[i];
    }
}

static void predict(const flx_panel_posterior *posterior, const flx_panel_query *query,
                    double *work)
{
    size_t stride = posterior_rows(posterior) * W;
    double *Z = work, *cov = Z + (size_t)GROUP * W * (size_t)posterior->d;
    double *weights = query->n_slopes ? cov + GROUP * stride : NULL;
    double lanes[GROUP * W] __attribute__((aligned(64)));
    const double *rows[GROUP] = {cov, cov + stride, cov + 2 * stride};
    int used = (query->m + W - 1) / W;
    scale_queries(posterior, query, Z);
    for (int r = 0; r < used; r++) {
        const double *z = Z + (size_t)r * W * (size_t)posterior->d;
        covariance_row(posterior, z, cov + (size_t)r * stride, lanes + r * W, weights);
        if (weights)
            predict_slopes(posterior, query, z, weights, r * W);
    }
    memcpy(query->mean, lanes, (size_t)query->m * sizeof *lanes);
    if (!query->variance)
        return;
    if (used == 3)
        squared_norms(3, posterior, rows, lanes);
    else if (used == 2)
        squared_norms(2, posterior, rows, lanes);
    else
        squared_norms(1, posterior, rows, lanes);
    for (int i = 0; i < query->m; i++) {
        double variance = posterior->s2 + posterior->sn2 - lanes[i];
        query->variance[i] = variance > posterior->sn2 ? variance : posterior->sn2;
    }
}
#endif
