/* SPDX-License-Identifier: MIT
 * Products are summed once, over the held-out rows of every fold; those of the training
 * rows are the whole less these. */
#include "host/selection/gram_matrices.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

static double cell(const flx_selection_problem *problem, int row, int v)
{
    size_t r = (size_t)row, m = (size_t)problem->m, a = (size_t)problem->n_always;
    size_t j = (size_t)v;
    if (j < m)
        return problem->X[r * m + j];
    return j < m + a ? problem->always[r * a + j - m] : problem->y[r];
}

/* Returns the deviation. */
static double standardize(const flx_selection_problem *problem, const int *order, int v,
                          double *column)
{
    int n = problem->n;
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++) {
        column[i] = cell(problem, order[i], v);
        mean += column[i] / n;
    }
    for (int i = 0; i < n; i++)
        square += (column[i] - mean) * (column[i] - mean) / n;
    double sd = sqrt(square);
    bool is_constant = sd <= 1e-12 * fabs(mean);
    for (int i = 0; i < n; i++)
        column[i] = is_constant ? 0 : (column[i] - mean) / sd;
    return is_constant ? 0 : sd;
}

static double dot(const double *a, const double *b, int from, int to)
{
    double product = 0;
#pragma omp simd reduction(+ : product)
    for (int i = from; i < to; i++)
        product += a[i] * b[i];
    return product;
}

static double sum(const double *a, int from, int to)
{
    double total = 0;
    for (int i = from; i < to; i++)
        total += a[i];
    return total;
}

/* Variable u with all up to it, over the held-out rows. */
static void multiply(flx_selection_products *s, int u)
{
    size_t p = (size_t)s->p, n = (size_t)s->n, row = (size_t)u;
    const double *own = s->columns + row * n;
    for (size_t f = 0; f < (size_t)s->n_folds; f++) {
        int from = s->start[f], to = s->start[f + 1];
        double *out = s->products + f * p * p;
        s->means[f * p + row] = sum(own, from, to);
        for (size_t v = 0; v <= row; v++)
            out[row * p + v] = dot(own, s->columns + v * n, from, to);
    }
}

/* Products of variable u with all up to it, from held-out to training rows; `means` are
 * sums until all products are done. */
static void turn_products(flx_selection_products *s, int u, const double *totals)
{
    size_t p = (size_t)s->p, row = (size_t)u, folds = (size_t)s->n_folds;
    for (size_t v = 0; v <= row; v++) {
        double whole = 0;
        for (size_t f = 0; f < folds; f++)
            whole += s->products[f * p * p + row * p + v];
        for (size_t f = 0; f < folds; f++) {
            double *out = s->products + f * p * p, *sums = s->means + f * p;
            double n_train = s->n - (s->start[f + 1] - s->start[f]);
            double centre = (totals[row] - sums[row]) * (totals[v] - sums[v]) / n_train;
            double product = whole - out[row * p + v] - centre;
            out[row * p + v] = out[v * p + row] = product;
        }
    }
}

/* From held-out to training rows. totals (p) is work space. */
static void turn(flx_selection_products *s, int threads, double *totals)
{
    size_t p = (size_t)s->p;
    for (size_t v = 0; v < p; v++) {
        totals[v] = 0;
        for (size_t f = 0; f < (size_t)s->n_folds; f++)
            totals[v] += s->means[f * p + v];
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int u = 0; u < s->p; u++)
        turn_products(s, u, totals);
    for (size_t f = 0; f < (size_t)s->n_folds; f++)
        for (size_t v = 0; v < p; v++)
            s->means[f * p + v] = (totals[v] - s->means[f * p + v]) /
                                  (s->n - (s->start[f + 1] - s->start[f]));
}

static flx_status deal_folds(const flx_selection_problem *problem, int *order,
                             flx_selection_products *s, flx_error *error)
{
    int n_groups;
    FLX_SCOPED int *fold = NULL;
    if (!FLX_NEW(fold, s->n))
        return flx_no_memory(error, "%d rows", s->n);
    FLX_TRY(flx_folds_deal(problem->group, s->n, 0, fold, &n_groups, error));
    s->n_folds = flx_folds_count(n_groups);
    flx_folds_order(fold, s->n, s->n_folds, order, s->start);
    return FLX_OK;
}

static flx_status fill(const flx_selection_problem *problem, int threads, int *order,
                       double *totals, flx_selection_products *s, flx_error *error)
{
    size_t n = (size_t)s->n;
    FLX_TRY(deal_folds(problem, order, s, error));
    for (int v = 0; v < s->p; v++)
        s->y_sd = standardize(problem, order, v, s->columns + (size_t)v * n);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int u = 0; u < s->p; u++)
        multiply(s, u);
    turn(s, threads, totals);
    return FLX_OK;
}

flx_status flx_selection_products_create(const flx_selection_problem *problem,
                                         int threads, flx_selection_products *out,
                                         flx_error *error)
{
    size_t n = (size_t)problem->n, folds = FLX_FOLDS;
    size_t p = (size_t)problem->m + (size_t)problem->n_always + 1;
    *out = (flx_selection_products){.n = problem->n, .p = (int)p};
    out->columns = malloc(p * n * sizeof *out->columns);
    out->means = malloc(folds * p * sizeof *out->means);
    out->products = malloc(folds * p * p * sizeof *out->products);
    int *order = malloc(n * sizeof *order);
    double *totals = malloc(p * sizeof *totals);
    bool is_whole = out->columns && out->means && out->products && order && totals;
    flx_status status = is_whole
                            ? fill(problem, threads, order, totals, out, error)
                            : flx_fail(error, FLX_NO_MEMORY,
                                       "out of memory for %zu rows of %zu inputs", n, p);
    free(order);
    free(totals);
    if (status != FLX_OK)
        flx_selection_products_clear(out);
    return status;
}

void flx_selection_products_clear(flx_selection_products *products)
{
    free(products->columns);
    free(products->means);
    free(products->products);
    *products = (flx_selection_products){0};
}
