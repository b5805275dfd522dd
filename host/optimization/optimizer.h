/* SPDX-License-Identifier: MIT
 * Population optimizers over the unit cube: one interface, one table. All minimize a
 * function that their caller evaluates for a whole population at once.
 *
 *   random  the best of uniformly random settings (the paper's baseline)
 *
 *   de      differential evolution rand/1/bin (Storn & Price 1997), the paper's mode:
 *           F 0.5, CR 0.9, population 100
 *
 *   lshade  L-SHADE (Tanabe & Fukunaga 2014), the default: success-history F and CR, an
 *           archive of defeated parents, a population that shrinks linearly
 *
 * Deviations: de repairs a number outside the cube like L-SHADE, half way between the
 * parent and the bound (the paper does not say); categories are copied or drawn anew
 * (kernels/formulas/mutation.h). Results depend on problem, options and seed only. */
#ifndef FLX_OPTIMIZER_H
#define FLX_OPTIMIZER_H

#include "formats/progress.h"
#include "formats/status.h"
#include "kernels/formulas/mutation.h"
#include "kernels/formulas/stop.h"

#include <stdbool.h>
#include <stdint.h>

/* Settings are points (n_dimensions) in [0, 1]; dimensions with levels stand at the
 * centre of their level. */
typedef struct {
    int n_dimensions;
    const flx_dimension *dimensions; /* (n_dimensions), borrowed; NULL: all continuous */
    const double *initial; /* (n_initial, n_dimensions), borrowed: the first members of
                              the population; the rest is uniform */
    int n_initial;
} flx_problem;

/* All zero: the defaults. */
typedef struct {
    int64_t budget; /* evaluations; 0: the optimizer's own */
    int population; /* 0: its own: de 100; lshade min(max(18 n_dimensions, 256), 4096),
                       but no more than a fiftieth of the budget (at least 16); random
                       4096 at once */
    uint64_t seed;
    bool has_target; /* stop when a value <= target is found */
    double target;
    int patience; /* stop after that many generations without improvement and with a */
    double tolerance; /* spread of values <= tolerance |best|; patience 0: spend the
                         budget */
    double scale, crossover_rate;     /* de: F, CR */
    int history, smallest_population; /* lshade: 6, 4 */
    double best_share, archive_rate;  /* lshade: p 0.11, 2.6 populations */
    int keep;                         /* good settings kept, 64; at least */
    double spacing; /* this far apart, 0.05 (host/optimization/elite_archive.h) */
    const flx_progress *progress; /* may be NULL */
} flx_optimizer_options;

typedef struct {
    int n_dimensions;
    double *best; /* (n_dimensions) as evaluated */
    double value;
    int64_t evaluations;
    int n_generations; /* populations evaluated */
    flx_stop stop;
    int n_kept; /* good settings, best first (host/optimization/elite_archive.h) */
    double *kept, *kept_values; /* (n_kept, n_dimensions), (n_kept) */
} flx_optimum;

/* Names of the table, in order; NULL past the end. */
const char *flx_optimizer_name(int index);

void flx_optimum_destroy(flx_optimum *optimum); /* NULL is fine */

/* A search step by step, so that its caller may evaluate many of them as one batch.
 * FLX_BAD_INPUT for an unknown name or options out of range. */
typedef struct flx_search flx_search;
flx_status flx_search_create(const char *name, const flx_problem *problem,
                             const flx_optimizer_options *options, flx_search **out,
                             flx_error *error);
void flx_search_destroy(flx_search *search);
bool flx_search_is_done(const flx_search *search);
/* The most settings that one proposal holds. */
int flx_search_largest_batch(const flx_search *search);
/* The population, rows of settings before quantization and their values, valid until the
 * next proposal. Returns how many; 0 for random search. */
int flx_search_population(const flx_search *search, const double **units,
                          const double **values);
/* The next settings (*count, n_dimensions), valid until accepted. Only while not done. */
const double *flx_search_propose(flx_search *search, int *count);
/* Their values, in the same order; lower is better, what is not finite counts as worst.
 */
void flx_search_accept(flx_search *search, const double *values);
/* FLX_NUMERIC where no evaluation gave a finite value. */
flx_status flx_search_result(const flx_search *search, flx_optimum **out,
                             flx_error *error);
#endif
