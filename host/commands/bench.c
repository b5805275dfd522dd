/* SPDX-License-Identifier: MIT
 * fluxion bench: how fast this machine evaluates, fits and predicts. Side by side in one
 * run and interleaved, since machines are shared; medians are reported. */
#include "host/commands/bench_graph.h"
#include "host/commands/commands.h"

#include "host/accuracy.h"
#include "host/commands/bench_weighting.h"
#include "host/fit.h"
#include "kernels/baseline.h"
#include "kernels/formulas/philox.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const flx_option options[] = {
    {.name = "n",
     .type = FLX_INTEGER,
     .min = 2,
     .max = 20000,
     .argument = "N",
     .help = "training points of every Gaussian process (default 100)"},
    {.name = "d",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1000,
     .argument = "D",
     .help = "inputs (default 8)"},
    {.name = "batch",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 100000,
     .argument = "B",
     .help = "Gaussian processes in the batch (default 64; predict: 1)"},
    {.name = "baseline",
     .type = FLX_FLAG,
     .help = "gp: also time the straightforward OpenBLAS evaluation"},
    {.name = "queries",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 10000000,
     .argument = "Q",
     .help = "predict, graph: how many queries (default 100000)"},
    {.name = "rounds",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1000,
     .argument = "R",
     .help =
         "timed rounds, of which the median counts (default 9; predict, weighting: 5)"},
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "P.bin",
     .help = "weighting: predictions, rows x models doubles, little-endian"},
    {.name = "target",
     .type = FLX_TEXT,
     .argument = "y.bin",
     .help = "weighting: the target, one double a row"},
    {.name = "models",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 4096,
     .argument = "K",
     .help = "weighting: columns of the predictions"},
    {.name = "form",
     .type = FLX_TEXT,
     .argument = "FORM",
     .help = "weighting: mean (normalised, the default) or sum (the default of --paper)"},
    {.name = "loss",
     .type = FLX_TEXT,
     .argument = "LOSS",
     .help = "weighting: mae (the default) or squared"},
    {.name = "paper",
     .type = FLX_FLAG,
     .help = "weighting: rand/1/bin from random weights, no polish"},
    {.name = "evaluations",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e9,
     .argument = "N",
     .help = "weighting: candidates of a search (default 3000 a model, 2000 to 90000)"},
    {.name = "restarts",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1000,
     .argument = "R",
     .help = "weighting: searches, of which the best counts (default 1)"},
    {0}};

/* A batch of smooth functions with noise. */
typedef struct {
    int n, d, batch;
    double *X, *y, *theta; /* (batch, n, d), (batch, n), (2 + d) */
    flx_gp_problem *problems;
    flx_gp_evaluation *evaluations;
    double *gradients; /* (batch, 2 + d) */
} workload;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void release_workload(workload *w)
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
static void fill_member(workload *w, int b, uint64_t seed)
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

static flx_status create_workload(int n, int d, int batch, uint64_t seed, workload *w,
                                  flx_error *error)
{
    size_t members = (size_t)batch, points = (size_t)n, inputs = (size_t)d;
    *w = (workload){.n = n, .d = d, .batch = batch};
    w->X = malloc(members * points * inputs * sizeof(double));
    w->y = malloc(members * points * sizeof(double));
    w->theta = malloc((inputs + 2) * sizeof(double));
    w->problems = calloc(members, sizeof *w->problems);
    w->evaluations = calloc(members, sizeof *w->evaluations);
    w->gradients = malloc(members * (inputs + 2) * sizeof(double));
    if (!w->X || !w->y || !w->theta || !w->problems || !w->evaluations || !w->gradients) {
        release_workload(w);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d x %d x %d", batch, n,
                        d);
    }
    w->theta[0] = 0.0;
    for (int k = 0; k < d; k++)
        w->theta[1 + k] = log(0.5 * sqrt(d));
    w->theta[1 + d] = log(0.01);
    for (int b = 0; b < batch; b++) {
        size_t at = (size_t)b;
        fill_member(w, b, seed);
        w->problems[b] = (flx_gp_problem){n, d, false, w->X + at * points * inputs,
                                          w->y + at * points};
        w->evaluations[b] =
            (flx_gp_evaluation){.problem = b,
                                .theta = w->theta,
                                .jitter = FLX_GP_JITTER,
                                .gradient = w->gradients + at * (inputs + 2)};
    }
    return FLX_OK;
}

/* How many calls make a round of at least 20 ms. */
static int calls_of_a_round(double seconds_of_one)
{
    double calls = ceil(0.02 / fmax(seconds_of_one, 1e-7));
    return calls < 1 ? 1 : calls > 10000 ? 10000 : (int)calls;
}

typedef struct {
    flx_backend *backend;
    flx_gp_batch *batch;
    workload *w;
} gp_bench;

static flx_status time_backend(const gp_bench *g, int calls, double *ms, flx_error *error)
{
    double started = seconds_now();
    for (int i = 0; i < calls; i++)
        FLX_TRY(g->backend->operations->evaluate(g->batch, g->w->evaluations, g->w->batch,
                                                 error));
    *ms = 1e3 * (seconds_now() - started) / calls / g->w->batch;
    return FLX_OK;
}

static flx_status time_baseline(const gp_bench *g, int calls, double *ms,
                                flx_error *error)
{
    double started = seconds_now();
    for (int i = 0; i < calls; i++)
        FLX_TRY(flx_baseline_evaluate(g->w->problems, g->w->evaluations, g->w->batch,
                                      g->backend->threads, error));
    *ms = 1e3 * (seconds_now() - started) / calls / g->w->batch;
    return FLX_OK;
}

/* Rounds of both, A B A B; medians. baseline NULL: only the backend. */
static flx_status time_rounds(const gp_bench *g, int rounds, double *ours,
                              double *baseline, flx_error *error)
{
    double one = 0, *times = malloc(2 * (size_t)rounds * sizeof *times);
    if (!times)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rounds", rounds);
    flx_status status = time_backend(g, 1, &one, error);
    int calls = calls_of_a_round(1e-3 * one * g->w->batch);
    for (int r = 0; r < rounds && status == FLX_OK; r++) {
        status = time_backend(g, calls, &times[r], error);
        if (status == FLX_OK && baseline)
            status = time_baseline(g, calls, &times[rounds + r], error);
    }
    if (status == FLX_OK)
        status = flx_quantile(times, rounds, 0.5, ours, error);
    if (status == FLX_OK && baseline)
        status = flx_quantile(times + rounds, rounds, 0.5, baseline, error);
    free(times);
    return status;
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
    double started = seconds_now();
    flx_status status = flx_fit_all(g->backend, tasks, count, results, NULL, error);
    *fits_per_s = count / (seconds_now() - started);
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

static flx_status answer_gp(const flx_arguments *arguments, const gp_bench *g,
                            double ours, double baseline, double fits, flx_error *error)
{
    int n = g->w->n, d = g->w->d;
    if (flx_wants_json(arguments)) {
        json_t *answer = json_pack("{s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "backend",
                                   g->backend->name, "threads", g->backend->threads, "n",
                                   n, "d", d, "batch", g->w->batch, "ms_per_eval", ours,
                                   "gflops", gflops(n, d, ours), "fits_per_s", fits);
        json_object_set_new(answer, "description", json_string(g->backend->description));
        json_object_set_new(answer, "baseline_ms_per_eval",
                            baseline > 0 ? json_real(baseline) : json_null());
        return flx_print_json(answer, error);
    }
    printf("%d Gaussian processes, n = %d, d = %d, on %s (%s)\n", g->w->batch, n, d,
           g->backend->name, g->backend->description);
    printf("  likelihood and gradient  %.4g ms  (%.3g Gflop/s)\n", ours,
           gflops(n, d, ours));
    if (baseline > 0)
        printf("  OpenBLAS potrf + potri   %.4g ms  (%.2f times as long)\n", baseline,
               baseline / ours);
    printf("  fits                     %.4g a second\n", fits);
    return FLX_OK;
}

static flx_status bench_gp(const flx_arguments *arguments, flx_backend *backend,
                           flx_error *error)
{
    workload w;
    gp_bench g = {.backend = backend, .w = &w};
    double ours = 0, baseline = 0, fits = 0;
    bool wants_baseline = flx_is_set(arguments, "baseline");
    FLX_TRY(create_workload(
        (int)flx_integer(arguments, "n", 100), (int)flx_integer(arguments, "d", 8),
        (int)flx_integer(arguments, "batch", 64), flx_seed(arguments), &w, error));
    flx_status status =
        backend->operations->batch_create(backend, w.problems, w.batch, &g.batch, error);
    if (status == FLX_OK)
        status = time_rounds(&g, (int)flx_integer(arguments, "rounds", 9), &ours,
                             wants_baseline ? &baseline : NULL, error);
    if (status == FLX_OK)
        status = time_fits(&g, &fits, error);
    if (status == FLX_OK)
        status = answer_gp(arguments, &g, ours, baseline, fits, error);
    if (g.batch)
        backend->operations->batch_release(g.batch);
    release_workload(&w);
    return status;
}

/* Mean and variance of `queries` points for every member of a batch. */
static flx_status time_predictions(flx_backend *backend, const workload *w, int queries,
                                   int rounds, double *ms, flx_error *error)
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
        double started = seconds_now();
        status = backend->operations->predict(posterior, jobs, w->batch, error);
        times[r] = 1e3 * (seconds_now() - started);
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

static flx_status bench_predict(const flx_arguments *arguments, flx_backend *backend,
                                flx_error *error)
{
    workload w;
    double ms = 0;
    int queries = (int)flx_integer(arguments, "queries", 100000);
    FLX_TRY(create_workload(
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
    release_workload(&w);
    return status;
}

static flx_status bench_graph(const flx_arguments *arguments, flx_backend *backend,
                              flx_error *error)
{
    if (flx_positional_count(arguments) != 2)
        return flx_fail(error, FLX_BAD_INPUT, "bench graph needs a model: MODEL/");
    return flx_bench_graph(flx_positional(arguments, 1),
                           (int)flx_integer(arguments, "queries", 100000),
                           (int)flx_integer(arguments, "rounds", 3), backend,
                           flx_wants_json(arguments), error);
}

/* What can be measured; a new benchmark is one line here. */
static const struct {
    const char *name;
    flx_status (*run)(const flx_arguments *arguments, flx_backend *backend,
                      flx_error *error);
} benches[] = {{"gp", bench_gp},
               {"predict", bench_predict},
               {"graph", bench_graph},
               {"weighting", flx_bench_weighting}};

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *what = flx_positional(arguments, 0);
    size_t count = sizeof benches / sizeof benches[0], at = 0;
    while (at < count && strcmp(benches[at].name, what) != 0)
        at++;
    if (at == count)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "bench %s: this version has bench gp, predict, graph and weighting", what);
    if (flx_positional_count(arguments) > 1 && benches[at].run != bench_graph)
        return flx_fail(error, FLX_BAD_INPUT,
                        "bench %s takes no further argument than its "
                        "options, not \"%s\"",
                        what, flx_positional(arguments, 1));
    flx_backend *backend = NULL;
    FLX_TRY(flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                             &backend, error));
    flx_status status = benches[at].run(arguments, backend, error);
    flx_backend_close(backend);
    return status;
}

const flx_command flx_bench_command = {
    .name = "bench",
    .summary = "measure evaluation, fitting and prediction on this machine",
    .usage = "gp | predict | graph MODEL/ | weighting [--n N] [--d D] [--batch B] "
             "[--data P.bin --target y.bin --models K]",
    .details =
        "bench gp times likelihood and gradient (and fits) of a batch; bench predict "
        "times means and variances; bench graph times settings through a whole "
        "trained model. Rounds of both sides alternate; medians are reported. bench "
        "weighting blends the predictions of a file and tells how near the search came "
        "and where the exact polish ended.",
    .options = options,
    .min_positional = 1,
    .max_positional = 2,
    .run = run,
};
