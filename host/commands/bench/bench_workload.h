/* SPDX-License-Identifier: MIT
 * What the benchmarks of Gaussian processes work on: a batch of smooth functions with
 * noise, the same for the same seed. */
#ifndef FLX_BENCH_WORKLOAD_H
#define FLX_BENCH_WORKLOAD_H

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
#endif
