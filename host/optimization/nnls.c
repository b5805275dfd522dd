/* SPDX-License-Identifier: MIT
 * Every step is a Newton step of the free weights from an accurate residual, so that
 * steps repeated on one set refine its solution. Columns that depend on each other would
 * make the set's matrix singular: each round adds a tiny proximal term, which draws the
 * weights to those of the round before it, which leaves the optimum as it is. */
#include "host/optimization/nnls.h"

#include "formats/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 8, AT_LOWER = -1, IS_FREE = 0, AT_UPPER = 1 };

/* columns (count, n) as contiguous columns; reflects all behind `first` on rows
 * first .. n - 1 so that column `first` is 0 below the diagonal. */
static void reflect(double *columns, size_t n, size_t count, size_t first)
{
    double *v = columns + first * n, square = 0;
    for (size_t i = first; i < n; i++)
        square += v[i] * v[i];
    double norm = v[first] > 0 ? -sqrt(square) : sqrt(square);
    if (norm == 0)
        return;
    v[first] -= norm;
    double half = -norm * v[first];
    for (size_t c = first + 1; c < count; c++) {
        double *x = columns + c * n, product = 0;
#pragma omp simd reduction(+ : product)
        for (size_t i = first; i < n; i++)
            product += v[i] * x[i];
        product /= half;
#pragma omp simd
        for (size_t i = first; i < n; i++)
            x[i] -= product * v[i];
    }
    memset(v + first, 0, (n - first) * sizeof(double));
    v[first] = norm;
}

static void copy_upper(const double *columns, size_t n, flx_triangle *triangle)
{
    size_t k = (size_t)triangle->k;
    for (size_t i = 0; i < k + 1 && i < n; i++) {
        for (size_t j = i; j < k; j++)
            triangle->R[i * k + j] = columns[j * n + i];
        triangle->z[i] = columns[k * n + i];
    }
}

flx_status flx_triangle_create(const flx_output_weighting_problem *problem,
                               flx_triangle *triangle, flx_error *error)
{
    size_t n = (size_t)problem->n, k = (size_t)problem->k;
    FLX_SCOPED double *columns = malloc(n * (k + 1) * sizeof *columns);
    *triangle = (flx_triangle){.k = problem->k, .n = problem->n};
    if (!columns || !FLX_NEW(triangle->R, (k + 1) * k) || !FLX_NEW(triangle->z, k + 1)) {
        flx_triangle_clear(triangle);
        return flx_no_memory(error, "least squares of %zu x %zu", n, k);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++)
            columns[j * n + i] = problem->P[i * k + j];
        columns[k * n + i] = problem->y[i];
    }
    for (size_t c = 0; c < k + 1 && c + 1 < n; c++)
        reflect(columns, n, k + 1, c);
    copy_upper(columns, n, triangle);
    return FLX_OK;
}

void flx_triangle_clear(flx_triangle *triangle)
{
    free(triangle->R);
    free(triangle->z);
    *triangle = (flx_triangle){0};
}

typedef struct {
    const flx_triangle *triangle;
    bool is_mean;
    int k, n_free;
    double proximal;  /* factor of the proximal term */
    double noise;     /* what rounding makes of R w - z */
    double *weights;  /* (k) the caller's */
    double *anchor;   /* (k) what the proximal term draws them to */
    double *residual; /* (k + 1) R w - z */
    double *gradient; /* (k) of half the squares */
    double *scale;    /* (k) lengths of the columns */
    double *gram;     /* (k, k) R' R */
    double *factor;   /* (k, k) Cholesky factor of the free part */
    double *step;     /* (k) by free position */
    double *ones;     /* (k) likewise */
    int *state;       /* (k) */
    int *free_index;  /* (k) */
} active_set;

static void clear(active_set *s)
{
    free(s->anchor);
    free(s->state);
}

static flx_status allocate(active_set *s, flx_error *error)
{
    size_t k = (size_t)s->k;
    if (!FLX_NEW(s->anchor, 2 * k * k + 6 * k + 1) || !FLX_NEW(s->state, 2 * k))
        return flx_no_memory(error, "%zu weights", k);
    s->residual = s->anchor + k;
    s->gradient = s->residual + k + 1;
    s->scale = s->gradient + k;
    s->step = s->scale + k;
    s->ones = s->step + k;
    s->gram = s->ones + k;
    s->factor = s->gram + k * k;
    s->free_index = s->state + k;
    return FLX_OK;
}

static void fill_gram(active_set *s)
{
    size_t k = (size_t)s->k;
    const double *R = s->triangle->R;
    double largest = 0, target = 0, reach = 0;
    for (size_t i = 0; i <= k; i++)
        for (size_t a = i; a < k; a++)
            for (size_t b = i; b < k; b++)
                s->gram[a * k + b] += R[i * k + a] * R[i * k + b];
    for (size_t i = 0; i <= k; i++)
        target += s->triangle->z[i] * s->triangle->z[i];
    for (size_t j = 0; j < k; j++) {
        largest = fmax(largest, s->gram[j * k + j]);
        reach += sqrt(s->gram[j * k + j]);
    }
    s->proximal = 8 * DBL_EPSILON * (double)k * largest;
    for (size_t j = 0; j < k; j++)
        s->scale[j] = sqrt(s->gram[j * k + j]);
    s->noise = DBL_EPSILON * (sqrt(target) + reach);
    if (s->proximal == 0)
        s->proximal = 1;
}

static void find_gradient(active_set *s)
{
    size_t k = (size_t)s->k;
    const double *R = s->triangle->R;
    for (size_t j = 0; j < k; j++)
        s->gradient[j] = s->proximal * (s->weights[j] - s->anchor[j]);
    for (size_t i = 0; i <= k; i++) {
        double r = -s->triangle->z[i];
        for (size_t j = i; j < k; j++)
            r += R[i * k + j] * s->weights[j];
        s->residual[i] = r;
        for (size_t j = i; j < k; j++)
            s->gradient[j] += R[i * k + j] * r;
    }
}

/* Cholesky of the free part; positive definite thanks to the proximal term. */
static void factorize(active_set *s)
{
    size_t k = (size_t)s->k, m = 0;
    for (size_t j = 0; j < k; j++)
        if (s->state[j] == IS_FREE)
            s->free_index[m++] = (int)j;
    s->n_free = (int)m;
    for (size_t a = 0; a < m; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = s->gram[(size_t)s->free_index[a] * k + (size_t)s->free_index[b]];
            sum += a == b ? s->proximal : 0;
            for (size_t c = 0; c < b; c++)
                sum -= s->factor[a * k + c] * s->factor[b * k + c];
            if (a == b)
                s->factor[a * k + a] = sqrt(fmax(sum, s->proximal));
            else
                s->factor[a * k + b] = sum / s->factor[b * k + b];
        }
}

static void solve(const active_set *s, double *x)
{
    size_t k = (size_t)s->k, m = (size_t)s->n_free;
    for (size_t a = 0; a < m; a++) {
        for (size_t c = 0; c < a; c++)
            x[a] -= s->factor[a * k + c] * x[c];
        x[a] /= s->factor[a * k + a];
    }
    for (size_t a = m; a-- > 0;) {
        for (size_t c = a + 1; c < m; c++)
            x[a] -= s->factor[c * k + a] * x[c];
        x[a] /= s->factor[a * k + a];
    }
}

/* step = Newton step of the free weights, keeping their sum where it is to be 1. */
static void find_step(active_set *s)
{
    double of_step = 0, of_ones = 0;
    factorize(s);
    for (int a = 0; a < s->n_free; a++) {
        s->step[a] = -s->gradient[s->free_index[a]];
        s->ones[a] = 1;
    }
    solve(s, s->step);
    if (!s->is_mean)
        return;
    solve(s, s->ones);
    for (int a = 0; a < s->n_free; a++) {
        of_step += s->step[a];
        of_ones += s->ones[a];
    }
    for (int a = 0; a < s->n_free; a++)
        s->step[a] -= of_step / of_ones * s->ones[a];
}

/* Takes the step as far as the bounds allow; a weight that meets one is fixed there.
 * Returns whether one was met; *gain: what the whole step would have saved. */
static bool take_step(active_set *s, double *gain)
{
    int blocking = -1;
    double share = 1;
    *gain = 0;
    for (int a = 0; a < s->n_free; a++) {
        double w = s->weights[s->free_index[a]], allowed = 1;
        if (w + s->step[a] < 0)
            allowed = w / -s->step[a];
        else if (!s->is_mean && w + s->step[a] > 1)
            allowed = (1 - w) / s->step[a];
        if (allowed < share) {
            share = allowed;
            blocking = a;
        }
    }
    for (int a = 0; a < s->n_free; a++) {
        s->weights[s->free_index[a]] += share * s->step[a];
        *gain -= s->gradient[s->free_index[a]] * s->step[a];
    }
    if (blocking >= 0) {
        int j = s->free_index[blocking];
        s->state[j] = s->step[blocking] < 0 ? AT_LOWER : AT_UPPER;
        s->weights[j] = s->state[j] == AT_UPPER;
    }
    return blocking >= 0;
}

/* Frees the fixed weight that gains most; false where none gains. */
static bool release_one(active_set *s)
{
    int best = -1;
    double most = 0, level = 0;
    for (int a = 0; a < s->n_free && s->is_mean; a++)
        level += s->gradient[s->free_index[a]] / s->n_free;
    for (int j = 0; j < s->k; j++) {
        double gain = s->state[j] * (s->gradient[j] - level);
        if (gain > 4 * s->noise * s->scale[j] && gain / s->scale[j] > most) {
            most = gain / s->scale[j];
            best = j;
        }
    }
    if (best >= 0)
        s->state[best] = IS_FREE;
    return best >= 0;
}

static double squares(const active_set *s)
{
    double sum = 0;
    for (int i = 0; i <= s->k; i++)
        sum += s->residual[i] * s->residual[i];
    return sum;
}

static void minimize(active_set *s)
{
    int limit = 20 * s->k + 100;
    for (int i = 0; i < limit; i++) {
        double gain;
        find_gradient(s);
        find_step(s);
        double value = squares(s);
        if (take_step(s, &gain) || gain > 1e-15 * value + s->noise * s->noise)
            continue;
        find_gradient(s);
        if (!release_one(s))
            return;
    }
}

/* Convex: f(v) >= f(w) + slope (v - w) for all v, and a linear function is least at a
 * vertex. */
static double lower_bound(active_set *s)
{
    double least = HUGE_VAL, along = 0;
    s->proximal = 0;
    find_gradient(s);
    double value = squares(s);
    for (int j = 0; j < s->k; j++) {
        double slope = 2 * s->gradient[j], w = s->weights[j];
        least = fmin(least, slope);
        along += s->is_mean ? slope * w : slope > 0 ? slope * w : -slope * (1 - w);
    }
    value -= along - (s->is_mean ? least : 0);
    return fmax(value / s->triangle->n, 0);
}

static void tidy(active_set *s)
{
    double sum = 0;
    for (int j = 0; j < s->k; j++) {
        s->weights[j] = fmin(fmax(s->weights[j], 0), 1);
        sum += s->weights[j];
    }
    for (int j = 0; j < s->k && s->is_mean; j++)
        s->weights[j] /= sum;
}

flx_status flx_nnls(const flx_triangle *triangle, flx_output_weighting_form form,
                    double *weights, double *bound, flx_error *error)
{
    active_set s = {.triangle = triangle,
                    .is_mean = form == FLX_FORM_MEAN,
                    .k = triangle->k,
                    .weights = weights};
    flx_status status = allocate(&s, error);
    if (status == FLX_OK) {
        for (int j = 0; j < s.k; j++)
            weights[j] = 1.0 / s.k;
        fill_gram(&s);
        for (int round = 0; round < ROUNDS; round++) {
            memcpy(s.anchor, weights, (size_t)s.k * sizeof(double));
            minimize(&s);
        }
        tidy(&s);
        *bound = lower_bound(&s);
    }
    clear(&s);
    return status;
}
