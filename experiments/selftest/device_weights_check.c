/* SPDX-License-Identifier: MIT
 * Checks of a device's backend against the cpu backend: losses of weights, matrix
 * products. */
#include "experiments/selftest/checks.h"
#include "kernels/formulas/philox.h"

enum { CANDIDATES = 70, BLEND_N = 600, BLEND_K = 40 };
enum { N_PRODUCTS = 7, MOST_SIDE = 66 };

/* Losses of CANDIDATES candidates on two tables, absolute and squared. */
static flx_status compute_losses(flx_backend *backend, const double *numbers,
                                 double *losses, flx_error *error)
{
    const double *P = numbers, *y = P + BLEND_N * BLEND_K, *weights = y + BLEND_N;
    const struct flx_backend_operations *call = backend->operations;
    flx_weighting_problem problems[2] = {{BLEND_N, BLEND_K, false, P, y},
                                         {33, 7, true, P, y}};
    flx_weighting_query queries[2] = {{0, CANDIDATES, weights, losses},
                                      {1, CANDIDATES, weights, losses + CANDIDATES}};
    flx_weighting_set *set;
    FLX_TRY(call->weighting_create(backend, problems, 2, &set, error));
    flx_status status = call->weighting_losses(set, queries, 2, error);
    call->weighting_release(set);
    return status;
}

flx_status flx_check_agreed_losses(const flx_check_context *context, double *worst,
                                   flx_error *error)
{
    enum { NUMBERS = BLEND_N * (BLEND_K + 1) + CANDIDATES * BLEND_K };
    FLX_SCOPED double *numbers = NULL;
    FLX_OWNED(flx_backend) cpu = NULL;
    double losses[2][2 * CANDIDATES];
    if (!FLX_NEW(numbers, NUMBERS))
        return flx_no_memory(error, "%d numbers", NUMBERS);
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = flx_uniform(5, 0x5E2F, (uint32_t)i, 0, 0);
    FLX_TRY(flx_backend_open("cpu", 1, &cpu, error));
    FLX_TRY(compute_losses(cpu, numbers, losses[0], error));
    FLX_TRY(compute_losses(context->backend, numbers, losses[1], error));
    *worst = flx_worst_of(2 * CANDIDATES, losses[1], losses[0]);
    return FLX_OK;
}

/* Sizes around a tile, all four ways of transposing, as one batch. */
static flx_status multiply(flx_backend *backend, const double *numbers, double *results,
                           flx_error *error)
{
    flx_product products[N_PRODUCTS];
    for (int i = 0; i < N_PRODUCTS; i++)
        products[i] = (flx_product){.m = 31 + 3 * i,
                                    .n = MOST_SIDE - 5 * i,
                                    .k = i == 3 ? 0 : 40 - i,
                                    .is_A_transposed = i & 1,
                                    .is_B_transposed = i & 2,
                                    .alpha = 0.5,
                                    .beta = i,
                                    .A = numbers,
                                    .B = numbers + i,
                                    .C = results + i * MOST_SIDE * MOST_SIDE};
    return backend->operations->multiply(backend, products, N_PRODUCTS, error);
}

flx_status flx_check_agreed_products(const flx_check_context *context, double *worst,
                                     flx_error *error)
{
    enum { NUMBERS = MOST_SIDE * MOST_SIDE, RESULTS = N_PRODUCTS * NUMBERS };
    FLX_SCOPED double *numbers = NULL;
    FLX_OWNED(flx_backend) cpu = NULL;
    if (!FLX_NEW(numbers, NUMBERS + N_PRODUCTS + 2 * RESULTS))
        return flx_no_memory(error, "%d numbers", NUMBERS);
    double *results = numbers + NUMBERS + N_PRODUCTS;
    for (int i = 0; i < NUMBERS + N_PRODUCTS; i++)
        numbers[i] = 2 * flx_uniform(5, 0x5E30, (uint32_t)i, 0, 0) - 1;
    FLX_TRY(flx_backend_open("cpu", 1, &cpu, error));
    FLX_TRY(multiply(cpu, numbers, results, error));
    FLX_TRY(multiply(context->backend, numbers, results + RESULTS, error));
    *worst = flx_worst_of(RESULTS, results + RESULTS, results);
    return FLX_OK;
}
