/* SPDX-License-Identifier: MIT */
#include "host/commands/bench/bench_workload.h"

#include "formats/memory.h"
#include "host/regression.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>

void flx_workload_release(flx_workload *w)
{
    free(w->X);
    free(w->y);
    free(w->theta);
    free(w->problems);
    free(w->evaluations);
    free(w->gradients);
}

/* Inputs uniform in the cube; the target a sum of waves in the first inputs plus noise.
 */
static void fill_member(flx_workload *w, int b, uint64_t seed)
{
    size_t n = (size_t)w->n, d = (size_t)w->d;
    double *X = w->X + (size_t)b * n * d, *y = w->y + (size_t)b * n, mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < d; k++)
            X[i * d + k] = flx_uniform(seed, 1, (uint32_t)b, (uint32_t)i, (uint32_t)k);
        y[i] = 0.05 * flx_normal(seed, 2, (uint32_t)b, (uint32_t)i, 0);
        for (size_t k = 0; k < d && k < 4; k++)
            y[i] += sin(3.0 * X[i * d + k] + (double)k) / (double)(k + 1);
        mean += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        square += (y[i] - mean) * (y[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++)
        y[i] = (y[i] - mean) / sqrt(square);
}

flx_status flx_workload_create(int n, int d, int batch, uint64_t seed, flx_workload *w,
                               flx_error *error)
{
    size_t members = (size_t)batch, points = (size_t)n, inputs = (size_t)d;
    *w = (flx_workload){.n = n, .d = d, .batch = batch};
    if (!FLX_NEW(w->X, members * points * inputs) || !FLX_NEW(w->y, members * points) ||
        !FLX_NEW(w->theta, inputs + 2) || !FLX_NEW(w->problems, members) ||
        !FLX_NEW(w->evaluations, members) ||
        !FLX_NEW(w->gradients, members * (inputs + 2))) {
        flx_workload_release(w);
        return flx_no_memory(error, "%d x %d x %d", batch, n, d);
    }
    w->theta[FLX_THETA_SIGNAL] = 0.0;
    for (int k = 0; k < d; k++)
        w->theta[flx_theta_scale(false, k)] = log(0.5 * sqrt(d));
    w->theta[flx_theta_noise(d, false)] = log(0.01);
    for (int b = 0; b < batch; b++) {
        size_t at = (size_t)b;
        fill_member(w, b, seed);
        w->problems[b] = (flx_gp_problem){
            .n = n, .d = d, .X = w->X + at * points * inputs, .y = w->y + at * points};
        w->evaluations[b] =
            (flx_gp_evaluation){.problem = b,
                                .theta = w->theta,
                                .jitter = FLX_GP_JITTER,
                                .gradient = w->gradients + at * (inputs + 2)};
    }
    return FLX_OK;
}
