/* SPDX-License-Identifier: MIT
 * The start fixes every weight by a constraint, so that no first phase is needed: the
 * descent drops the constraint whose edge is steepest, and moves along that edge until
 * the slope of the loss turns or a weight meets a bound. */
#include "host/optimization/least_absolute_descent.h"

#include "formats/memory.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_PER_REFRESH = 40 };

void flx_descent_clear(flx_descent *d)
{
    flx_basis_clear(&d->basis);
    free(d->target);
    free(d->breakpoints.row);
}

static flx_status allocate(flx_descent *d, const double *start, flx_error *error)
{
    size_t n = (size_t)d->problem->n, k = (size_t)d->problem->k;
    if (!FLX_NEW(d->target, 6 * n + 4 * k) || !FLX_NEW(d->breakpoints.row, n))
        return flx_no_memory(error, "a fit of %zu x %zu", n, k);
    d->residual = d->target + n;
    d->side = d->residual + n;
    d->change = d->side + n;
    d->breakpoints.step = d->change + n;
    d->noise = d->breakpoints.step + n;
    d->gradient = d->noise + n;
    d->direction = d->gradient + k;
    d->product = d->direction + k;
    d->weights = d->product + k;
    memcpy(d->weights, start, k * sizeof(double));
    memcpy(d->target, d->problem->y, n * sizeof(double));
    return flx_basis_create(d->problem, d->weights, &d->basis, error);
}

/* out (n) = P x. */
static void multiply(const flx_output_weighting_problem *problem, const double *x,
                     double *out)
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
static void add_row(flx_descent *d, int i, double factor)
{
    size_t k = (size_t)d->problem->k;
    const double *row = d->problem->P + (size_t)i * k;
#pragma omp simd
    for (size_t j = 0; j < k; j++)
        d->gradient[j] += factor * row[j];
}

/* gradient = -P' side. */
static void sum_rows(flx_descent *d)
{
    memset(d->gradient, 0, (size_t)d->problem->k * sizeof(double));
    for (int i = 0; i < d->problem->n; i++)
        if (d->side[i] != 0)
            add_row(d, i, -d->side[i]);
}

/* Residuals, sides and gradient from the weights. A residual within rounding of 0 keeps
 * its side. */
static void evaluate(flx_descent *d)
{
    int n = d->problem->n, k = d->problem->k;
    multiply(d->problem, d->weights, d->residual);
    d->loss = 0;
    for (int i = 0; i < n; i++) {
        double r = d->target[i] - d->residual[i];
        d->residual[i] = r;
        d->loss += fabs(r);
        if (fabs(r) > d->noise[i] || d->side[i] == 0)
            d->side[i] = r < 0 ? -1 : 1;
    }
    for (int q = 0; q < k; q++)
        if (d->basis.active[q].kind == FLX_CONSTRAINT_ROW) {
            int row = d->basis.active[q].index;
            d->residual[row] = d->side[row] = 0;
        }
    sum_rows(d);
}

static double clip(double w)
{
    return w > 0 ? w < 1 ? w : 1 : 0;
}

/* Edges and weights without the rounding of the steps so far. */
static void refresh(flx_descent *d)
{
    int k = d->problem->k;
    for (int q = 0; q < k; q++)
        if (d->basis.active[q].kind == FLX_CONSTRAINT_ROW)
            d->basis.active[q].value = d->target[d->basis.active[q].index];
    if (flx_basis_refresh(&d->basis, d->product))
        for (int j = 0; j < k; j++)
            d->weights[j] = clip(d->product[j]);
    for (int q = 0; q < k; q++)
        if (d->basis.active[q].kind < FLX_CONSTRAINT_TOTAL)
            d->weights[d->basis.active[q].index] = d->basis.active[q].value;
    evaluate(d);
}

static void measure_rows(flx_descent *d)
{
    size_t n = (size_t)d->problem->n, k = (size_t)d->problem->k;
    for (size_t i = 0; i < n; i++) {
        double largest = 0;
        for (size_t j = 0; j < k; j++)
            largest = fmax(largest, fabs(d->problem->P[i * k + j]));
        d->row_norm += largest;
        d->noise[i] = 1e-14 * (fabs(d->problem->y[i]) + largest);
        d->noise_sum += d->noise[i];
    }
}

flx_status flx_descent_create(const flx_output_weighting_problem *problem,
                              const double *start, flx_descent *d, flx_error *error)
{
    *d = (flx_descent){.problem = problem};
    flx_status status = allocate(d, start, error);
    if (status != FLX_OK) {
        flx_descent_clear(d);
        return status;
    }
    measure_rows(d);
    evaluate(d);
    return FLX_OK;
}

/* How fast the loss changes along edge q, in the better of its directions. */
static double rate_along(const flx_descent *d, int q, double slope, double *sign)
{
    flx_active_constraint_kind kind = d->basis.active[q].kind;
    *sign = kind == FLX_CONSTRAINT_LOWER   ? 1
            : kind == FLX_CONSTRAINT_UPPER ? -1
                                           : (slope > 0 ? -1 : 1);
    double own = kind == FLX_CONSTRAINT_ROW     ? 1
                 : kind == FLX_CONSTRAINT_TOTAL ? HUGE_VAL
                                                : 0;
    return *sign * slope + own;
}

/* The edge of the steepest descent for its length, -1 at the optimum. */
static int choose_edge(const flx_descent *d, double *rate, double *sign)
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
        double noise = 1e-15 * d->row_norm * length;
        if (d->basis.active[q].kind == FLX_CONSTRAINT_ROW)
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

/* The steps up to `limit` at which a residual changes its sign. */
static void collect_breakpoints(flx_descent *d, double limit)
{
    int n = d->problem->n;
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(d->change[i]));
    d->breakpoints.count = 0;
    for (int i = 0; i < n; i++) {
        double speed = d->side[i] * d->change[i];
        if (!(speed > 1e-12 * largest))
            continue;
        double step = fmax(d->side[i] * d->residual[i], 0) / speed;
        if (step <= limit) {
            d->breakpoints.step[d->breakpoints.count] = step;
            d->breakpoints.row[d->breakpoints.count++] = i;
        }
    }
    flx_breakpoint_heap_make(&d->breakpoints);
}

/* How far a weight can go, and which one meets its bound first (-1: none). */
static double find_limit(const flx_descent *d, int *blocking)
{
    int k = d->problem->k;
    bool has_upper = d->problem->form == FLX_FORM_SUM;
    double largest = 0, limit = HUGE_VAL;
    for (int j = 0; j < k; j++)
        largest = fmax(largest, fabs(d->direction[j]));
    *blocking = -1;
    for (int j = 0; j < k; j++) {
        double speed = d->direction[j], step = HUGE_VAL;
        if (speed < -1e-11 * largest)
            step = fmax(d->weights[j], 0) / -speed;
        else if (speed > 1e-11 * largest && has_upper)
            step = fmax(1 - d->weights[j], 0) / speed;
        if (step < limit) {
            limit = step;
            *blocking = j;
        }
    }
    return limit;
}

/* Passes breakpoints while the loss still falls, up to `limit`. Returns the step and the
 * row that is met there, -1 where it is the limit. */
static double pass_breakpoints(flx_descent *d, double rate, double limit, int *row)
{
    for (collect_breakpoints(d, limit); d->breakpoints.count > 0;
         flx_breakpoint_heap_pop(&d->breakpoints)) {
        int i = d->breakpoints.row[0];
        rate += 2 * fabs(d->change[i]);
        if (rate >= 0) {
            *row = i;
            return d->breakpoints.step[0];
        }
        add_row(d, i, 2 * d->side[i]);
        d->side[i] = -d->side[i];
    }
    *row = -1;
    return limit;
}

static void move(flx_descent *d, double step)
{
    for (int j = 0; j < d->problem->k; j++)
        d->weights[j] = clip(d->weights[j] + step * d->direction[j]);
    for (int i = 0; i < d->problem->n; i++)
        d->residual[i] -= step * d->change[i];
}

static void replace(flx_descent *d, int q, double sign, flx_active_constraint entering)
{
    int k = d->problem->k;
    flx_active_constraint leaving = d->basis.active[q];
    if (leaving.kind == FLX_CONSTRAINT_ROW) {
        d->side[leaving.index] = -sign;
        add_row(d, leaving.index, sign);
    }
    for (int l = 0; l < k; l++)
        d->product[l] = flx_constraint_product(&d->basis, entering,
                                               d->basis.edges + (size_t)l * (size_t)k);
    if (entering.kind == FLX_CONSTRAINT_ROW) {
        add_row(d, entering.index, d->side[entering.index]);
        d->side[entering.index] = d->residual[entering.index] = 0;
    } else {
        d->weights[entering.index] = entering.value;
    }
    flx_basis_replace(&d->basis, q, entering, d->product);
}

/* One edge. Returns false where it has no end, which rounding alone can cause. */
static bool step_along(flx_descent *d, int q, double rate, double sign)
{
    int k = d->problem->k, blocking, row;
    for (int j = 0; j < k; j++)
        d->direction[j] = sign * d->basis.edges[(size_t)q * (size_t)k + (size_t)j];
    for (int l = 0; l < k; l++) /* what is active does not move, not even by rounding */
        if (l != q && d->basis.active[l].kind < FLX_CONSTRAINT_TOTAL)
            d->direction[d->basis.active[l].index] = 0;
    multiply(d->problem, d->direction, d->change);
    for (int l = 0; l < k; l++)
        if (l != q && d->basis.active[l].kind == FLX_CONSTRAINT_ROW)
            d->change[d->basis.active[l].index] = 0;
    double limit = find_limit(d, &blocking);
    double step = pass_breakpoints(d, rate, limit, &row);
    if (!isfinite(step))
        return false;
    move(d, step);
    flx_active_constraint entering = {FLX_CONSTRAINT_ROW, row,
                                      row < 0 ? 0 : d->target[row]};
    if (row < 0)
        entering = d->direction[blocking] < 0
                       ? (flx_active_constraint){FLX_CONSTRAINT_LOWER, blocking, 0}
                       : (flx_active_constraint){FLX_CONSTRAINT_UPPER, blocking, 1};
    replace(d, q, sign, entering);
    return true;
}

void flx_descent_shift(flx_descent *d, double size, uint64_t seed)
{
    for (int i = 0; i < d->problem->n; i++)
        d->target[i] =
            d->problem->y[i] + size * (flx_uniform(seed, 1, (uint32_t)i, 0, 0) - 0.5);
    refresh(d);
}

void flx_descent_run(flx_descent *d, int patience)
{
    int limit = 200 + 100 * d->problem->k, n_since = 0;
    for (int step = 0; step < limit && patience > 0; step++) {
        double rate = 0, sign = 1, before = d->loss;
        int q = choose_edge(d, &rate, &sign);
        if (q >= 0 && step_along(d, q, rate, sign))
            n_since++;
        else if (n_since == 0)
            return;
        else
            n_since = STEPS_PER_REFRESH;
        if (n_since < STEPS_PER_REFRESH)
            continue;
        refresh(d);
        n_since = 0;
        patience -= before - d->loss <= 1e-12 * before + 0.01 * d->noise_sum;
    }
    refresh(d);
}

/* Sides of the active rows that balance all others along every edge; what the edges round
 * away comes back in the next round. */
static void price_rows(flx_descent *d)
{
    size_t k = (size_t)d->problem->k;
    for (int round = 0; round < 3; round++) {
        sum_rows(d);
        for (size_t q = 0; q < k; q++)
            for (size_t j = 0; j < k && d->basis.active[q].kind == FLX_CONSTRAINT_ROW;
                 j++)
                d->side[d->basis.active[q].index] +=
                    d->gradient[j] * d->basis.edges[q * k + j];
    }
    for (size_t q = 0; q < k; q++)
        if (d->basis.active[q].kind == FLX_CONSTRAINT_ROW) {
            double *side = &d->side[d->basis.active[q].index];
            *side = fmax(-1, fmin(1, *side));
        }
    sum_rows(d);
}

/* At an optimum the rows' prices u in [-1, 1] make sum u r a lower bound of the loss for
 * any weights: sum |r(v)| >= u'(y - P v) = u' r(w) - (P' u)'(v - w). */
double flx_descent_bound(flx_descent *d)
{
    int n = d->problem->n, k = d->problem->k;
    bool is_mean = d->problem->form == FLX_FORM_MEAN;
    double total = 0, most = -HUGE_VAL;
    price_rows(d);
    multiply(d->problem, d->weights, d->residual);
    for (int i = 0; i < n; i++)
        total += d->side[i] * (d->problem->y[i] - d->residual[i]);
    for (int j = 0; j < k; j++) {
        double c = -d->gradient[j], w = d->weights[j];
        most = fmax(most, c);
        total -= is_mean ? -c * w : c > 0 ? c * (1 - w) : -c * w;
    }
    total -= is_mean ? most : 0;
    return fmax(total / n, 0);
}
