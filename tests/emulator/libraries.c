/* SPDX-License-Identifier: MIT
 * In place of kernels/cuda/memory/libraries.c: the calls are the emulator's own. */
#include "kernels/cuda/memory/libraries.h"

flx_status flx_cuda_libraries_load(flx_cuda_libraries *out, flx_error *error)
{
    (void)error;
#define TAKE(name) .name##_ = name,
    *out = (flx_cuda_libraries){FLX_CUBLAS_CALLS(TAKE) FLX_CUSOLVER_CALLS(TAKE)};
#undef TAKE
    return FLX_OK;
}
