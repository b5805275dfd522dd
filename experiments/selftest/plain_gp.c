/* SPDX-License-Identifier: MIT */
#include "experiments/selftest/plain_gp.h"

#include <math.h>
#include <stdlib.h>

#define LOG_2PI 1.8378770664093454836

static double length_scale(const flx_gp_problem *p, const double *theta, int k)
{
    return exp(theta[flx_theta_scale(p->is_isotropic, k)]);
}

static double distance(const flx_gp_problem *p, const double *theta, const double *a,
                       const double *b)
{
    double sum = 0;
    for (int k = 0; k < p->d; k++)
        sum += pow((a[k] - b[k]) / length_scale(p, theta, k), 2);
    return sqrt(sum);
}

/* R&W eq. 4.17 and 4.9, written with r, for unit signal. */
static double correlation(flx_covariance covariance, double r)
{
    switch (covariance) {
    case FLX_MATERN52:
        return (1 + sqrt(5) * r + 5.0 / 3.0 * r * r) * exp(-sqrt(5) * r);
    case FLX_MATERN32:
        return (1 + sqrt(3) * r) * exp(-sqrt(3) * r);
    case FLX_SQUARED_EXPONENTIAL:
        return exp(-0.5 * r * r);
    }
    return NAN;
}

/* -c'(r) / r */
static double slope(flx_covariance covariance, double r)
{
    switch (covariance) {
    case FLX_MATERN52:
        return 5.0 / 3.0 * (1 + sqrt(5) * r) * exp(-sqrt(5) * r);
    case FLX_MATERN32:
        return 3 * exp(-sqrt(3) * r);
    case FLX_SQUARED_EXPONENTIAL:
        return exp(-0.5 * r * r);
    }
    return NAN;
}

static double covariance(const flx_gp_problem *p, const double *theta, const double *a,
                         const double *b)
{
    return flx_signal_variance(theta) *
           correlation(p->covariance, distance(p, theta, a, b));
}

static const double *point(const flx_gp_problem *p, int i)
{
    return p->X + (size_t)i * (size_t)p->d;
}

/* Lower Cholesky factor (n, n) row-major of K; returns info. */
static int factor(const flx_gp_problem *p, const double *theta, double jitter, double *L)
{
    int n = p->n;
    double noise = flx_noise_variance(theta, p->d, p->is_isotropic) + jitter;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = covariance(p, theta, point(p, i), point(p, j));
            sum += i == j ? noise : 0;
            for (int k = 0; k < j; k++)
                sum -= L[i * n + k] * L[j * n + k];
            if (i == j && !(sum > 0))
                return i + 1;
            L[i * n + j] = i == j ? sqrt(sum) : sum / L[j * n + j];
        }
    return 0;
}

/* x <- K^-1 x. */
static void solve(int n, const double *L, double *x)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= L[i * n + k] * x[k];
        x[i] /= L[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            x[i] -= L[k * n + i] * x[k];
        x[i] /= L[i * n + i];
    }
}

/* Adds one entry of (a a' - K^-1) / 2 times the derivatives of K there. */
static void add_entry(const flx_gp_problem *p, const double *theta, int i, int j,
                      double weight, double *gradient)
{
    const double *a = point(p, i), *b = point(p, j);
    int noise = flx_theta_noise(p->d, p->is_isotropic);
    double g =
        flx_signal_variance(theta) * slope(p->covariance, distance(p, theta, a, b));
    gradient[FLX_THETA_SIGNAL] += 0.5 * weight * covariance(p, theta, a, b);
    gradient[noise] += i == j ? 0.5 * weight * exp(theta[noise]) : 0;
    for (int k = 0; k < p->d; k++)
        gradient[flx_theta_scale(p->is_isotropic, k)] +=
            0.5 * weight * g * pow((a[k] - b[k]) / length_scale(p, theta, k), 2);
}

int flx_plain_gp_evaluate(const flx_gp_problem *problem, const double *theta,
                          double jitter, double *value, double *gradient)
{
    int n = problem->n, size = flx_gp_theta_size(problem);
    double *L = calloc((size_t)n * (size_t)n + 2 * (size_t)n, sizeof *L);
    if (!L)
        return -2;
    double *alpha = L + (size_t)n * (size_t)n, *column = alpha + n, sum = 0;
    int info = factor(problem, theta, jitter, L);
    for (int i = 0; i < n; i++)
        alpha[i] = problem->y[i];
    if (info == 0)
        solve(n, L, alpha);
    for (int i = 0; i < n; i++)
        sum += 0.5 * problem->y[i] * alpha[i] + log(L[i * n + i]) + 0.5 * LOG_2PI;
    *value = info ? -INFINITY : -sum;
    for (int k = 0; k < size; k++)
        gradient[k] = 0;
    for (int j = 0; j < n && info == 0; j++) {
        for (int i = 0; i < n; i++)
            column[i] = i == j;
        solve(n, L, column);
        for (int i = 0; i < n; i++)
            add_entry(problem, theta, i, j, alpha[i] * alpha[j] - column[i], gradient);
    }
    free(L);
    return info;
}

int flx_plain_gp_predict(const flx_gp_problem *problem, const double *theta,
                         double jitter, const double *x, double *mean, double *variance)
{
    int n = problem->n;
    double *L = calloc((size_t)n * (size_t)n + (size_t)n, sizeof *L);
    if (!L)
        return -2;
    double *weights = L + (size_t)n * (size_t)n;
    int info = factor(problem, theta, jitter, L);
    for (int i = 0; i < n; i++)
        weights[i] = covariance(problem, theta, point(problem, i), x);
    if (info == 0)
        solve(n, L, weights);
    *mean = 0;
    *variance = flx_signal_variance(theta) +
                flx_noise_variance(theta, problem->d, problem->is_isotropic);
    for (int i = 0; i < n; i++) {
        *mean += weights[i] * problem->y[i];
        *variance -= weights[i] * covariance(problem, theta, point(problem, i), x);
    }
    free(L);
    return info;
}
