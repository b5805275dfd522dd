/* SPDX-License-Identifier: MIT
 * The table of checks, and those of the scalar formulas. */
#include "experiments/selftest/selftest.h"

#include "experiments/selftest/checks.h"
#include "formats/clock.h"
#include "kernels/formulas/covariance.h"
#include "kernels/formulas/philox.h"

#include <string.h>

/* Published test vectors of philox4x32-10: counter, key, expected. */
static flx_status check_philox(const flx_check_context *context, double *worst,
                               flx_error *error)
{
    static const uint32_t vectors[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u,
         0x6d5451fdu},
        {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u,
         0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}};
    (void)context, (void)error;
    for (int i = 0; i < 3; i++) {
        const uint32_t *v = vectors[i];
        uint64_t seed = (uint64_t)v[5] << 32 | v[4];
        flx_philox_block block = flx_philox(seed, v[0], v[1], v[2], v[3]);
        for (int k = 0; k < 4; k++)
            *worst += block.word[k] != v[6 + k];
    }
    return FLX_OK;
}

static flx_status check_exp(const flx_check_context *context, double *worst,
                            flx_error *error)
{
    (void)context, (void)error;
    for (int i = 0; i <= 200000; i++) {
        double x = -700.0 * i / 200000.0, expected = exp(x);
        double relative = fabs(flx_exp_negative(x) - expected) / expected;
        *worst = flx_worse(*worst, relative);
    }
    return FLX_OK;
}

/* Value and slope as the textbook has them, with exp and sqrt of libm. */
static flx_status check_matern(const flx_check_context *context, double *worst,
                               flx_error *error)
{
    (void)context, (void)error;
    for (int i = 0; i <= 4000; i++) {
        double r = 0.005 * i, a = sqrt(5.0) * r, k, g;
        flx_covariance_at(FLX_MATERN52, 1.7, r * r, &k, &g);
        double value = 1.7 * (1 + a + a * a / 3) * exp(-a);
        double slope = 1.7 * 5 / 3 * (1 + a) * exp(-a);
        *worst = flx_worse(*worst, fabs(k - value) / value);
        *worst = flx_worse(*worst, fabs(g - slope) / slope);
    }
    return FLX_OK;
}

typedef struct {
    const char *name;
    double bound;
    flx_check_function *measure;
    enum { ALWAYS, WITH_REFERENCE, ON_A_DEVICE } when;
} check_entry;

static const check_entry entries[] = {
    {"philox: known answers, wrong words", 0, check_philox, ALWAYS},
    {"exp against libm, relative", 4.5e-16, check_exp, ALWAYS},
    {"matern 5/2 against the plain formula, relative", 2e-14, check_matern, ALWAYS},
    {"likelihood against plain loops", 1e-10, flx_check_likelihood, ALWAYS},
    {"gradient against plain loops", 1e-9, flx_check_gradient, ALWAYS},
    {"gradient against differences of likelihoods", 1e-6, flx_check_differences, ALWAYS},
    {"leave-one-out against refits", 1e-9, flx_check_leave_one_out, ALWAYS},
    {"means against plain loops", 1e-10, flx_check_means, ALWAYS},
    {"variances against plain loops", 1e-10, flx_check_variances, ALWAYS},
    {"slopes against differences of means", 1e-6, flx_check_slopes, ALWAYS},
    {"neighbours of a failed member, changed numbers", 0, flx_check_failed_member,
     ALWAYS},
    {"reference likelihoods, relative", 1e-9, flx_check_reference_likelihood,
     WITH_REFERENCE},
    {"reference gradients, relative", 1e-9, flx_check_reference_gradient, WITH_REFERENCE},
    {"reference optima, nats below the best known", 0.1, flx_check_reference_optimum,
     WITH_REFERENCE},
    {"reference means, relative", 1e-8, flx_check_reference_means, WITH_REFERENCE},
    {"reference deviations, relative", 1e-8, flx_check_reference_deviations,
     WITH_REFERENCE},
    {"members that fail, as on the cpu", 0, flx_check_agreed_infos, ON_A_DEVICE},
    {"likelihoods as on the cpu", 1e-9, flx_check_agreed_values, ON_A_DEVICE},
    {"gradients as on the cpu", 1e-9, flx_check_agreed_gradients, ON_A_DEVICE},
    {"leave-one-out as on the cpu", 1e-9, flx_check_agreed_left_out, ON_A_DEVICE},
    {"predictions as on the cpu", 1e-9, flx_check_agreed_predictions, ON_A_DEVICE},
    {"composed graphs as on the cpu", 1e-9, flx_check_agreed_graphs, ON_A_DEVICE},
    {"losses of weights as on the cpu", 1e-12, flx_check_agreed_losses, ON_A_DEVICE},
    {"populations of 50 generations as the host's", 1e-12, flx_check_agreed_populations,
     ON_A_DEVICE},
    {"matrix products as on the cpu", 1e-12, flx_check_agreed_products, ON_A_DEVICE},
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };
_Static_assert((int)N_ENTRIES <= (int)FLX_MAX_CHECKS, "flx_selftest holds every check");

static flx_status run_check(const check_entry *entry, const flx_check_context *context,
                            flx_selftest *out, flx_error *error)
{
    flx_check *check = &out->checks[out->count];
    *check = (flx_check){.name = entry->name, .bound = entry->bound};
    double started = flx_clock_seconds();
    FLX_TRY(entry->measure(context, &check->max_error, error));
    check->seconds = flx_clock_seconds() - started;
    check->is_ok = check->max_error <= check->bound; /* false for NaN */
    out->count++;
    out->failed += !check->is_ok;
    return FLX_OK;
}

static bool is_due(const check_entry *entry, const flx_check_context *context)
{
    return entry->when == ALWAYS ||
           (entry->when == WITH_REFERENCE && context->reference) ||
           (entry->when == ON_A_DEVICE && strcmp(context->backend->name, "cpu") != 0);
}

flx_status flx_selftest_run(flx_backend *backend, const flx_selftest_options *options,
                            const flx_progress *progress, flx_selftest *out,
                            flx_error *error)
{
    *out = (flx_selftest){0};
    flx_agreement agreed = {0};
    flx_check_context context = {.backend = backend,
                                 .reference = options->reference,
                                 .largest = options->largest,
                                 .agreed = &agreed};
    if (context.largest == 0)
        context.largest = FLX_SELFTEST_LARGEST;
    for (int i = 0; i < N_ENTRIES; i++) {
        flx_progress_report(progress, i, N_ENTRIES);
        if (is_due(&entries[i], &context))
            FLX_TRY(run_check(&entries[i], &context, out, error));
    }
    flx_progress_report(progress, N_ENTRIES, N_ENTRIES);
    return FLX_OK;
}
