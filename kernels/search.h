/* SPDX-License-Identifier: MIT
 * Searches whose candidates never leave the device: the optimizers of
 * host/optimization/optimizer.h as a backend runs them, generation by generation, on an
 * objective that it holds. Draws are those of kernels/formulas, keyed by (seed,
 * individual, generation, dimension), decisions those of the host, ties by index: the
 * host's search with the same numbers has the same population, but for what an objective
 * rounds otherwise.
 *
 * The stop rule is applied on the device after every generation, so that a result does
 * not depend on how many generations one call runs. */
#ifndef FLX_KERNELS_SEARCH_H
#define FLX_KERNELS_SEARCH_H

#include "formats/status.h"
#include "kernels/formulas/dimension.h"
#include "kernels/formulas/stop.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FLX_POPULATION_RANDOM, /* batches of `members` uniform settings; the best `keep` of
                              all are what search_read gives */
    FLX_POPULATION_DE,     /* rand/1/bin, Storn & Price 1997 */
    FLX_POPULATION_LSHADE  /* Tanabe & Fukunaga 2014, host/optimization/lshade.h */
} flx_population_kind;

enum {
    FLX_POPULATION_LARGEST = 4096,   /* members of rand/1/bin and of L-SHADE */
    FLX_POPULATION_SEARCHES = 32768, /* in one call */
    FLX_POPULATION_SLOTS = 1024      /* of L-SHADE's memory */
};

/* One search. All numbers count: nothing has a default. */
typedef struct {
    flx_population_kind kind;
    int problem;        /* of a weighting set; 0 for a graph */
    bool is_normalized; /* weightings: what is evaluated is a setting over its sum (paper
                           Eq. 2), all dimensions continuous */
    bool is_maximized;  /* values are negated as they come */
    int n_dimensions;
    const flx_dimension *dimensions; /* (n_dimensions), borrowed for the call; NULL: all
                                        continuous */
    const double *initial; /* (n_initial, n_dimensions) in [0, 1], borrowed for the call:
                              the first settings; the rest is uniform */
    int n_initial;
    int members;    /* of the first population, at least 4; random: of a batch */
    int64_t budget; /* evaluations, at least 1 */
    uint64_t seed;
    bool has_target;
    double target;
    int patience; /* generations without improvement after which a search stops where */
    double tolerance; /* the spread of values is <= tolerance |best|; patience 0: never */
    int keep;         /* random: at least 1 */
    double scale, crossover_rate;    /* rand/1/bin: F, CR */
    int history, smallest_members;   /* L-SHADE: slots of its memory; at least 4 */
    double best_share, archive_rate; /* L-SHADE: p; archive over population */
} flx_population_search;

/* How far a search is. */
typedef struct {
    int64_t evaluations;
    int n_generations, n_members; /* n_members: rows that search_read gives */
    double value;                 /* the best so far; infinite where none was finite */
    flx_stop stop;
} flx_population_report;

/* What one search has found; any pointer may be NULL. */
typedef struct {
    double *best;  /* (n_dimensions) out: as evaluated, but for the division by its sum */
    double *units; /* (members, random: keep; n_dimensions) out: the population, n_members
                      rows; values of levels are not yet at their centre */
    double *values; /* (members, random: keep) out; infinite where there is none */
} flx_population_state;

typedef struct flx_population flx_population; /* searches, resident on the device */
#endif
