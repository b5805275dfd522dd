/* SPDX-License-Identifier: MIT
 * Likelihoods on the device: problems that lie there, and their evaluations. */
#ifndef FLX_CUDA_LIKELIHOOD_H
#define FLX_CUDA_LIKELIHOOD_H

#include "kernels/backend.h"
#include "kernels/cuda/memory.h"

/* Problems in device memory, in one allocation. */
typedef struct {
    int n, d;
    bool is_isotropic;
    flx_covariance covariance;
    const double *X, *y; /* device: centred, input by input (d, n); (n) */
    double *center;      /* host (d), within flx_cuda_data_set */
} flx_cuda_data;

typedef struct {
    int count;
    flx_cuda_data *members; /* (count) */
    double *centers;        /* host: all centers */
    void *memory;           /* device */
} flx_cuda_data_set;

/* problem (i) is read through `at`, so that structs around a problem do as well. */
typedef const flx_gp_problem *flx_cuda_problem_at(const void *items, int i);
flx_status flx_cuda_data_create(flx_cuda *cuda, const void *items, int count,
                                flx_cuda_problem_at *at, flx_cuda_data_set *out,
                                flx_error *error);
void flx_cuda_data_release(flx_cuda_data_set *set);

/* What conditioning keeps of a member in device memory. */
typedef struct {
    double *Z, *alpha, *precision, *factor; /* as in flx_cuda_member */
} flx_cuda_results;

/* One evaluation, for both evaluate and condition. */
typedef struct {
    const flx_cuda_data *data;
    const double *theta;
    double jitter;
    double *gradient;                /* (2 + L) out, or NULL */
    const flx_cuda_results *results; /* where they are kept, or NULL */
    double value;                    /* out */
    int info;                        /* out */
} flx_cuda_job;
typedef struct {
    int order, job; /* size that members share a launch with; which job */
} flx_cuda_sorted_job;
/* `sorted`: memory for `count`. */
flx_status flx_cuda_evaluate_jobs(flx_cuda *cuda, flx_cuda_job *jobs, int count,
                                  flx_cuda_sorted_job *sorted, flx_error *error);

/* The largest n whose triangle fits into a block's shared memory.
 * FLUXION_CUDA_FUSED_LIMIT lowers it: tests send small members down the libraries' path
 * with 0. What the kernel is allowed holds for every backend of the process and is the
 * device's limit therefore. */
flx_status flx_cuda_limit_fused(flx_cuda *cuda, flx_error *error);

/* Operations of kernels/backend.h. */
flx_status flx_cuda_batch_create(flx_backend *backend, const flx_gp_problem *problems,
                                 int count, flx_gp_batch **out, flx_error *error);
flx_status flx_cuda_evaluate(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                             int count, flx_error *error);
void flx_cuda_batch_release(flx_gp_batch *batch);
#endif
