/* SPDX-License-Identifier: MIT
 * What the benchmarks of Gaussian processes work on: a batch of smooth functions with
 * noise, the same for the same seed. */
#ifndef FLX_BENCH_WORKLOAD_H
#define FLX_BENCH_WORKLOAD_H

#include "host/commands/frame.h"
#include "kernels/backend.h"

typedef struct {
    int n, d, batch;
    double *X, *y, *theta; /* (batch, n, d), (batch, n), (2 + d) */
    flx_gp_problem *problems;
    flx_gp_evaluation *evaluations;
    double *gradients; /* (batch, 2 + d) */
} flx_workload;

flx_status flx_workload_create(int n, int d, int batch, uint64_t seed, flx_workload *w,
                               flx_error *error);
void flx_workload_release(flx_workload *w);

/* A clock that never goes back, in seconds. */
double flx_bench_seconds(void);

/* The benchmarks on it: evaluations and fits; predictions. */
flx_status flx_bench_gp(const flx_arguments *arguments, flx_backend *backend,
                        flx_error *error);
flx_status flx_bench_predict(const flx_arguments *arguments, flx_backend *backend,
                             flx_error *error);
#endif
