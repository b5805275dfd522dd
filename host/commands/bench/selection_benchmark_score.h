/* SPDX-License-Identifier: MIT
 * What a contest comes to: a Gaussian process on every subset, tested on rows it has not
 * seen. */
#ifndef FLX_SELECTION_BENCHMARK_SCORE_H
#define FLX_SELECTION_BENCHMARK_SCORE_H

#include "host/commands/bench/selection_benchmark.h"

/* Fits the subsets of all ways that have run as one batch and fills held_out; NAN where a
 * fit failed. */
flx_status flx_selection_benchmark_test(const flx_selection_benchmark *contest,
                                        const flx_selection_benchmark_sample *taught,
                                        const flx_selection_benchmark_sample *tested,
                                        flx_backend *backend,
                                        flx_selection_benchmark_result *results,
                                        flx_error *error);
#endif
