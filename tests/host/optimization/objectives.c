/* SPDX-License-Identifier: MIT */
#include "tests/host/optimization/objectives.h"

#include "tests/close.h"

#include <stdlib.h>

double sphere(const double *x, int n)
{
    double sum = 0;
    for (int d = 0; d < n; d++)
        sum += (x[d] - 0.3) * (x[d] - 0.3);
    return sum;
}

flx_status run_search(const char *name, objective_function *f, const flx_problem *problem,
                      const flx_optimizer_options *options, flx_optimum **out,
                      flx_error *error)
{
    flx_search *search = NULL;
    *out = NULL;
    FLX_TRY(flx_search_create(name, problem, options, &search, error));
    int n = problem->n_dimensions, count = flx_search_largest_batch(search);
    double *values = malloc((size_t)count * sizeof *values);
    while (!flx_search_is_done(search)) {
        const double *settings = flx_search_propose(search, &count);
        for (int i = 0; i < count; i++)
            values[i] = f(settings + i * n, n);
        flx_search_accept(search, values);
    }
    flx_status status = flx_search_result(search, out, error);
    free(values);
    flx_search_destroy(search);
    return status;
}

flx_optimum *optimize(const char *name, objective_function *f, int n,
                      const flx_dimension *dimensions, flx_optimizer_options options)
{
    flx_problem problem = {.n_dimensions = n, .dimensions = dimensions};
    flx_optimum *optimum = NULL;
    flx_error error = {0};
    assert_int(run_search(name, f, &problem, &options, &optimum, &error), FLX_OK);
    assert_text(error.message, "");
    return optimum;
}

double best_value(const char *name, objective_function *f, int n, int64_t budget,
                  uint64_t seed)
{
    flx_optimum *optimum = optimize(
        name, f, n, NULL, (flx_optimizer_options){.budget = budget, .seed = seed});
    double value = optimum->value;
    assert_int((long)optimum->evaluations, (long)budget);
    assert_close(f(optimum->best, n), value, 0, 0);
    flx_optimum_destroy(optimum);
    return value;
}
