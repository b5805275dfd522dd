/* SPDX-License-Identifier: MIT */
#include "kernels/cpu/cpu.h"

#include <stdlib.h>

static void close_cpu(flx_backend *backend)
{
    free(backend);
}

const struct flx_backend_operations flx_cpu_operations = {
    .batch_create = flx_cpu_batch_create,
    .evaluate = flx_cpu_evaluate,
    .batch_release = flx_cpu_batch_release,
    .condition = flx_cpu_condition,
    .predict = flx_cpu_predict,
    .posterior_release = flx_cpu_posterior_release,
    .weighting_create = flx_cpu_weighting_create,
    .weighting_losses = flx_cpu_weighting_losses,
    .weighting_release = flx_cpu_weighting_release,
    .multiply = flx_cpu_multiply,
    .close = close_cpu,
};
