/* SPDX-License-Identifier: MIT
 * A set of conditioned members, shared by posterior.c, which makes it, and predict.c. */
#ifndef FLX_CUDA_POSTERIOR_H
#define FLX_CUDA_POSTERIOR_H

#include "kernels/cuda/cuda.h"

struct flx_gp_posterior {
    flx_cuda *cuda;
    int count;
    flx_cuda_data_set data;        /* while conditioning */
    flx_cuda_conditioned *members; /* (count) with device pointers */
    flx_cuda_results *results;     /* (count) */
    bool *is_valid;                /* (count) */
    void *memory, *on_device;      /* device: what members point into; members */
};
#endif
