/* SPDX-License-Identifier: MIT
 * bench graph: settings that a trained model predicts in a second. */
#ifndef FLX_BENCH_GRAPH_H
#define FLX_BENCH_GRAPH_H

#include "formats/status.h"

#include <stdbool.h>

struct flx_backend;

/* `queries` settings, drawn among the training rows' values column by column, as `predict`
 * predicts them, by the whole ensemble where the model has one; and through the composed
 * graph alone, with and without linearized variances. Medians of `rounds`. */
flx_status flx_bench_graph(const char *model, int queries, int rounds,
                           struct flx_backend *backend, bool as_json, flx_error *error);
#endif
