/* SPDX-License-Identifier: MIT
 * bench gp: likelihood and gradient of a batch beside the OpenBLAS baseline, and fits. */
#include "formats/clock.h"
#include "formats/memory.h"
#include "host/commands/bench/bench_workload.h"
#include "host/commands/bench/benches.h"
#include "host/regression.h"
#include "host/statistics.h"
#include "kernels/baseline.h"

#include <math.h>

/* How many calls make a round of at least 20 ms. */
static int calls_of_a_round(double seconds_of_one)
{
    double calls = ceil(0.02 / fmax(seconds_of_one, 1e-7));
    return calls < 1 ? 1 : calls > 10000 ? 10000 : (int)calls;
}

typedef struct {
    flx_backend *backend;
    flx_gp_batch *batch;
    flx_workload *w;
} gp_bench;

static flx_status time_backend(const gp_bench *g, int calls, double *ms, flx_error *error)
{
    double started = flx_clock_seconds();
    for (int i = 0; i < calls; i++)
        FLX_TRY(g->backend->operations->evaluate(g->batch, g->w->evaluations, g->w->batch,
                                                 error));
    *ms = 1e3 * (flx_clock_seconds() - started) / calls / g->w->batch;
    return FLX_OK;
}

static flx_status time_baseline(const gp_bench *g, int calls, double *ms,
                                flx_error *error)
{
    double started = flx_clock_seconds();
    for (int i = 0; i < calls; i++)
        FLX_TRY(flx_baseline_evaluate(g->w->problems, g->w->evaluations, g->w->batch,
                                      g->backend->threads, error));
    *ms = 1e3 * (flx_clock_seconds() - started) / calls / g->w->batch;
    return FLX_OK;
}

/* Rounds of both, A B A B; medians. baseline NULL: only the backend. */
static flx_status time_rounds(const gp_bench *g, int rounds, double *ours,
                              double *baseline, flx_error *error)
{
    double one = 0;
    FLX_SCOPED double *times = NULL;
    if (!FLX_NEW(times, 2 * rounds))
        return flx_no_memory(error, "%d rounds", rounds);
    FLX_TRY(time_backend(g, 1, &one, error));
    int calls = calls_of_a_round(1e-3 * one * g->w->batch);
    for (int r = 0; r < rounds; r++) {
        FLX_TRY(time_backend(g, calls, &times[r], error));
        if (baseline)
            FLX_TRY(time_baseline(g, calls, &times[rounds + r], error));
    }
    FLX_TRY(flx_quantile(times, rounds, 0.5, ours, error));
    return baseline ? flx_quantile(times + rounds, rounds, 0.5, baseline, error) : FLX_OK;
}

static flx_status time_fits(const gp_bench *g, double *fits_per_s, flx_error *error)
{
    int count = g->w->batch < 16 ? g->w->batch : 16;
    flx_fit_task tasks[16];
    flx_fit_result results[16];
    for (int i = 0; i < count; i++)
        tasks[i] = (flx_fit_task){.name = "bench",
                                  .n = g->w->n,
                                  .d = g->w->d,
                                  .X = g->w->problems[i].X,
                                  .y = g->w->problems[i].y,
                                  .prior = FLX_PRIOR_DENSITY};
    double started = flx_clock_seconds();
    flx_status status = flx_fit_all(g->backend, tasks, count, results, NULL, error);
    *fits_per_s = count / (flx_clock_seconds() - started);
    for (int i = 0; i < count; i++)
        flx_fit_result_clear(&results[i]);
    return status;
}

/* n^3 for factor and inverse, n^2 (2.5 d + 12.5) for distances, covariance and gradient.
 */
static double gflops(int n, int d, double ms)
{
    double flops = pow(n, 3) + (double)n * n * (2.5 * d + 12.5);
    return flops / (1e6 * ms);
}

static json_t *describe(const gp_bench *g, double ours, double baseline, double fits)
{
    const flx_backend *backend = g->backend;
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:s, s:o}", "backend",
                     backend->name, "threads", backend->threads, "n", g->w->n, "d",
                     g->w->d, "batch", g->w->batch, "ms_per_eval", ours, "gflops",
                     gflops(g->w->n, g->w->d, ours), "fits_per_s", fits, "description",
                     backend->description, "baseline_ms_per_eval",
                     baseline > 0 ? json_real(baseline) : json_null());
}

static void print_text(json_t *report)
{
    double ours = json_number_value(json_object_get(report, "ms_per_eval"));
    double baseline = json_number_value(json_object_get(report, "baseline_ms_per_eval"));
    json_object_set_new(report, "ratio", flx_json_real(baseline / ours));
    flx_print_line(report, "{batch} Gaussian processes, n = {n}, d = {d}, on {backend} "
                           "({description})");
    flx_print_line(report,
                   "  likelihood and gradient  {ms_per_eval:.4g} ms  ({gflops:.3g} "
                   "Gflop/s)");
    flx_print_line_if(report, "baseline_ms_per_eval",
                      "  OpenBLAS potrf + potri   {baseline_ms_per_eval:.4g} ms  "
                      "({ratio:.2f} times as long)");
    flx_print_line(report, "  fits                     {fits_per_s:.4g} a second");
}

flx_status flx_bench_gp(const flx_arguments *arguments, flx_backend *backend,
                        flx_error *error)
{
    flx_workload w;
    gp_bench g = {.backend = backend, .w = &w};
    double ours = 0, baseline = 0, fits = 0;
    bool wants_baseline = flx_is_set(arguments, "baseline");
    FLX_TRY(flx_workload_create((int)flx_integer(arguments, "points", 100),
                                (int)flx_integer(arguments, "inputs", 8),
                                (int)flx_integer(arguments, "batch", 64),
                                flx_seed(arguments), &w, error));
    flx_status status =
        backend->operations->batch_create(backend, w.problems, w.batch, &g.batch, error);
    if (status == FLX_OK)
        status = time_rounds(&g, (int)flx_integer(arguments, "rounds", 9), &ours,
                             wants_baseline ? &baseline : NULL, error);
    if (status == FLX_OK)
        status = time_fits(&g, &fits, error);
    if (status == FLX_OK)
        status = flx_report(arguments, describe(&g, ours, baseline, fits), NULL,
                            print_text, error);
    if (g.batch)
        backend->operations->batch_release(g.batch);
    flx_workload_release(&w);
    return status;
}
