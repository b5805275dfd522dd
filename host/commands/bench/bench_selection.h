/* SPDX-License-Identifier: MIT
 * bench selection: input selection on a table, against what else one could do. */
#ifndef FLX_BENCH_SELECTION_H
#define FLX_BENCH_SELECTION_H

#include "host/commands/frame.h"
#include "kernels/backend.h"

/* Options: data, target, choose, guess, n, evaluations, rounds. */
flx_status flx_bench_selection(const flx_arguments *arguments, flx_backend *backend,
                               flx_error *error);
#endif
