/* SPDX-License-Identifier: MIT
 * The start holds every weight by a pin, so that no first phase is needed: the descent
 * lets go of whatever pays most for the length of its edge, and moves until the slope of
 * the loss turns or a weight meets a bound. Where steps stop having a length (ties among
 * rows), the target is shifted by a little noise; the corner found is then computed from
 * the true target. Trust is not needed: the bound is a dual feasible point. */
#include "host/least_absolute.h"

#include "host/least_absolute_basis.h"
#include "kernels/formulas/philox.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_PER_REFRESH = 40 };

typedef struct {
    const flx_weighting_problem *problem;
    flx_basis basis;
    double *weights;   /* (k) the caller's */
    double *target;    /* (n) y, or y with noise */
    double *residual;  /* (n) target - P w */
    double *side;      /* (n) its sign, kept through ties; 0 while the row is held */
    double *change;    /* (n) P times the direction */
    double *gradient;  /* (k) of the sum over rows that are not held */
    double *direction; /* (k) */
    double *product;   /* (k) */
    double *kink;      /* (n) a heap of steps, smallest first, and */
    int *kink_row;     /* (n) their rows */
    double *noise;     /* (n) what rounding makes of a residual */
    double row_norm;   /* sum of the largest entries of all rows */
    int n_idle;        /* steps without length in a row */
    bool is_shifted;   /* target has noise */
} descent;

static void clear(descent *d)
{
    flx_basis_clear(&d->basis);
    free(d->target);
    free(d->kink_row);
}

static flx_status allocate(descent *d, flx_error *error)
{
    size_t n = (size_t)d->problem->n, k = (size_t)d->problem->k;
    d->target = calloc(6 * n + 3 * k, sizeof(double));
    d->kink_row = calloc(n, sizeof(int));
    if (!d->target || !d->kink_row)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a fit of %zu x %zu", n,
                        k);
    d->residual = d->target + n;
    d->side = d->residual + n;
    d->change = d->side + n;
    d->kink = d->change + n;
    d->noise = d->kink + n;
    d->gradient = d->noise + n;
    d->direction = d->gradient + k;
    d->product = d->direction + k;
    return flx_basis_create(d->problem, d->weights, &d->basis, error);
}

/* out (n) = P x. */
static void multiply(const flx_weighting_problem *problem, const double *x, double *out)
{
    size_t n = (size_t)problem->n, k = (size_t)problem->k;
    for (size_t i = 0; i < n; i++) {
        const double *row = problem->P + i * k;
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < k; j++)
            sum += row[j] * x[j];
        out[i] = sum;
    }
}

/* gradient += factor * row i. */
static void add_row(descent *d, int i, double factor)
{
    size_t k = (size_t)d->problem->k;
    const double *row = d->problem->P + (size_t)i * k;
#pragma omp simd
    for (size_t j = 0; j < k; j++)
        d->gradient[j] += factor * row[j];
}

/* Residuals, sides and gradient from the weights. A residual within rounding of 0 keeps
 * its side. */
static void look_around(descent *d)
{
    int n = d->problem->n, k = d->problem->k;
    multiply(d->problem, d->weights, d->residual);
    memset(d->gradient, 0, (size_t)k * sizeof(double));
    for (int i = 0; i < n; i++) {
        double r = d->target[i] - d->residual[i];
        d->residual[i] = r;
        if (fabs(r) > d->noise[i] || d->side[i] == 0)
            d->side[i] = r < 0 ? -1 : 1;
    }
    for (int q = 0; q < k; q++)
        if (d->basis.held[q].kind == FLX_HELD_ROW) {
            int row = d->basis.held[q].index;
            d->residual[row] = d->side[row] = 0;
        }
    for (int i = 0; i < n; i++)
        if (d->side[i] != 0)
            add_row(d, i, -d->side[i]);
}

static double clip(double w)
{
    return w > 0 ? w < 1 ? w : 1 : 0;
}

/* Edges and weights without the rounding of the steps so far. */
static void refresh(descent *d)
{
    int k = d->problem->k;
    for (int q = 0; q < k; q++)
        if (d->basis.held[q].kind == FLX_HELD_ROW)
            d->basis.held[q].value = d->target[d->basis.held[q].index];
    if (flx_basis_refresh(&d->basis, d->product))
        for (int j = 0; j < k; j++)
            d->weights[j] = clip(d->product[j]);
    for (int q = 0; q < k; q++)
        if (d->basis.held[q].kind < FLX_HELD_TOTAL)
            d->weights[d->basis.held[q].index] = d->basis.held[q].value;
    look_around(d);
}

/* How fast the loss changes along edge q, in the better of its directions. */
static double rate_along(const descent *d, int q, double slope, double *sign)
{
    flx_held_kind kind = d->basis.held[q].kind;
    *sign = kind == FLX_HELD_LOWER   ? 1
            : kind == FLX_HELD_UPPER ? -1
                                     : (slope > 0 ? -1 : 1);
    double own = kind == FLX_HELD_ROW ? 1 : kind == FLX_HELD_TOTAL ? HUGE_VAL : 0;
    return *sign * slope + own;
}

/* The edge of the steepest descent for its length, -1 at the optimum. */
static int choose_edge(const descent *d, double *rate, double *sign)
{
    int k = d->problem->k, best = -1;
    double steepest = 0;
    for (int q = 0; q < k; q++) {
        const double *edge = d->basis.edges + (size_t)q * (size_t)k;
        double slope = 0, square = 0, s;
        for (int j = 0; j < k; j++) {
            slope += d->gradient[j] * edge[j];
            square += edge[j] * edge[j];
        }
        double length = sqrt(square), r = rate_along(d, q, slope, &s);
        double noise = 1e-14 * d->row_norm * length;
        if (d->basis.held[q].kind == FLX_HELD_ROW)
            noise += 1e-11;
        if (-r > noise && -r / length > steepest) {
            steepest = -r / length;
            best = q;
            *rate = r;
            *sign = s;
        }
    }
    return best;
}

static bool is_before(const descent *d, int a, int b)
{
    return d->kink[a] < d->kink[b] ||
           (d->kink[a] == d->kink[b] && d->kink_row[a] < d->kink_row[b]);
}

static void swap_kinks(descent *d, int a, int b)
{
    double step = d->kink[a];
    int row = d->kink_row[a];
    d->kink[a] = d->kink[b];
    d->kink_row[a] = d->kink_row[b];
    d->kink[b] = step;
    d->kink_row[b] = row;
}

static void sift_down(descent *d, int at, int count)
{
    for (;;) {
        int left = 2 * at + 1, least = at;
        if (left < count && is_before(d, left, least))
            least = left;
        if (left + 1 < count && is_before(d, left + 1, least))
            least = left + 1;
        if (least == at)
            return;
        swap_kinks(d, at, least);
        at = least;
    }
}

/* Heap of the steps up to `limit` at which a residual changes its sign. */
static int collect_kinks(descent *d, double limit)
{
    int n = d->problem->n, count = 0;
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(d->change[i]));
    for (int i = 0; i < n; i++) {
        double speed = d->side[i] * d->change[i];
        if (!(speed > 1e-12 * largest))
            continue;
        double step = fmax(d->side[i] * d->residual[i], 0) / speed;
        if (step <= limit) {
            d->kink[count] = step;
            d->kink_row[count++] = i;
        }
    }
    for (int at = count / 2 - 1; at >= 0; at--)
        sift_down(d, at, count);
    return count;
}

/* How far a weight can go, and which one meets its bound first (-1: none). */
static double find_limit(const descent *d, int *blocking)
{
    int k = d->problem->k;
    bool has_upper = d->problem->form == FLX_FORM_SUM;
    double largest = 0, limit = HUGE_VAL;
    for (int j = 0; j < k; j++)
        largest = fmax(largest, fabs(d->direction[j]));
    *blocking = -1;
    for (int j = 0; j < k; j++) {
        double speed = d->direction[j], room = HUGE_VAL;
        if (speed < -1e-11 * largest)
            room = fmax(d->weights[j], 0) / -speed;
        else if (speed > 1e-11 * largest && has_upper)
            room = fmax(1 - d->weights[j], 0) / speed;
        if (room < limit) {
            limit = room;
            *blocking = j;
        }
    }
    return limit;
}

/* Passes kinks while the loss still falls, up to `limit`. Returns the step and the row
 * that is met there, -1 where it is the limit. */
static double pass_kinks(descent *d, double rate, double limit, int *row)
{
    int count = collect_kinks(d, limit);
    while (count > 0) {
        int i = d->kink_row[0];
        rate += 2 * fabs(d->change[i]);
        if (rate >= 0) {
            *row = i;
            return d->kink[0];
        }
        add_row(d, i, 2 * d->side[i]);
        d->side[i] = -d->side[i];
        swap_kinks(d, 0, --count);
        sift_down(d, 0, count);
    }
    *row = -1;
    return limit;
}

static void move(descent *d, double step)
{
    double largest = 0;
    for (int j = 0; j < d->problem->k; j++) {
        d->weights[j] = clip(d->weights[j] + step * d->direction[j]);
        largest = fmax(largest, fabs(step * d->direction[j]));
    }
    for (int i = 0; i < d->problem->n; i++)
        d->residual[i] -= step * d->change[i];
    d->n_idle = largest > 1e-15 ? 0 : d->n_idle + 1;
}

static void replace(descent *d, int q, double sign, flx_held entering)
{
    int k = d->problem->k;
    flx_held leaving = d->basis.held[q];
    if (leaving.kind == FLX_HELD_ROW) {
        d->side[leaving.index] = -sign;
        add_row(d, leaving.index, sign);
    }
    for (int l = 0; l < k; l++)
        d->product[l] =
            flx_held_product(&d->basis, entering, d->basis.edges + (size_t)l * (size_t)k);
    if (entering.kind == FLX_HELD_ROW) {
        add_row(d, entering.index, d->side[entering.index]);
        d->side[entering.index] = d->residual[entering.index] = 0;
    } else {
        d->weights[entering.index] = entering.value;
    }
    flx_basis_replace(&d->basis, q, entering, d->product);
}

/* One edge. Returns false where it has no end, which rounding alone can cause. */
static bool step_along(descent *d, int q, double rate, double sign)
{
    int k = d->problem->k, blocking, row;
    for (int j = 0; j < k; j++)
        d->direction[j] = sign * d->basis.edges[(size_t)q * (size_t)k + (size_t)j];
    for (int l = 0; l < k; l++) /* what is held does not move, not even by rounding */
        if (l != q && d->basis.held[l].kind < FLX_HELD_TOTAL)
            d->direction[d->basis.held[l].index] = 0;
    multiply(d->problem, d->direction, d->change);
    for (int l = 0; l < k; l++)
        if (l != q && d->basis.held[l].kind == FLX_HELD_ROW)
            d->change[d->basis.held[l].index] = 0;
    double limit = find_limit(d, &blocking);
    double step = pass_kinks(d, rate, limit, &row);
    if (!isfinite(step))
        return false;
    move(d, step);
    flx_held entering = {FLX_HELD_ROW, row, row < 0 ? 0 : d->target[row]};
    if (row < 0)
        entering = d->direction[blocking] < 0 ? (flx_held){FLX_HELD_LOWER, blocking, 0}
                                              : (flx_held){FLX_HELD_UPPER, blocking, 1};
    replace(d, q, sign, entering);
    return true;
}

static double mean_of_sides(const descent *d)
{
    double sum = 0;
    for (int i = 0; i < d->problem->n; i++)
        sum += fabs(d->residual[i]);
    return sum / d->problem->n;
}

/* Breaks ties among the rows: each target moves by its own small amount. */
static void shift_target(descent *d)
{
    double size = 1e-10 * mean_of_sides(d);
    for (int i = 0; i < d->problem->n; i++) {
        double least = 1e-13 * fabs(d->problem->y[i]);
        d->target[i] =
            d->problem->y[i] +
            (size > least ? size : least) * (flx_uniform(1, 1, (uint32_t)i, 0, 0) - 0.5);
    }
    d->is_shifted = true;
    d->n_idle = 0;
    refresh(d);
}

static void descend(descent *d)
{
    int k = d->problem->k, limit = 200 + 100 * k, n_since = 0;
    for (int step = 0; step < limit; step++) {
        double rate = 0, sign = 1;
        int q = choose_edge(d, &rate, &sign);
        if (q >= 0 && step_along(d, q, rate, sign))
            n_since++;
        else if (n_since == 0)
            return;
        else
            n_since = STEPS_PER_REFRESH;
        if (d->n_idle > 20 + k && !d->is_shifted)
            shift_target(d);
        else if (n_since >= STEPS_PER_REFRESH)
            refresh(d);
        else
            continue;
        n_since = 0;
    }
}

/* At an optimum the rows' prices u in [-1, 1] make sum u r a lower bound of the loss for
 * any weights: sum |r(v)| >= u'(y - P v) = u' r(w) - (P' u)'(v - w). */
static double lower_bound(descent *d)
{
    int n = d->problem->n, k = d->problem->k;
    double total = 0, most = -HUGE_VAL;
    for (int q = 0; q < k; q++) {
        const double *edge = d->basis.edges + (size_t)q * (size_t)k;
        double price = 0;
        for (int j = 0; j < k; j++)
            price += d->gradient[j] * edge[j];
        if (d->basis.held[q].kind == FLX_HELD_ROW)
            d->side[d->basis.held[q].index] = fmax(-1, fmin(1, price));
    }
    memset(d->gradient, 0, (size_t)k * sizeof(double));
    multiply(d->problem, d->weights, d->residual);
    for (int i = 0; i < n; i++) {
        add_row(d, i, d->side[i]);
        total += d->side[i] * (d->problem->y[i] - d->residual[i]);
    }
    for (int j = 0; j < k; j++) {
        double c = d->gradient[j], w = d->weights[j];
        most = fmax(most, c);
        total -= d->problem->form == FLX_FORM_MEAN ? -c * w
                 : c > 0                           ? c * (1 - w)
                                                   : -c * w;
    }
    total -= d->problem->form == FLX_FORM_MEAN ? most : 0;
    return fmax(total / n, 0);
}

static void measure_rows(descent *d)
{
    size_t n = (size_t)d->problem->n, k = (size_t)d->problem->k;
    for (size_t i = 0; i < n; i++) {
        double largest = 0;
        for (size_t j = 0; j < k; j++)
            largest = fmax(largest, fabs(d->problem->P[i * k + j]));
        d->row_norm += largest;
        d->noise[i] = 1e-14 * (fabs(d->problem->y[i]) + largest);
    }
}

static void normalise(const flx_weighting_problem *problem, double *weights)
{
    double sum = 0;
    for (int j = 0; j < problem->k; j++)
        sum += weights[j];
    for (int j = 0; j < problem->k && problem->form == FLX_FORM_MEAN && sum > 0; j++)
        weights[j] /= sum;
}

flx_status flx_least_absolute(const flx_weighting_problem *problem, double *weights,
                              double *bound, flx_error *error)
{
    descent d = {.problem = problem, .weights = weights};
    flx_status status = allocate(&d, error);
    if (status == FLX_OK) {
        memcpy(d.target, problem->y, (size_t)problem->n * sizeof(double));
        measure_rows(&d);
        look_around(&d);
        descend(&d);
        memcpy(d.target, problem->y, (size_t)problem->n * sizeof(double));
        if (d.is_shifted)
            refresh(&d);
        normalise(problem, weights);
        *bound = lower_bound(&d);
    }
    clear(&d);
    return status;
}
