/* SPDX-License-Identifier: MIT
 * bench tune: the optimizers side by side on a trained model. */
#ifndef FLX_BENCH_TUNE_H
#define FLX_BENCH_TUNE_H

#include "formats/status.h"

#include <stdbool.h>
#include <stdint.h>

struct flx_backend;

/* Every optimizer tries `evaluations` settings in each of `rounds` rounds, which differ
 * by their seed; medians of time and of the best prediction are printed. */
flx_status flx_bench_tune(const char *model, int64_t evaluations, int rounds,
                          struct flx_backend *backend, bool as_json, flx_error *error);
#endif
