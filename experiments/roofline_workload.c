/* SPDX-License-Identifier: MIT
 * usage: roofline_workload N D
 * One launch of every kernel of the cuda backend, for experiments/roofline.sh, which
 * reads what the emulator counted: one likelihood with its gradient, one posterior of N
 * points with D inputs at 320 queries, losses of 64 weight vectors, one matrix product.
 */
#include "host/fluxion.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUERIES = 320, SIDE = 128 };

static flx_error error;

static void check(flx_status status)
{
    if (status == FLX_OK)
        return;
    fprintf(stderr, "roofline_workload: %s\n", error.message);
    exit(1);
}

static double *numbers(int count)
{
    double *values = calloc((size_t)count, sizeof *values);
    if (!values)
        exit(1);
    for (int i = 0; i < count; i++)
        values[i] = flx_uniform(1, 1, (uint32_t)i, 0, 0);
    return values;
}

static void fit(flx_backend *backend, int n, int d)
{
    double *X = numbers(n * d), *y = numbers(n), *theta = numbers(d + 2);
    double *gradient = numbers(d + 2), *answers = numbers(QUERIES * 2);
    double *queries = numbers(QUERIES * d);
    flx_gp_problem problem = {.n = n, .d = d, .X = X, .y = y};
    flx_gp_evaluation evaluation = {.theta = theta, .gradient = gradient};
    flx_gp_condition member = {.problem = problem, .theta = theta};
    flx_gp_query query = {
        .m = QUERIES, .queries = queries, .mean = answers, .variance = answers + QUERIES};
    flx_gp_batch *batch;
    flx_gp_posterior *posterior;
    check(backend->operations->batch_create(backend, &problem, 1, &batch, &error));
    check(backend->operations->evaluate(batch, &evaluation, 1, &error));
    check(backend->operations->condition(backend, &member, 1, &posterior, &error));
    check(backend->operations->predict(posterior, &query, 1, &error));
    backend->operations->posterior_release(posterior);
    backend->operations->batch_release(batch);
    free(X), free(y), free(theta), free(gradient), free(answers), free(queries);
}

static void weigh(flx_backend *backend)
{
    double *table = numbers(SIDE * SIDE), *losses = numbers(64),
           *C = numbers(SIDE * SIDE);
    flx_blend_problem problem = {SIDE, SIDE, false, table, table};
    flx_blend_query query = {0, 64, table, losses};
    flx_product product = {SIDE, SIDE, SIDE, false, false, 1, 0, table, table, C};
    flx_blend_set *set;
    check(backend->operations->blend_create(backend, &problem, 1, &set, &error));
    check(backend->operations->blend(set, &query, 1, &error));
    backend->operations->blend_release(set);
    check(backend->operations->multiply(backend, &product, 1, &error));
    free(table), free(losses), free(C);
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 240, d = argc > 2 ? atoi(argv[2]) : 16;
    flx_backend *backend;
    check(flx_backend_open("cuda", 1, &backend, &error));
    fit(backend, n, d);
    weigh(backend);
    flx_backend_close(backend);
    return 0;
}
