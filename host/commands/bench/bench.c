/* SPDX-License-Identifier: MIT
 * fluxion bench: how fast this machine evaluates, fits, predicts and weighs. Side by side
 * in one run and interleaved, since machines are shared; medians are reported. One file a
 * benchmark, one line in the table here. */
#include "host/commands/bench/bench.h"

#include "host/commands/bench/bench_graph.h"
#include "host/commands/bench/bench_tune.h"
#include "host/commands/bench/bench_weighting.h"
#include "host/commands/bench/bench_workload.h"
#include "host/commands/frame.h"

#include <string.h>

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
     .argument = "FILE",
     .help = "weighting: predictions, rows x models doubles, little-endian"},
    {.name = "target",
     .type = FLX_TEXT,
     .argument = "TARGET",
     .help = "weighting: a file, one double a row"},
    {.name = "models",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 4096,
     .argument = "K",
     .help = "weighting: columns of the predictions"},
    {.name = "form",
     .type = FLX_TEXT,
     .argument = "FORM",
     .help = "weighting: mean (normalized, the default) or sum (the default of --paper)"},
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
     .help = "weighting: candidates of a search (default 3000 a model, 2000 to 90000); "
             "tune: settings (default 20000)"},
    {.name = "restarts",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1000,
     .argument = "R",
     .help = "weighting: searches, of which the best counts (default 1)"},
    {0}};

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

static flx_status bench_tune(const flx_arguments *arguments, flx_backend *backend,
                             flx_error *error)
{
    if (flx_positional_count(arguments) != 2)
        return flx_fail(error, FLX_BAD_INPUT, "bench tune needs a model: MODEL/");
    return flx_bench_tune(flx_positional(arguments, 1),
                          flx_integer(arguments, "evaluations", 20000),
                          (int)flx_integer(arguments, "rounds", 3), backend,
                          flx_wants_json(arguments), error);
}

/* What can be measured; a new benchmark is one line here. */
static const struct {
    const char *name;
    bool takes_model;
    flx_status (*run)(const flx_arguments *arguments, flx_backend *backend,
                      flx_error *error);
} benches[] = {{"gp", false, flx_bench_gp},
               {"predict", false, flx_bench_predict},
               {"graph", true, bench_graph},
               {"tune", true, bench_tune},
               {"weighting", false, flx_bench_weighting}};

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *what = flx_positional(arguments, 0);
    size_t count = sizeof benches / sizeof benches[0], at = 0;
    while (at < count && strcmp(benches[at].name, what) != 0)
        at++;
    if (at == count)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "bench %s: this version has bench gp, predict, graph, tune and weighting",
            what);
    if (flx_positional_count(arguments) > 1 && !benches[at].takes_model)
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
    .usage = "gp | predict | graph MODEL/ | tune MODEL/ | weighting [--n N] "
             "[--d D] [--batch B] [--data FILE --target TARGET --models K]",
    .details =
        "bench gp times likelihood and gradient (and fits) of a batch; bench predict "
        "times means and variances; bench graph times settings through a whole "
        "trained model; bench tune runs all optimizers on one, with equally many "
        "settings. "
        "Rounds of both sides alternate; medians are reported. bench "
        "weighting blends the predictions of a file and tells how near the search came "
        "and where the exact polish ended.",
    .options = options,
    .min_positional = 1,
    .max_positional = 2,
    .run = run,
};
