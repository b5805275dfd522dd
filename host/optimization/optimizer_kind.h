/* SPDX-License-Identifier: MIT
 * What an optimizer has to offer to be in the table of host/optimization/optimizer.c: a
 * state that proposes settings and accepts their values. Counting, snapping, the best
 * setting, stop rules and progress are the search's. A new optimizer is one file and one
 * line. */
#ifndef FLX_OPTIMIZER_KIND_H
#define FLX_OPTIMIZER_KIND_H

#include "host/optimization/elite_archive.h"
#include "host/optimization/optimizer.h"

typedef struct {
    const char *name, *summary;
    int64_t budget; /* where the caller names none */
    /* Numbers that are 0 become the optimizer's own; the budget is set. */
    void (*fill_defaults)(const flx_problem *problem, flx_optimizer_options *options);
    flx_status (*check)(const flx_optimizer_options *options, flx_error *error);
    /* Options are filled and checked. On failure *out = NULL. Nothing is allocated later.
     */
    flx_status (*create)(const flx_problem *problem, const flx_optimizer_options *options,
                         void **out, flx_error *error);
    void (*destroy)(void *state);
    int (*largest_batch)(const void *state);
    /* Trials (*count, n_dimensions) in [0, 1], *count <= limit, limit >= 1. */
    const double *(*propose)(void *state, int limit, int *count);
    /* Values of the last proposal: finite, or INFINITY for what was not. */
    void (*accept)(void *state, const double *values, int count);
    /* Largest minus smallest value of the population. */
    double (*spread)(const void *state);
    /* Members, with their rows and values; NULL where an optimizer has none. */
    int (*population)(const void *state, const double **units, const double **values);
} flx_optimizer;

/* The optimizer of that name, and its options with every default filled in. FLX_BAD_INPUT
 * for an unknown name, and for a problem or options out of range. */
flx_status flx_optimizer_resolve(const char *name, const flx_problem *problem,
                                 const flx_optimizer_options *options,
                                 const flx_optimizer **kind,
                                 flx_optimizer_options *resolved, flx_error *error);

extern const flx_optimizer flx_random_search, flx_differential_evolution,
    flx_lshade_optimizer;

/* optimum.c: `found` with a copy of its best and of the good settings. FLX_NUMERIC where
 * its value is not finite. */
flx_status flx_optimum_create(const flx_optimum *found, const flx_elite_archive *good,
                              flx_optimum **out, flx_error *error);

/* Fills units (count, n_dimensions): the caller's initial settings, then uniform numbers.
 */
void flx_first_population(const flx_problem *problem, uint64_t seed, int count,
                          double *units);
/* Gene of a dimension: continuous where the problem names none. */
flx_dimension flx_search_dimension_of(const flx_problem *problem, int dimension);
/* Waking the threads costs more than drawing a small population. */
bool flx_is_worth_threads(int count, int n_dimensions);
/* An array of rows * columns doubles, or NULL. */
double *flx_new_matrix(int rows, int columns);
#endif
