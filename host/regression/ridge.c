/* SPDX-License-Identifier: MIT
 * With the left singular vectors u_j of the centred features and s_j their squared
 * singular values, the fit is mean + sum_j s_j / (s_j + penalty) u_j u_j'y, its leverages
 * h_i = 1/n + sum_j s_j / (s_j + penalty) u_ij^2, and leaving row i out changes the
 * residual r_i into r_i / (1 - h_i). */
#include "host/regression/ridge.h"

#include "formats/memory.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Penalties: the mean eigenvalue times ten to the power of -6, -5.5, ... 6. */
enum { GRID = 25 };
static const double LOWEST_PENALTY = 1e-6, HIGHEST_PENALTY = 1e6;

/* The eigendecomposition of one regression. */
typedef struct {
    int n, d, r;     /* r = min(n, d) */
    double *memory;  /* holds the following */
    double *center;  /* (d) means of the features */
    double *X;       /* (n, d) centred */
    double *gram;    /* (r, r) */
    double *vectors; /* (r, r) one a row */
    double *values;  /* (r) s_j, 0 where negligible */
    double *U;       /* (r, n) u_j, one a row */
    double *loads;   /* (r) u_j'y */
    double mean;     /* of y */
    double scale;    /* mean of the eigenvalues */
} decomposition;

static double dot(int n, const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(int n, double factor, const double *from, double *to)
{
    for (int i = 0; i < n; i++)
        to[i] += factor * from[i];
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += count;
    return taken;
}

static flx_status allocate(decomposition *s, int n, int d, flx_error *error)
{
    size_t N = (size_t)n, D = (size_t)d, R = N < D ? N : D;
    double *memory = NULL;
    if (!FLX_NEW(memory, D + N * D + 2 * R * R + 2 * R + R * N))
        return flx_no_memory(error, "%d rows x %d features", n, d);
    *s = (decomposition){.n = n, .d = d, .r = (int)R, .memory = memory};
    s->center = take(&memory, D);
    s->X = take(&memory, N * D);
    s->gram = take(&memory, R * R);
    s->vectors = take(&memory, R * R);
    s->values = take(&memory, R);
    s->U = take(&memory, R * N);
    s->loads = take(&memory, R);
    return FLX_OK;
}

static void center_inputs(decomposition *s, const double *X, const double *y)
{
    size_t d = (size_t)s->d;
    for (int i = 0; i < s->n; i++) {
        s->mean += y[i] / s->n;
        add_scaled(s->d, 1.0 / s->n, X + (size_t)i * d, s->center);
    }
    memcpy(s->X, X, (size_t)s->n * d * sizeof *X);
    for (int i = 0; i < s->n; i++)
        add_scaled(s->d, -1, s->center, s->X + (size_t)i * d);
}

/* X'X (d, d) or X X' (n, n), whichever is smaller. */
static void fill_gram(decomposition *s)
{
    size_t d = (size_t)s->d, r = (size_t)s->r;
    for (size_t i = 0; i < (size_t)s->n; i++) {
        const double *x = s->X + i * d;
        if (s->d > s->n)
            for (size_t j = 0; j <= i; j++)
                s->gram[i * r + j] = s->gram[j * r + i] = dot(s->d, x, s->X + j * d);
        else
            for (size_t k = 0; k < d; k++)
                add_scaled(s->d, x[k], x, s->gram + k * r);
    }
}

/* u_j is an eigenvector of X X' itself, or X v_j / sqrt(s_j) of X'X. */
static void fill_left_vectors(decomposition *s)
{
    for (int j = 0; j < s->r; j++) {
        const double *v = s->vectors + (size_t)j * (size_t)s->r;
        double *u = s->U + (size_t)j * (size_t)s->n;
        for (int i = 0; i < s->n && s->values[j] > 0; i++)
            u[i] = s->d > s->n ? v[i]
                               : dot(s->d, s->X + (size_t)i * (size_t)s->d, v) /
                                     sqrt(s->values[j]);
    }
}

static flx_status decompose(decomposition *s, const flx_ridge *ridge, flx_error *error)
{
    FLX_TRY(allocate(s, ridge->n, ridge->d, error));
    center_inputs(s, ridge->X, ridge->y);
    fill_gram(s);
    flx_symmetric_eigen(s->r, s->gram, s->values, s->vectors);
    double largest = 0;
    for (int j = 0; j < s->r; j++) {
        largest = fmax(largest, s->values[j]);
        s->scale += fmax(s->values[j], 0) / s->r;
    }
    for (int j = 0; j < s->r; j++) /* a Gram matrix knows them to that precision */
        s->values[j] = s->values[j] > 1e-13 * largest ? s->values[j] : 0;
    fill_left_vectors(s);
    for (int j = 0; j < s->r; j++)
        s->loads[j] = dot(s->n, s->U + (size_t)j * (size_t)s->n, ridge->y);
    return FLX_OK;
}

/* Fitted and left-out predictions at one penalty; returns their mean squared error. */
static double predict_at(const decomposition *s, double penalty, flx_ridge *ridge)
{
    double *leverage = ridge->left_out, square = 0;
    for (int i = 0; i < s->n; i++) {
        ridge->fitted[i] = s->mean;
        leverage[i] = 1.0 / s->n;
    }
    for (int j = 0; j < s->r; j++) {
        if (s->values[j] <= 0)
            continue;
        const double *u = s->U + (size_t)j * (size_t)s->n;
        double kept = s->values[j] / (s->values[j] + penalty);
        add_scaled(s->n, kept * s->loads[j], u, ridge->fitted);
        for (int i = 0; i < s->n; i++)
            leverage[i] += kept * u[i] * u[i];
    }
    for (int i = 0; i < s->n; i++) {
        double left = fmax(1 - leverage[i], 1e-10); /* 0 but for rounding: a row alone */
        double miss = (ridge->y[i] - ridge->fitted[i]) / left;
        ridge->left_out[i] = ridge->y[i] - miss;
        square += miss * miss / s->n;
    }
    return square;
}

/* The largest penalty among equals: a target that is constant needs no coefficients. */
static double choose_penalty(const decomposition *s, flx_ridge *ridge)
{
    double scale = s->scale > 0 ? s->scale : 1, least = INFINITY, best = scale;
    for (int g = 0; g < GRID; g++) {
        double share = (double)g / (GRID - 1);
        double penalty =
            scale * LOWEST_PENALTY * pow(HIGHEST_PENALTY / LOWEST_PENALTY, share);
        double square = predict_at(s, penalty, ridge);
        if (square <= least) {
            least = square;
            best = penalty;
        }
    }
    return best;
}

/* b = X' sum_j u_j u_j'y / (s_j + penalty); b_0 = mean - center'b. */
static void fill_parameters(const decomposition *s, double *weights, flx_ridge *ridge)
{
    double *b = ridge->parameters + 2;
    memset(weights, 0, (size_t)s->n * sizeof *weights);
    memset(b, 0, (size_t)s->d * sizeof *b);
    for (int j = 0; j < s->r; j++)
        if (s->values[j] > 0)
            add_scaled(s->n, s->loads[j] / (s->values[j] + ridge->penalty),
                       s->U + (size_t)j * (size_t)s->n, weights);
    for (int i = 0; i < s->n; i++)
        add_scaled(s->d, weights[i], s->X + (size_t)i * (size_t)s->d, b);
    ridge->parameters[0] = ridge->penalty;
    ridge->parameters[1] = s->mean - dot(s->d, s->center, b);
}

flx_status flx_ridge_solve(flx_ridge *ridge, flx_error *error)
{
    decomposition s = {0};
    FLX_TRY(decompose(&s, ridge, error));
    if (!(ridge->penalty > 0))
        ridge->penalty = choose_penalty(&s, ridge);
    fill_parameters(&s, ridge->fitted, ridge);
    predict_at(&s, ridge->penalty, ridge);
    free(s.memory);
    return FLX_OK;
}
