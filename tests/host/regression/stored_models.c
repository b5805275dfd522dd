/* SPDX-License-Identifier: MIT */
#include "tests/host/regression/stored_models.h"

#include "formats/files/digest.h"
#include "kernels/formulas/philox.h"

#include <stdio.h>
#include <string.h>

static void fill(double *values, int count, int k, uint32_t stream)
{
    for (int i = 0; i < count; i++)
        values[i] = flx_uniform(11, stream, (uint32_t)k, 0, (uint32_t)i) - 0.5;
}

static void name_model(char cause[65], int k)
{
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_integer(&digest, (uint64_t)k);
    flx_digest_finish(&digest, cause);
}

void make_numbered_model(numbered_model *made, int k)
{
    *made = (numbered_model){.features = {{0, false, false, -1, 1, 0, 0.3, 0},
                                          {1, false, true, -2, 2, 0, 0.1, 0.7}}};
    name_model(made->cause, k);
    fill(made->X, 6, k, 0);
    fill(made->y, 3, k, 1);
    fill(made->theta, 4, k, 2);
    fill(made->loo_mean, 3, k, 3);
    fill(made->loo_variance, 3, k, 4);
    snprintf(made->output, sizeof made->output, "service %d:p90", k);
    made->model = (flx_fit_result){.output = made->output,
                                   .predictor = {.kind = FLX_PREDICTOR_GP,
                                                 .n_inputs = 2,
                                                 .n_features = 2,
                                                 .features = made->features,
                                                 .output_low = -k,
                                                 .output_high = k,
                                                 .n = 3,
                                                 .X = made->X,
                                                 .y = made->y,
                                                 .n_theta = 4,
                                                 .theta = made->theta,
                                                 .jitter = 1e-10,
                                                 .y_sd = 1.25,
                                                 .lml = -3.5 - k,
                                                 .loo_mae = 0.25,
                                                 .evaluations = k},
                                   .loo_mean = made->loo_mean,
                                   .loo_variance = made->loo_variance,
                                   .objective = 0.125 * k,
                                   .starts = 4,
                                   .created = 1700000000 + k};
}

static bool are_same_numbers(const double *a, const double *b, size_t count)
{
    return a && b ? memcmp(a, b, count * sizeof *a) == 0 : a == b;
}

bool is_same_model(const flx_fit_result *a, const flx_fit_result *b)
{
    char first[65], second[65];
    flx_predictor_digest(&a->predictor, first);
    flx_predictor_digest(&b->predictor, second);
    size_t n = (size_t)b->predictor.n;
    return strcmp(first, second) == 0 && strcmp(a->output, b->output) == 0 &&
           a->predictor.lml == b->predictor.lml &&
           a->predictor.loo_mae == b->predictor.loo_mae &&
           are_same_numbers(a->loo_mean, b->loo_mean, n) &&
           are_same_numbers(a->loo_variance, b->loo_variance, n) &&
           a->objective == b->objective && a->starts == b->starts &&
           a->created == b->created;
}

int find_numbered_model(const flx_repository *repository, int k)
{
    numbered_model expected;
    flx_fit_result found;
    bool is_there;
    make_numbered_model(&expected, k);
    if (flx_repository_find(repository, expected.cause, &is_there, &found, NULL) !=
        FLX_OK)
        return -1;
    if (!is_there)
        return 0;
    bool is_same = is_same_model(&found, &expected.model);
    flx_fit_result_clear(&found);
    return is_same ? 1 : -1;
}

flx_status store_numbered_model(const flx_repository *repository, int k, flx_error *error)
{
    numbered_model made;
    make_numbered_model(&made, k);
    return flx_repository_store(repository, made.cause, &made.model, error);
}
