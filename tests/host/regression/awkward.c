/* SPDX-License-Identifier: MIT */
#include "tests/host/regression/awkward.h"

#include "kernels/formulas/philox.h"

#include <math.h>

static const struct {
    const char *name;
    int n, d;
} sets[AWKWARD_COUNT] = {
    {"two points", 2, 1}, {"six points", 6, 2}, {"duplicates", 20, 2}, {"repeats", 16, 2},
    {"wide", 24, 30},     {"step", 25, 1},      {"noise", 20, 3},      {"smooth", 15, 1}};

static double target(int which, int row, const double *x)
{
    double noise = flx_normal(4, 1, (uint32_t)row, (uint32_t)which, 0);
    switch (which) {
    case AWKWARD_REPEATS:
        return sin(4 * x[0]) + x[1];
    case AWKWARD_STEP:
        return x[0] > 0.5;
    case AWKWARD_NOISE:
        return noise;
    case AWKWARD_SMOOTH:
        return 50 + 10 * sin(6 * x[0]);
    default:
        return 1000 * sin(4 * x[0]) + 100 * noise;
    }
}

flx_fit_task awkward_task(int which, flx_gp_prior prior, awkward_data *data)
{
    int n = sets[which].n, d = sets[which].d;
    bool is_paired = which == AWKWARD_DUPLICATES || which == AWKWARD_REPEATS;
    for (int i = 0; i < n; i++) {
        uint32_t point = (uint32_t)(is_paired ? i / 2 : i);
        for (int k = 0; k < d; k++)
            data->X[i * d + k] = flx_uniform(4, 0, point, (uint32_t)which, (uint32_t)k);
        data->y[i] = target(which, i, data->X + i * d);
    }
    return (flx_fit_task){.name = sets[which].name,
                          .n = n,
                          .d = d,
                          .X = data->X,
                          .y = data->y,
                          .prior = prior};
}
