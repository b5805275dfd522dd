/* SPDX-License-Identifier: MIT
 * One Gaussian process on one thread, in panel-major storage: likelihood and gradient,
 * conditioning, prediction. The same source compiled for several instruction sets gives
 * several tables of these functions; panel_choose picks one at run time. */
#ifndef FLX_PANEL_H
#define FLX_PANEL_H

#include "kernels/formulas/covariance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLX_PANEL_MAX_WIDTH = 8 };

/* Training data of one member, padded with zero rows to `rows` = panels * width. */
typedef struct {
    int n, d, panels, rows;
    bool is_isotropic;
    flx_covariance covariance;
    double *X;      /* panel-major (panels, d, width): inputs minus their column means */
    double *y;      /* (rows) */
    double *center; /* (d) the column means */
} flx_panel_data;

/* Scratch of one thread, and after factorizing the results that live in it. */
typedef struct {
    double *Z;           /* panel-major like X: X / ell */
    double *L;           /* packed lower panels: K, then its Cholesky factor */
    double *G;           /* packed lower panels: slopes of the covariance, then W o G */
    double *U;           /* upper row panels: L^-T (layout: upper_offset in cholesky.h) */
    double *inverse_ell; /* (d) */
    double *alpha;       /* (rows) K^-1 y */
    double *forward;     /* (rows) L^-1 y */
    double *inverse_diagonal; /* (rows) diagonal of K^-1 */
    double *row_sum;          /* (rows) */
    double *slope;            /* (d) */
    double *slope_lanes;      /* (d, width) */
} flx_panel_scratch;

/* A conditioned member, ready to predict. */
typedef struct {
    int d, panels;
    flx_covariance covariance;
    double s2, sn2;
    double *Z;           /* panel-major (panels, d, width), scaled */
    double *center;      /* (d) */
    double *inverse_ell; /* (d) */
    double *alpha;       /* (rows) */
    double *inverse_L;   /* packed lower panels: L^-1 */
    int is_valid;
} flx_panel_posterior;

/* A block of queries, at most 3 * width of them. */
typedef struct {
    int m;
    const double *queries; /* (m, d) row-major */
    double *mean, *variance, *slopes;
    int n_slopes;
} flx_panel_query;

/* Predictions to be weighted, packed: rows padded with zeros to groups of 3 panels. */
typedef struct {
    int k, groups;
    bool is_squared;
    double *P; /* panel-major (3 groups, k, width) */
    double *y; /* (3 groups, width) */
} flx_panel_weighting;
enum { FLX_WEIGHTING_BLOCK = 64 }; /* candidates of one call at most */

/* C (m, n) = alpha op(A) op(B) + beta C; element (i, p) of op(A) is A[i * A_row + p *
 * A_column], and so on: transposes are strides. C row-major and dense. */
typedef struct {
    int n, k;
    double alpha, beta;
    const double *A, *B;
    size_t A_row, A_column, B_row, B_column;
    double *C;
} flx_panel_product;

typedef struct {
    const char *name;
    int width;
    bool (*is_supported)(void);
    /* Sizes in doubles; every array starts on a multiple of 8. */
    size_t (*scratch_size)(int n, int d);
    void (*bind_scratch)(flx_panel_scratch *scratch, int n, int d, double *memory);
    /* value, and where `gradient` is not NULL its gradient. Returns info. */
    int (*evaluate)(const flx_panel_data *data, const double *theta, double jitter,
                    flx_panel_scratch *scratch, double *value, double *gradient);
    /* Copies what prediction needs; call after an evaluate with a gradient. */
    size_t (*posterior_size)(int n, int d);
    void (*keep_posterior)(const flx_panel_data *data, const double *theta,
                           const flx_panel_scratch *scratch, double *memory,
                           flx_panel_posterior *posterior);
    /* `work`: predict_size doubles. */
    size_t (*predict_size)(const flx_panel_posterior *posterior);
    void (*predict)(const flx_panel_posterior *posterior, const flx_panel_query *query,
                    double *work);
    /* Plain matrices for the baseline of bench: K and slopes G (n, n) row-major, columns
     * 0 .. i of row i, from inputs Zt (d, n); no noise on the diagonal. */
    void (*covariance_rows)(flx_covariance covariance, int n, int d, const double *Zt,
                            double s2, double *K, double *G);
    /* losses (count): sums over the rows of |y - P w| or of squares, for weights
     * (count, k) row-major, count <= FLX_WEIGHTING_BLOCK. `work`: losses_size doubles. */
    size_t (*losses_size)(int k);
    void (*losses)(const flx_panel_weighting *weighting, const double *weights, int count,
                   double *work, double *losses);
    /* Rows first .. first + count - 1 of a product's C (kernels/backend.h). */
    void (*multiply)(const flx_panel_product *product, int first, int count);
    /* A row of random numbers: kernels/uniform_row.h. */
    void (*uniforms)(uint64_t seed, uint32_t stream, uint32_t individual,
                     uint32_t generation, int count, double *out);
} flx_panel_kernels;

/* The best table this processor runs. */
const flx_panel_kernels *flx_panel_choose(void);
/* A table by its name, supported or not; NULL where it was not built. Ends at NULL. */
const flx_panel_kernels *flx_panel_at(int index);
#endif
