/* SPDX-License-Identifier: MIT */
#include "experiments/selftest/sample.h"

#include "formats/memory.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_INPUT = 0x5E1F, STREAM_NOISE, STREAM_THETA, STREAM_QUERY };

static void fill_inputs(int n, int d, flx_sample_kind kind, double *X)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < d; k++)
            X[i * d + k] =
                flx_uniform(1, STREAM_INPUT, (uint32_t)i, (uint32_t)n, (uint32_t)k);
    for (int i = 0; i < n && kind == FLX_SAMPLE_CONSTANT; i++)
        X[i * d + d - 1] = 0.5;
    if (n > 1 && (kind == FLX_SAMPLE_DUPLICATES || kind == FLX_SAMPLE_SINGULAR))
        memcpy(X + d, X, (size_t)d * sizeof *X);
}

static void fill_targets(int n, int d, const double *X, double *y)
{
    for (int i = 0; i < n; i++) {
        y[i] = 0.1 * flx_normal(1, STREAM_NOISE, (uint32_t)i, (uint32_t)n, (uint32_t)d);
        for (int k = 0; k < d && k < 3; k++)
            y[i] += sin(5.0 * X[i * d + k] + k) / (1.0 + 0.3 * k);
    }
}

static void fill_theta(const flx_gp_problem *problem, flx_sample_kind kind, double *theta)
{
    int noise = flx_theta_noise(problem->d, problem->is_isotropic);
    uint32_t n = (uint32_t)problem->n, d = (uint32_t)problem->d;
    theta[FLX_THETA_SIGNAL] = 0.3 * flx_normal(1, STREAM_THETA, 0, n, d);
    for (int k = FLX_THETA_SCALES; k < noise; k++)
        theta[k] = log(0.5 * sqrt(problem->d)) +
                   0.4 * flx_normal(1, STREAM_THETA, (uint32_t)k, n, d);
    theta[noise] = log(0.05) + 0.5 * flx_normal(1, STREAM_THETA, (uint32_t)noise, n, d);
    if (kind == FLX_SAMPLE_SINGULAR) {
        theta[FLX_THETA_SIGNAL] = 0.0; /* s2 = 1 exactly, and 1 + sn2 rounds to 1 */
        theta[noise] = -80.0;
    }
}

flx_status flx_sample_create(int n, int d, bool is_isotropic, flx_sample_kind kind,
                             flx_sample *out, flx_error *error)
{
    *out = (flx_sample){0};
    if (!FLX_NEW(out->X, n * d) || !FLX_NEW(out->y, n) || !FLX_NEW(out->theta, 2 + d)) {
        flx_sample_clear(out);
        return flx_no_memory(error, "a sample of %d x %d", n, d);
    }
    fill_inputs(n, d, kind, out->X);
    fill_targets(n, d, out->X, out->y);
    out->problem = (flx_gp_problem){
        .n = n, .d = d, .is_isotropic = is_isotropic, .X = out->X, .y = out->y};
    fill_theta(&out->problem, kind, out->theta);
    return FLX_OK;
}

void flx_sample_clear(flx_sample *sample)
{
    free(sample->X);
    free(sample->y);
    free(sample->theta);
    *sample = (flx_sample){0};
}

flx_status flx_sample_set_create(int max_n, flx_sample_set *out, flx_error *error)
{
    static const int sizes[] = {1, 2, 3, 7, 8, 9, 23, 24, 25, 31, 33, 50, 100};
    static const int inputs[] = {1, 3, 17};
    static const flx_sample_kind kinds[] = {FLX_SAMPLE_PLAIN, FLX_SAMPLE_DUPLICATES,
                                            FLX_SAMPLE_CONSTANT};
    int n_sizes = (int)(sizeof sizes / sizeof *sizes), most = n_sizes * 3 * 2;
    *out = (flx_sample_set){0};
    if (!FLX_NEW(out->samples, most))
        return flx_no_memory(error, "%d samples", most);
    flx_status status = FLX_OK;
    for (int i = 0; i < most && status == FLX_OK; i++) {
        int n = sizes[i / 6];
        if (n > max_n)
            break;
        /* i / 3 + i: so that every number of inputs meets every kind. */
        status = flx_sample_create(n, inputs[i % 3], i % 6 >= 3, kinds[(i / 3 + i) % 3],
                                   &out->samples[i], error);
        out->count += status == FLX_OK;
        if (status == FLX_OK)
            out->samples[i].problem.covariance =
                (flx_covariance)((i / 6 + i) % FLX_COVARIANCES);
    }
    if (status != FLX_OK)
        flx_sample_set_clear(out);
    return status;
}

void flx_sample_set_clear(flx_sample_set *set)
{
    for (int i = 0; i < set->count; i++)
        flx_sample_clear(&set->samples[i]);
    free(set->samples);
    *set = (flx_sample_set){0};
}

void flx_sample_queries(int m, int d, uint64_t seed, double *queries)
{
    for (int i = 0; i < m; i++)
        for (int k = 0; k < d; k++)
            queries[i * d + k] =
                1.2 * flx_uniform(seed, STREAM_QUERY, (uint32_t)i, 0, (uint32_t)k) - 0.1;
}
