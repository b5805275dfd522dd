/* SPDX-License-Identifier: MIT
 * `fluxion bench graph MODEL/`: settings a second through a whole trained graph. */
#ifndef FLX_BENCH_GRAPH_H
#define FLX_BENCH_GRAPH_H

#include "formats/status.h"

#include <stdbool.h>

struct flx_backend;

/* `queries` settings, drawn among the training rows' values column by column; means, and
 * means with linearized variances; medians of `rounds`. */
flx_status flx_bench_graph(const char *model, int queries, int rounds,
                           struct flx_backend *backend, bool as_json, flx_error *error);
#endif
