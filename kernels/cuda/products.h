/* SPDX-License-Identifier: MIT
 * Matrix products on the device. */
#ifndef FLX_CUDA_PRODUCTS_H
#define FLX_CUDA_PRODUCTS_H

#include "kernels/backend.h"

/* The operation of kernels/backend.h. */
flx_status flx_cuda_multiply(flx_backend *backend, const flx_product *products, int count,
                             flx_error *error);
#endif
