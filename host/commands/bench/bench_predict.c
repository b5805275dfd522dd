/* SPDX-License-Identifier: MIT
 * bench predict: means and variances of many queries. */
#include "formats/clock.h"
#include "formats/memory.h"
#include "host/commands/bench/bench_workload.h"
#include "host/commands/bench/benches.h"
#include "host/regression.h"
#include "host/statistics.h"
#include "kernels/formulas/philox.h"

#include <stdlib.h>

/* What is timed: the queries of every member of a batch, conditioned. */
typedef struct {
    double *X, *out; /* (queries, d); (batch, 2, queries) means, variances */
    flx_gp_condition *conditions;
    flx_gp_query *jobs;
    flx_gp_posterior *posterior;
} prediction_bench;

static flx_status prepare(prediction_bench *p, flx_backend *backend,
                          const flx_workload *w, int queries, flx_error *error)
{
    size_t m = (size_t)queries, d = (size_t)w->d, members = (size_t)w->batch;
    if (!FLX_NEW(p->X, m * d) || !FLX_NEW(p->out, 2 * m * members) ||
        !FLX_NEW(p->conditions, members) || !FLX_NEW(p->jobs, members))
        return flx_no_memory(error, "%d queries", queries);
    for (size_t i = 0; i < m * d; i++)
        p->X[i] = flx_uniform(7, 3, (uint32_t)(i / d), 0, (uint32_t)(i % d));
    for (size_t b = 0; b < members; b++) {
        p->conditions[b] = (flx_gp_condition){
            .problem = w->problems[b], .theta = w->theta, .jitter = FLX_GP_JITTER};
        p->jobs[b] = (flx_gp_query){.member = (int)b,
                                    .m = queries,
                                    .queries = p->X,
                                    .mean = p->out + 2 * b * m,
                                    .variance = p->out + (2 * b + 1) * m};
    }
    return backend->operations->condition(backend, p->conditions, w->batch, &p->posterior,
                                          error);
}

static flx_status time_rounds(const prediction_bench *p, flx_backend *backend, int batch,
                              int rounds, double *ms, flx_error *error)
{
    FLX_SCOPED double *times = NULL;
    if (!FLX_NEW(times, rounds))
        return flx_no_memory(error, "%d rounds", rounds);
    for (int r = 0; r < rounds; r++) {
        double started = flx_clock_seconds();
        FLX_TRY(backend->operations->predict(p->posterior, p->jobs, batch, error));
        times[r] = 1e3 * (flx_clock_seconds() - started);
    }
    return flx_quantile(times, rounds, 0.5, ms, error);
}

static void print_text(json_t *report)
{
    flx_print_line(report, "{batch} x {queries} queries, n = {n}, d = {d}, mean and "
                           "variance on {backend} ({device})");
    flx_print_line(report, "  {ms:.4g} ms, {points_per_s:.4g} points a second");
}

flx_status flx_bench_predict(const flx_arguments *arguments, flx_backend *backend,
                             flx_error *error)
{
    FLX_CLEARED(flx_workload_release) flx_workload w = {0};
    prediction_bench p = {0};
    double ms = 0;
    int queries = (int)flx_integer(arguments, "queries", 100000);
    FLX_TRY(flx_workload_create((int)flx_integer(arguments, "points", 100),
                                (int)flx_integer(arguments, "inputs", 8),
                                (int)flx_integer(arguments, "batch", 1),
                                flx_seed(arguments), &w, error));
    flx_status status = prepare(&p, backend, &w, queries, error);
    if (status == FLX_OK)
        status = time_rounds(&p, backend, w.batch,
                             (int)flx_integer(arguments, "rounds", 5), &ms, error);
    if (p.posterior)
        backend->operations->posterior_release(p.posterior);
    free(p.X), free(p.out), free(p.conditions), free(p.jobs);
    FLX_TRY(status);
    return flx_report(arguments,
                      json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:f}", "backend",
                                backend->name, "threads", backend->threads, "n", w.n, "d",
                                w.d, "batch", w.batch, "queries", queries, "ms", ms,
                                "points_per_s", 1e3 * (double)queries * w.batch / ms),
                      json_pack("{s:s}", "device", backend->description), print_text,
                      error);
}
