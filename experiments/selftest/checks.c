/* SPDX-License-Identifier: MIT */
#include "experiments/selftest/checks.h"

void flx_standardize(int n, double *y, double *mean, double *sd)
{
    double square = 0;
    *mean = 0;
    for (int i = 0; i < n; i++)
        *mean += y[i] / n;
    for (int i = 0; i < n; i++)
        square += (y[i] - *mean) * (y[i] - *mean) / n;
    *sd = sqrt(square);
    for (int i = 0; i < n; i++)
        y[i] = (y[i] - *mean) / *sd;
}

double flx_gradient_error(int size, const double *actual, const double *expected)
{
    double largest = 0, worst = 0;
    for (int k = 0; k < size; k++)
        largest = fmax(largest, fabs(expected[k]));
    if (largest == 0)
        largest = 1;
    for (int k = 0; k < size; k++) {
        double scale = fmax(fabs(expected[k]), 1e-3 * largest);
        worst = flx_worse(worst, fabs(actual[k] - expected[k]) / scale);
    }
    return worst;
}
