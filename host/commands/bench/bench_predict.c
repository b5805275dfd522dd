/* SPDX-License-Identifier: MIT
 * bench predict: means and variances of many queries. */
#include "host/commands/bench/bench_workload.h"

#include "host/regression.h"
#include "host/statistics.h"
#include "kernels/formulas/philox.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Mean and variance of `queries` points for every member of a batch. */
static flx_status time_predictions(flx_backend *backend, const flx_workload *w,
                                   int queries, int rounds, double *ms, flx_error *error)
{
    size_t m = (size_t)queries, d = (size_t)w->d, members = (size_t)w->batch;
    double *X = malloc(m * d * sizeof *X), *out = malloc(2 * m * members * sizeof *out);
    double *times = malloc((size_t)rounds * sizeof *times);
    flx_gp_condition *conditions = calloc(members, sizeof *conditions);
    flx_gp_query *jobs = calloc(members, sizeof *jobs);
    flx_gp_posterior *posterior = NULL;
    flx_status status = FLX_OK;
    if (!X || !out || !times || !conditions || !jobs)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d queries", queries);
    for (size_t i = 0; i < m * d && status == FLX_OK; i++)
        X[i] = flx_uniform(7, 3, (uint32_t)(i / d), 0, (uint32_t)(i % d));
    for (size_t b = 0; b < members && status == FLX_OK; b++) {
        conditions[b] = (flx_gp_condition){
            .problem = w->problems[b], .theta = w->theta, .jitter = FLX_GP_JITTER};
        jobs[b] = (flx_gp_query){.member = (int)b,
                                 .m = queries,
                                 .queries = X,
                                 .mean = out + 2 * b * m,
                                 .variance = out + (2 * b + 1) * m};
    }
    if (status == FLX_OK)
        status = backend->operations->condition(backend, conditions, w->batch, &posterior,
                                                error);
    for (int r = 0; r < rounds && status == FLX_OK; r++) {
        double started = flx_bench_seconds();
        status = backend->operations->predict(posterior, jobs, w->batch, error);
        times[r] = 1e3 * (flx_bench_seconds() - started);
    }
    if (status == FLX_OK)
        status = flx_quantile(times, rounds, 0.5, ms, error);
    if (posterior)
        backend->operations->posterior_release(posterior);
    free(X);
    free(out);
    free(times);
    free(conditions);
    free(jobs);
    return status;
}

flx_status flx_bench_predict(const flx_arguments *arguments, flx_backend *backend,
                             flx_error *error)
{
    flx_workload w;
    double ms = 0;
    int queries = (int)flx_integer(arguments, "queries", 100000);
    FLX_TRY(flx_workload_create(
        (int)flx_integer(arguments, "n", 100), (int)flx_integer(arguments, "d", 8),
        (int)flx_integer(arguments, "batch", 1), flx_seed(arguments), &w, error));
    flx_status status = time_predictions(
        backend, &w, queries, (int)flx_integer(arguments, "rounds", 5), &ms, error);
    double rate = 1e3 * (double)queries * w.batch / ms;
    if (status == FLX_OK && flx_wants_json(arguments))
        status = flx_print_json(json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:f}",
                                          "backend", backend->name, "threads",
                                          backend->threads, "n", w.n, "d", w.d, "batch",
                                          w.batch, "queries", queries, "ms", ms,
                                          "points_per_s", rate),
                                error);
    else if (status == FLX_OK)
        printf(
            "%d x %d queries, n = %d, d = %d, mean and variance on %s (%s)\n  %.4g ms, "
            "%.4g points a second\n",
            w.batch, queries, w.n, w.d, backend->name, backend->description, ms, rate);
    flx_workload_release(&w);
    return status;
}
