/* SPDX-License-Identifier: MIT
 * The benchmarks that bench.c lists. Each reads its options, runs, and reports. */
#ifndef FLX_BENCHES_H
#define FLX_BENCHES_H

#include "host/commands/frame.h"
#include "kernels/backend.h"

typedef flx_status flx_bench(const flx_arguments *arguments, flx_backend *backend,
                             flx_error *error);

flx_bench flx_bench_gp, flx_bench_predict, flx_bench_graph, flx_bench_tune,
    flx_bench_weighting;
#endif
