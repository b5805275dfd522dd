/* SPDX-License-Identifier: MIT
 * Searches in device memory as C and the kernels see them, and one launching function a
 * kernel. Every pointer is the device's. Kernels that come after one another in a
 * generation:
 *
 *   draw             a block a trial          trials, candidates
 *                    (the objective)          trial_values
 *   select           a block a search         best, who is replaced, memory, archive_from
 *   rank             256 entries a block      places by value
 *   reduce           a block a row            the next population, the archive
 *   end_generation   a thread a search        stop rule, the next generation's size */
#ifndef FLX_CUDA_POPULATION_H
#define FLX_CUDA_POPULATION_H

#include "kernels/search.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FLX_CUDA_UNCHANGED = -1 }; /* of archive_from */

/* What changes; `live` is 0 once a search is done. */
typedef struct {
    int live;    /* candidates of this generation */
    int members; /* of the population */
    int wanted;  /* of the next one */
    int stop, n_generations, improved_at, buffer;
    int n_archived, next_slot;
    int n_evicted; /* when the archive last shrank: the next generation's draws go on
                      from there */
    unsigned generation; /* 0: the first population has not been evaluated */
    long long evaluations;
    double best_value, lowest,
        highest; /* the last two: of the population, for its spread */
} flx_cuda_progress;

/* Rows of an entry: members, or for random search the kept ones and behind them the
 * trials. */
typedef struct {
    int kind, n_dimensions, members, is_normalized, is_maximized, n_initial, has_target;
    int patience, keep, n_slots, smallest_members;
    long long budget;
    unsigned long long seed;
    double target, tolerance, scale, crossover_rate, resample, best_share, archive_rate;
    const flx_dimension *dimensions; /* (n_dimensions) or NULL */
    const double *initial;           /* (n_initial, n_dimensions) */
    double *units[2], *values[2]; /* (members or keep, n_dimensions), (members or keep) */
    double *trials, *candidates;  /* (members, n_dimensions); may be the same */
    double *trial_values;         /* (members) */
    double *best;                 /* (n_dimensions) */
    double *trial_scale, *trial_rate;   /* (members) L-SHADE, as all that follows */
    double *gains, *terms;              /* (members), (4, members) */
    double *memory_scale, *memory_rate; /* (n_slots) */
    double *archive;                    /* (cap of `members`, n_dimensions) */
    int *archive_from; /* (cap): the row that a slot gets, of the population, or behind it
                          of the archive; or FLX_CUDA_UNCHANGED */
    int *evicted_slots, *successes; /* (members) of every success: a slot, its index */
    int *is_replaced;               /* (members) */
    int *places, *ranked; /* (members + keep): place by value; (members): who has it */
    flx_cuda_progress *progress;
} flx_cuda_population;

/* `rows`: the most of any search that is not done. */
cudaError_t flx_cuda_draw_trials(const flx_cuda_population *populations, int count,
                                 int rows, cudaStream_t stream);
cudaError_t flx_cuda_select_trials(const flx_cuda_population *populations, int count,
                                   cudaStream_t stream);
cudaError_t flx_cuda_rank_entries(const flx_cuda_population *populations, int count,
                                  int rows, cudaStream_t stream);
cudaError_t flx_cuda_reduce_population(const flx_cuda_population *populations, int count,
                                       int rows, cudaStream_t stream);
cudaError_t flx_cuda_end_generation(const flx_cuda_population *populations, int count,
                                    cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
