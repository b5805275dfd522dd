/* SPDX-License-Identifier: MIT
 * What an optimizer has to offer to be in the table of
 * host/optimization/optimizer_table.c: how trials are proposed, and what becomes of their
 * values. Population and trials are kept for it; counting, quantization, the best
 * setting, stop rules and progress are the search's. A new optimizer is one file and one
 * row. */
#ifndef FLX_OPTIMIZER_KIND_H
#define FLX_OPTIMIZER_KIND_H

#include "host/optimization/elite_archive.h"
#include "host/optimization/optimizer.h"

#include <stddef.h>

/* The state of an optimizer begins with it. */
typedef struct {
    flx_problem problem;
    uint64_t seed;
    double resample; /* chance that a mutated category is drawn anew */
    int first_members, n_members;
    uint32_t generation; /* 0: the first population has not been evaluated */
    double *units;       /* (first_members, n_dimensions); n_members rows count. NULL
                            where no population is kept, only trials and their values */
    double *values;      /* (first_members) finite, or INFINITY */
    double *trials;      /* (first_members, n_dimensions) in [0, 1] */
} flx_optimizer_state;

typedef struct {
    const char *name;
    int64_t budget; /* where the caller names none */
    bool keeps_population;
    size_t state_size; /* of its state, flx_optimizer_state included */
    /* Numbers that are 0 become the optimizer's own; the budget is set. */
    void (*fill_defaults)(const flx_problem *problem, flx_optimizer_options *options);
    flx_status (*check)(const flx_optimizer_options *options, flx_error *error);
    /* The rest of its state, from options that are filled and checked; nothing is
     * allocated later. destroy frees that rest; NULL where there is nothing to free. */
    flx_status (*create)(flx_optimizer_state *state, const flx_optimizer_options *options,
                         flx_error *error);
    void (*destroy)(flx_optimizer_state *state);
    /* Fills trials 0 .. count - 1, count <= n_members. The first population needs none.
     */
    void (*propose)(flx_optimizer_state *state, int count);
    /* Values of what was proposed last; generation 0: of the first population, which has
     * them already. */
    void (*accept)(flx_optimizer_state *state, const double *values, int count);
} flx_optimizer;

extern const flx_optimizer flx_random_search, flx_differential_evolution,
    flx_lshade_optimizer;

/* The optimizer of that name, and its options with every default filled in. FLX_BAD_INPUT
 * for an unknown name, and for a problem or options out of range. */
flx_status flx_optimizer_resolve(const char *name, const flx_problem *problem,
                                 const flx_optimizer_options *options,
                                 const flx_optimizer **kind,
                                 flx_optimizer_options *resolved, flx_error *error);

/* A state before its first proposal; *out = NULL on failure. */
flx_status flx_optimizer_state_create(const flx_optimizer *kind,
                                      const flx_problem *problem,
                                      const flx_optimizer_options *options,
                                      flx_optimizer_state **out, flx_error *error);
void flx_optimizer_state_destroy(const flx_optimizer *kind, flx_optimizer_state *state);
/* The next settings (*count, n_dimensions), *count <= limit, and their values: finite, or
 * INFINITY for what was not. */
const double *flx_optimizer_propose(const flx_optimizer *kind, flx_optimizer_state *state,
                                    int limit, int *count);
void flx_optimizer_accept(const flx_optimizer *kind, flx_optimizer_state *state,
                          const double *values, int count);

/* `found` with a copy of its best and of the good settings. FLX_NUMERIC where its value
 * is not finite. */
flx_status flx_optimum_create(const flx_optimum *found, const flx_elite_archive *elite,
                              flx_optimum **out, flx_error *error);

/* Continuous where the problem names no dimensions. */
flx_dimension flx_search_dimension_of(const flx_problem *problem, int dimension);
/* Whether waking the threads costs less than drawing that many trials. */
bool flx_is_worth_threads(int count, int n_dimensions);
#endif
