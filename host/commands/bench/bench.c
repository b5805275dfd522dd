/* SPDX-License-Identifier: MIT
 * fluxion bench: how fast this machine evaluates, fits, predicts and weights. What is
 * compared runs in one process and in alternating rounds, since machines are shared;
 * medians are reported. One file a benchmark, one line in the table here. */
#include "host/commands/bench/bench.h"

#include "formats/memory.h"
#include "host/commands/bench/benches.h"

#include <string.h>

FLX_OWNS(flx_backend, flx_backend_close)

static const flx_option options[] = {
    OPT_INTEGER("points", "N", 2, 20000,
                "gp, predict: training points of every Gaussian process (default: 100)",
                .alias = "n"),
    OPT_INTEGER("inputs", "D", 1, 1000, "gp, predict: inputs (default: 8)", .alias = "d"),
    OPT_INTEGER("batch", "B", 1, 100000,
                "Gaussian processes in the batch (default: gp 64, predict 1)"),
    OPT_FLAG("baseline", "gp: also time the straightforward OpenBLAS evaluation"),
    OPT_INTEGER("queries", "Q", 1, 10000000,
                "predict, graph: how many queries (default: 100000)"),
    OPT_INTEGER("rounds", "R", 1, 1000,
                "timed rounds, of which the median counts (default: gp 9, predict and "
                "weighting 5, graph and tune 3)"),
    OPT_TEXT("data", "FILE",
             "weighting: predictions, rows x models doubles, little-endian"),
    OPT_TEXT("target", "FILE", "weighting: the target, one double a row"),
    OPT_INTEGER("models", "K", 1, 4096, "weighting: columns of the predictions"),
    OPT_CHOICE("normalized", "WORD", "yes|no",
               "weighting: whether weights sum to 1; without it they do unless --paper "
               "is given"),
    OPT_CHOICE("form", NULL, "mean|sum",
               NULL), /* --normalized as it was written before */
    OPT_CHOICE("loss", "LOSS", "mae|squared", "weighting: what is minimized",
               .usual = "mae"),
    OPT_FLAG("paper", "weighting: rand/1/bin from random weights, no polish"),
    OPT_INTEGER(
        "evaluations", "N", 1, 1e9,
        "weighting: candidates of a search (default: 3000 a model, 2000 to 90000); "
        "tune: settings (default: 20000)"),
    OPT_INTEGER("restarts", "R", 1, 1000,
                "weighting: searches, of which the best counts (default: 1)"),
    {0}};

/* What can be measured; a new benchmark is one line here. */
static const struct {
    const char *name;
    bool takes_model;
    flx_bench *run;
} benches[] = {{"gp", false, flx_bench_gp},
               {"predict", false, flx_bench_predict},
               {"graph", true, flx_bench_graph},
               {"tune", true, flx_bench_tune},
               {"weighting", false, flx_bench_weighting}};

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *what = flx_positional(arguments, 0);
    size_t count = sizeof benches / sizeof benches[0], at = 0;
    while (at < count && strcmp(benches[at].name, what) != 0)
        at++;
    if (at == count)
        return flx_fail(error, FLX_BAD_INPUT,
                        "bench %s: this version has bench gp, predict, graph, tune and "
                        "weighting",
                        what);
    if (benches[at].takes_model && flx_positional_count(arguments) < 2)
        return flx_fail(error, FLX_BAD_INPUT, "bench %s needs a model: MODEL/", what);
    if (!benches[at].takes_model && flx_positional_count(arguments) > 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "bench %s takes no further argument than its options, not \"%s\"",
                        what, flx_positional(arguments, 1));
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_TRY(flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                             &backend, error));
    return benches[at].run(arguments, backend, error);
}

const flx_command flx_bench_command = {
    .name = "bench",
    .summary = "measure evaluation, fitting and prediction on this machine",
    .usage = "gp | predict [--points N] [--inputs D] [--batch B]\n"
             "graph MODEL/ | tune MODEL/\n"
             "weighting --data FILE --target FILE --models K",
    .details =
        "bench gp times likelihood and gradient of a batch of Gaussian processes, and "
        "fits; bench predict times means and variances. bench graph times predictions of "
        "a trained model for many settings, and of its composed graph alone. bench tune "
        "runs all optimizers on a model, with equally many settings. bench weighting "
        "weights the predictions in a file and says how near the search came to the "
        "optimum that the exact polish found. Rounds of what is compared alternate; "
        "medians are reported.",
    .options = options,
    .min_positional = 1,
    .max_positional = 2,
    .run = run,
};
