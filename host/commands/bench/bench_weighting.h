/* SPDX-License-Identifier: MIT
 * bench weighting: a file of predictions is weighted, and what that took is told. */
#ifndef FLX_BENCH_WEIGHTING_H
#define FLX_BENCH_WEIGHTING_H

#include "host/commands/frame.h"
#include "kernels/backend.h"

/* Options: data, target, models, form, loss, paper, evaluations, restarts. */
flx_status flx_bench_weighting(const flx_arguments *arguments, flx_backend *backend,
                               flx_error *error);
#endif
