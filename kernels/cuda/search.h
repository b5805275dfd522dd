/* SPDX-License-Identifier: MIT
 * What a search on the device minimizes: an evaluation of candidates that lie in device
 * memory into values that lie there too. Weightings and graphs are
 * such objectives. */
#ifndef FLX_CUDA_SEARCH_H
#define FLX_CUDA_SEARCH_H

#include "kernels/backend.h"
#include "kernels/cuda/memory.h"

/* The candidates of one search: pointers do not change between generations. */
typedef struct {
    int problem;  /* of a weighting set; 0 for a graph */
    int capacity; /* the most candidates of any generation */
    int n_dimensions;
    const double
        *candidates; /* device (capacity, n_dimensions): in [0, 1], snapped to levels */
    const int *live; /* device: how many of them count in this generation; later
                        ones may be skipped */
    double *values;  /* device (capacity) out */
} flx_cuda_candidates;

typedef struct {
    void *state;
    /* Bytes of device memory that evaluating these lists takes, for descriptors and
     * scratch, in pieces that are aligned to 256. */
    size_t (*workspace_size)(const void *state, const flx_cuda_candidates *lists,
                             int count);
    /* Writes the descriptors into `memory` (device, that many bytes, belongs to the
     * search until its end). Once. */
    flx_status (*prepare)(void *state, const flx_cuda_candidates *lists, int count,
                          void *memory, flx_error *error);
    /* Evaluates one generation. Only launches on the backend's stream, as many for any
     * `count` and any number of vertices; never waits, never copies. */
    flx_status (*evaluate)(void *state, const flx_cuda_candidates *lists, int count,
                           void *memory, flx_error *error);
} flx_cuda_objective;

/* search_check.c: FLX_BAD_INPUT, with the search and its numbers, for what no search can
 * be. */
flx_status flx_population_check(const flx_population_search *searches, int count,
                                flx_error *error);

/* search.c: the searches on an objective, whose state is borrowed until search_release.
 * What the objective refuses is refused before. */
flx_status flx_cuda_search_create(flx_cuda *cuda, flx_cuda_objective objective,
                                  const flx_population_search *searches, int count,
                                  flx_population **out, flx_error *error);

/* Operations of kernels/backend.h. */
flx_status flx_cuda_search_advance(flx_population *population, int generations,
                                   flx_population_report *reports, flx_error *error);
flx_status flx_cuda_search_read(flx_population *population, int search,
                                const flx_population_state *out, flx_error *error);
void flx_cuda_search_release(flx_population *population);
#endif
