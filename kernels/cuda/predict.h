/* SPDX-License-Identifier: MIT
 * A set of conditioned members, made by predict/posterior.c, and predictions of it. */
#ifndef FLX_CUDA_PREDICT_H
#define FLX_CUDA_PREDICT_H

#include "kernels/cuda/likelihood.h"
#include "kernels/cuda/predict/launches.h"

struct flx_gp_posterior {
    flx_cuda *cuda;
    int count;
    flx_cuda_data_set data;        /* while conditioning */
    flx_cuda_conditioned *members; /* (count) with device pointers */
    flx_cuda_results *results;     /* (count) */
    bool *is_valid;                /* (count) */
    void *memory, *on_device;      /* device: what members point into; members */
};

/* Operations of kernels/backend.h. */
flx_status flx_cuda_condition(flx_backend *backend, flx_gp_condition *members, int count,
                              flx_gp_posterior **out, flx_error *error);
flx_status flx_cuda_predict(const flx_gp_posterior *posterior, flx_gp_query *queries,
                            int count, flx_error *error);
void flx_cuda_posterior_release(flx_gp_posterior *posterior);
#endif
