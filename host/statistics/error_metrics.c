/* SPDX-License-Identifier: MIT
 * Accuracy of predictions and correlations: means first, deviations second, as the
 * one-pass formulas lose all digits where a latency's spread is small beside its mean. */
#include "host/statistics/error_metrics.h"

#include "formats/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef double (*transform)(double);

static double keep(double value)
{
    return value;
}

static bool is_counted(const double *actual, const double *predicted, int i)
{
    return !isnan(actual[i]) && !isnan(predicted[i]);
}

/* 1 - residual / total sum of squares of the transformed values over the counted rows. */
static double r_squared(const double *actual, const double *predicted, int n, int rows,
                        transform of)
{
    double mean = 0.0, residual = 0.0, total = 0.0;
    for (int i = 0; i < n; i++)
        if (is_counted(actual, predicted, i))
            mean += of(actual[i]) / rows;
    double first = NAN;
    bool is_constant = true;
    for (int i = 0; i < n; i++) {
        if (!is_counted(actual, predicted, i))
            continue;
        double value = of(actual[i]), error = of(predicted[i]) - value;
        first = isnan(first) ? value : first;
        is_constant &= !(value < first || value > first);
        residual += error * error;
        total += (value - mean) * (value - mean);
    }
    return is_constant ? NAN : 1.0 - residual / total;
}

static double coverage(const double *actual, const double *predicted, const double *lower,
                       const double *upper, int n)
{
    int rows = 0, inside = 0;
    for (int i = 0; lower && upper && i < n; i++) {
        if (!is_counted(actual, predicted, i) || isnan(lower[i]) || isnan(upper[i]))
            continue;
        rows++;
        inside += actual[i] >= lower[i] && actual[i] <= upper[i];
    }
    return rows ? (double)inside / rows : NAN;
}

void flx_error_metrics_measure(const double *actual, const double *predicted,
                               const double *lower, const double *upper, int n,
                               flx_error_metrics *out)
{
    double absolute = 0.0, relative = 0.0, squared = 0.0;
    bool has_zero = false, is_positive = true;
    *out = (flx_error_metrics){0, NAN, NAN, NAN, NAN, NAN, NAN};
    for (int i = 0; i < n; i++) {
        if (!is_counted(actual, predicted, i))
            continue;
        double error = fabs(predicted[i] - actual[i]);
        out->rows++;
        absolute += error;
        squared += error * error;
        has_zero |= fabs(actual[i]) <= 0.0;
        is_positive &= actual[i] > 0.0 && predicted[i] > 0.0;
        relative += has_zero ? 0.0 : error / fabs(actual[i]);
    }
    if (out->rows == 0)
        return;
    out->mae = absolute / out->rows;
    out->mape = has_zero ? NAN : relative / out->rows;
    out->rmse = sqrt(squared / out->rows);
    out->r2 = r_squared(actual, predicted, n, out->rows, keep);
    out->r2_log = is_positive ? r_squared(actual, predicted, n, out->rows, log) : NAN;
    out->coverage = coverage(actual, predicted, lower, upper, n);
}

double flx_quantile_sorted(const double *sorted, int n, double q)
{
    if (n <= 0)
        return NAN;
    double at = fmin(fmax(q, 0.0), 1.0) * (n - 1);
    int below = (int)at;
    double share = at - below;
    if (share <= 0.0 || below + 1 >= n)
        return sorted[below];
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

static int compare_values(const void *left, const void *right)
{
    double a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

flx_status flx_quantile(const double *values, int n, double q, double *out,
                        flx_error *error)
{
    FLX_SCOPED double *sorted = NULL;
    *out = NAN;
    if (!FLX_NEW(sorted, n))
        return flx_no_memory(error, "%d values", n);
    int present = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(values[i]))
            sorted[present++] = values[i];
    qsort(sorted, (size_t)present, sizeof *sorted, compare_values);
    *out = flx_quantile_sorted(sorted, present, q);
    return FLX_OK;
}

typedef struct {
    int rows;
    double mean, low, high;
} spread;

static spread measure_spread(const double *values, const double *partner, int n)
{
    spread s = {0, 0.0, INFINITY, -INFINITY};
    for (int i = 0; i < n; i++)
        s.rows += is_counted(values, partner, i);
    for (int i = 0; i < n; i++) {
        if (!is_counted(values, partner, i))
            continue;
        s.mean += values[i] / s.rows;
        s.low = fmin(s.low, values[i]);
        s.high = fmax(s.high, values[i]);
    }
    return s;
}

double flx_pearson(const double *x, const double *y, int n)
{
    spread sx = measure_spread(x, y, n), sy = measure_spread(y, x, n);
    if (!(sx.high > sx.low) || !(sy.high > sy.low))
        return 0.0; /* by the values: their deviations may be rounding alone */
    double xx = 0.0, yy = 0.0, xy = 0.0;
    for (int i = 0; i < n; i++) {
        if (!is_counted(x, y, i))
            continue;
        double dx = (x[i] - sx.mean) / (sx.high - sx.low);
        double dy = (y[i] - sy.mean) / (sy.high - sy.low);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    double r = xy / sqrt(xx * yy); /* NaN, as it should be, where a value is infinite */
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}
