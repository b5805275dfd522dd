/* SPDX-License-Identifier: MIT
 * For every fold and penalty: what is left of the candidates and of the target when the
 * always-included are eliminated, as products of the training rows and as columns of the
 * held-out ones, which are one contiguous piece of every column. */
#include "host/selection/subset_ridge.h"

#include "formats/memory.h"
#include "host/selection/gram_matrices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_PENALTIES = 4, PIECE = 64 };

/* lambda; the inputs have variance 1. */
static const double penalties[N_PENALTIES] = {1e-3, 1e-2, 1e-1, 1};

struct flx_selection_ridge {
    int n, m, n_folds, threads;
    double y_sd;
    int start[FLX_FOLDS + 1];
    double *gram;     /* (folds, penalties, m, m) penalized */
    double *moment;   /* (folds, penalties, m) with the target */
    double *residual; /* (penalties, m + 1, n) held-out rows; the target last */
};

/* Lower triangle of A (k, k) becomes its Cholesky factor; the penalty on its diagonal
 * keeps it positive definite. */
static void factorize(double *A, size_t k)
{
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = A[i * k + j];
            for (size_t q = 0; q < j; q++)
                sum -= A[i * k + q] * A[j * k + q];
            A[i * k + j] = i == j ? sqrt(sum) : sum / A[j * k + j];
        }
}

static void solve(const double *L, size_t k, double *x)
{
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < i; j++)
            x[i] -= L[i * k + j] * x[j];
        x[i] /= L[i * k + i];
    }
    for (size_t i = k; i-- > 0;) {
        for (size_t j = i + 1; j < k; j++)
            x[i] -= L[j * k + i] * x[j];
        x[i] /= L[i * k + i];
    }
}

/* One variable in the held-out rows, less the share of the always-included. */
static void hold_out(const flx_selection_products *s, size_t m, int f, size_t variable,
                     const double *share, double *residual)
{
    size_t n = (size_t)s->n, others = (size_t)s->p - 1 - m;
    const double *mean = s->means + (size_t)f * (size_t)s->p;
    const double *own = s->columns + variable * n;
    for (int i = s->start[f]; i < s->start[f + 1]; i++)
        residual[i] = own[i] - mean[variable];
    for (size_t q = 0; q < others; q++) {
        const double *other = s->columns + (m + q) * n;
        for (int i = s->start[f]; i < s->start[f + 1]; i++)
            residual[i] -= share[q] * (other[i] - mean[m + q]);
    }
}

/* One fold and penalty. L (a, a) and share (a) are work space. */
static void eliminate(flx_selection_ridge *ridge, const flx_selection_products *s, int f,
                      int t, double *L, double *share)
{
    size_t p = (size_t)s->p, m = (size_t)ridge->m, n = (size_t)ridge->n, a = p - 1 - m;
    const double *G = s->products + (size_t)f * p * p;
    double lambda = penalties[t] * (s->n - (s->start[f + 1] - s->start[f]));
    size_t at = (size_t)f * N_PENALTIES + (size_t)t;
    double *gram = ridge->gram + at * m * m, *moment = ridge->moment + at * m;
    for (size_t q = 0; q < a; q++)
        for (size_t r = 0; r <= q; r++)
            L[q * a + r] = G[(m + q) * p + m + r] + (q == r ? lambda : 0);
    factorize(L, a);
    for (size_t j = 0; j <= m; j++) { /* the target in place m */
        size_t variable = j < m ? j : p - 1;
        for (size_t q = 0; q < a; q++)
            share[q] = G[variable * p + m + q];
        solve(L, a, share);
        for (size_t i = 0; i < m; i++) {
            double left = G[i * p + variable] + (i == j ? lambda : 0);
            for (size_t q = 0; q < a; q++)
                left -= G[i * p + m + q] * share[q];
            *(j < m ? &gram[i * m + j] : &moment[i]) = left;
        }
        hold_out(s, m, f, variable, share,
                 ridge->residual + ((size_t)t * (m + 1) + j) * n);
    }
}

static flx_status eliminate_all(flx_selection_ridge *ridge,
                                const flx_selection_products *s, flx_error *error)
{
    size_t a = (size_t)(s->p - 1 - ridge->m), jobs = (size_t)s->n_folds * N_PENALTIES;
    FLX_SCOPED double *space = malloc((jobs * a * (a + 1) + 1) * sizeof *space);
    if (!space)
        return flx_no_memory(error, "%zu inputs", a);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ridge->threads)
    for (int job = 0; job < (int)jobs; job++) {
        double *L = space + (size_t)job * a * (a + 1);
        eliminate(ridge, s, job / N_PENALTIES, job % N_PENALTIES, L, L + a * a);
    }
    return FLX_OK;
}

static flx_status build(flx_selection_ridge *ridge, const flx_selection_products *s,
                        flx_error *error)
{
    size_t n = (size_t)s->n, m = (size_t)ridge->m;
    size_t jobs = (size_t)s->n_folds * N_PENALTIES;
    ridge->n_folds = s->n_folds;
    ridge->y_sd = s->y_sd;
    memcpy(ridge->start, s->start, sizeof ridge->start);
    ridge->gram = malloc(jobs * m * m * sizeof *ridge->gram);
    ridge->moment = malloc(jobs * m * sizeof *ridge->moment);
    ridge->residual = malloc(N_PENALTIES * (m + 1) * n * sizeof *ridge->residual);
    if (!ridge->gram || !ridge->moment || !ridge->residual)
        return flx_no_memory(error, "a ridge regression on %zu candidates", m);
    return eliminate_all(ridge, s, error);
}

flx_status flx_selection_ridge_create(const flx_selection_problem *problem, int threads,
                                      flx_selection_ridge **out, flx_error *error)
{
    flx_selection_products products;
    *out = NULL;
    threads = threads > 0 ? threads : 1;
    FLX_TRY(flx_selection_products_create(problem, threads, &products, error));
    flx_selection_ridge *ridge = NULL;
    flx_status status =
        FLX_NEW(ridge, 1) ? FLX_OK : flx_no_memory(error, "a ridge regression");
    if (status == FLX_OK) {
        ridge->n = problem->n;
        ridge->m = problem->m;
        ridge->threads = threads;
        status = build(ridge, &products, error);
    }
    flx_selection_products_clear(&products);
    if (status == FLX_OK)
        *out = ridge;
    else
        flx_selection_ridge_destroy(ridge);
    return status;
}

void flx_selection_ridge_destroy(flx_selection_ridge *ridge)
{
    if (!ridge)
        return;
    free(ridge->gram);
    free(ridge->moment);
    free(ridge->residual);
    free(ridge);
}

/* Weights of the subset in one fold, into `weights` (k). L (k, k) is work space. */
static void fit(const double *gram, const double *moment, size_t m, const int *subset,
                size_t k, double *L, double *weights)
{
    for (size_t i = 0; i < k; i++) {
        const double *row = gram + (size_t)subset[i] * m;
        for (size_t j = 0; j <= i; j++)
            L[i * k + j] = row[subset[j]];
        weights[i] = moment[subset[i]];
    }
    factorize(L, k);
    solve(L, k, weights);
}

/* Sum of absolute residuals over rows [from, to) of columns (m + 1, n). */
static double sum_residuals(const double *columns, size_t n, size_t m, const int *subset,
                            size_t k, const double *weights, size_t from, size_t to)
{
    double sum = 0, left[PIECE];
    for (size_t at = from; at < to; at += PIECE) {
        size_t length = to - at < PIECE ? to - at : PIECE;
        memcpy(left, columns + m * n + at, length * sizeof *left);
        for (size_t j = 0; j < k; j++) {
            const double *column = columns + (size_t)subset[j] * n + at;
            double weight = weights[j];
#pragma omp simd
            for (size_t i = 0; i < length; i++)
                left[i] -= weight * column[i];
        }
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < length; i++)
            sum += fabs(left[i]);
    }
    return sum;
}

/* space: k (k + 1) numbers. */
static double score(const flx_selection_ridge *ridge, const int *subset, size_t k,
                    double *space)
{
    size_t m = (size_t)ridge->m, n = (size_t)ridge->n;
    double best = INFINITY;
    for (size_t t = 0; t < N_PENALTIES; t++) {
        const double *columns = ridge->residual + t * (m + 1) * n;
        double sum = 0;
        for (size_t f = 0; f < (size_t)ridge->n_folds; f++) {
            size_t at = f * N_PENALTIES + t;
            fit(ridge->gram + at * m * m, ridge->moment + at * m, m, subset, k, space + k,
                space);
            sum += sum_residuals(columns, n, m, subset, k, space, (size_t)ridge->start[f],
                                 (size_t)ridge->start[f + 1]);
        }
        best = fmin(best, sum);
    }
    return ridge->y_sd * best / ridge->n;
}

flx_status flx_selection_ridge_score(const flx_selection_ridge *ridge, const int *subsets,
                                     int count, int k, double *errors, flx_error *error)
{
    size_t width = (size_t)k, each = width * (width + 1) + 8; /* a line apart */
    int workers = count < 64 ? 1 : ridge->threads;
    FLX_SCOPED double *space = malloc((size_t)workers * each * sizeof *space);
    if (!space)
        return flx_no_memory(error, "subsets of %d", k);
#pragma omp parallel for schedule(static) num_threads(workers) if (workers > 1)
    for (int worker = 0; worker < workers; worker++)
        for (int s = worker; s < count; s += workers)
            errors[s] = score(ridge, subsets + (size_t)s * width, width,
                              space + (size_t)worker * each);
    return FLX_OK;
}
