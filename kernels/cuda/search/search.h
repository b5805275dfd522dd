/* SPDX-License-Identifier: MIT
 * Searches on the device; shared by search.c, which makes them, and search_run.c, which
 * runs them. */
#ifndef FLX_CUDA_SEARCH_SEARCH_H
#define FLX_CUDA_SEARCH_SEARCH_H

#include "kernels/cuda/search.h"
#include "kernels/cuda/search/population.h"

struct flx_population {
    flx_cuda *cuda;
    flx_cuda_objective objective;
    int count;
    flx_cuda_population *populations; /* (count) as on the device */
    flx_cuda_progress *progress;      /* (count) what came back last */
    flx_cuda_candidates *lists;       /* (count) */
    void *memory, *workspace;         /* device: of the populations, of the objective */
};
#endif
