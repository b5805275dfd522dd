/* SPDX-License-Identifier: MIT
 * What an optimiser has to offer to be in the table of host/optimiser.c: a state that
 * proposes settings and accepts their values. Counting, snapping, the best setting, stop
 * rules and progress are the search's. A new optimiser is one file and one line. */
#ifndef FLX_OPTIMISER_TABLE_H
#define FLX_OPTIMISER_TABLE_H

#include "host/optimiser.h"

typedef struct {
    const char *name, *summary;
    int64_t budget; /* where the caller names none */
    /* options->budget is set. On failure *out = NULL. Nothing is allocated later. */
    flx_status (*create)(const flx_problem *problem, const flx_optimiser_options *options,
                         void **out, flx_error *error);
    void (*destroy)(void *state);
    int (*largest_batch)(const void *state);
    /* Trials (*count, n_dimensions) in [0, 1], *count <= limit, limit >= 1. */
    const double *(*propose)(void *state, int limit, int *count);
    /* Values of the last proposal: finite, or INFINITY for what was not. */
    void (*accept)(void *state, const double *values, int count);
    /* Largest minus smallest value of the population. */
    double (*spread)(const void *state);
} flx_optimiser;

extern const flx_optimiser flx_optimiser_random, flx_optimiser_de, flx_optimiser_lshade;

/* Fills units (count, n_dimensions): the caller's initial settings, then uniform numbers.
 */
void flx_first_population(const flx_problem *problem, uint64_t seed, int count,
                          double *units);
/* Gene of a dimension: continuous where the problem names none. */
flx_gene flx_problem_gene(const flx_problem *problem, int dimension);
/* Chance that a mutated category is drawn anew: one gene in ten trials. */
double flx_resample_chance(const flx_problem *problem);
/* Waking the threads costs more than drawing a small population. */
bool flx_is_worth_threads(int count, int n_dimensions);
/* An array of rows * columns doubles, or NULL. */
double *flx_new_matrix(int rows, int columns);
#endif
