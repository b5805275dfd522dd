/* SPDX-License-Identifier: MIT
 * One individual of differential evolution: who its donors are and at which rates they
 * mix, by rand/1/bin (Storn & Price 1997) and by L-SHADE's current-to-pbest/1/bin (Tanabe
 * & Fukunaga 2014), whose archive and weights stand here too. Valid C11 and CUDA, so that
 * the host's optimizers and every backend draw the same trial. */
#ifndef FLX_FORMULA_EVOLUTION_H
#define FLX_FORMULA_EVOLUTION_H

#include "kernels/formulas/mutation.h"

/* What one trial is drawn from. Rows count the population, then the archive. */
typedef struct {
    flx_rng_key moment;
    int base, pull, plus, minus; /* rows; pbest: `pull` is a place in the ranking */
    flx_rates rates;
} flx_de_indices;

/* members >= 4, n_genes >= 1 */
FLX_INLINE flx_de_indices flx_draw_rand1(flx_rng_key moment, int members, int n_genes,
                                         flx_rates rates)
{
    flx_de_indices c;
    int taken[3] = {(int)moment.individual, 0, 0};
    c.moment = moment;
    c.base = c.pull = taken[1] = flx_pick_other(moment, FLX_PICK_BASE, members, taken, 1);
    c.plus = taken[2] = flx_pick_other(moment, FLX_PICK_R1, members, taken, 2);
    c.minus = flx_pick_other(moment, FLX_PICK_R2, members, taken, 3);
    c.rates = rates;
    c.rates.forced = flx_pick(moment, FLX_PICK_J_RAND, n_genes);
    return c;
}

/* The best that a trial may be pulled to, of `members`. */
FLX_INLINE int flx_pbest_count(double share, int members)
{
    int count = (int)floor(share * members + 0.5);
    return count < 2 ? 2 : count;
}

/* n_best <= members; scale and crossover rate are drawn around centres of the memory. */
FLX_INLINE flx_de_indices flx_draw_pbest(flx_rng_key moment, int members, int n_archived,
                                         int n_best, int n_genes)
{
    flx_de_indices c;
    int taken[2] = {(int)moment.individual, 0};
    c.moment = moment;
    c.base = (int)moment.individual;
    c.pull = flx_pick(moment, FLX_PICK_BEST, n_best);
    c.plus = taken[1] = flx_pick_other(moment, FLX_PICK_R1, members, taken, 1);
    c.minus = flx_pick_other(moment, FLX_PICK_R2, members + n_archived, taken, 2);
    c.rates.scale = c.rates.crossover_rate = c.rates.resample = 0;
    c.rates.forced = flx_pick(moment, FLX_PICK_J_RAND, n_genes);
    return c;
}

/* The most defeated parents that a population keeps. */
FLX_INLINE int flx_archive_cap(double archive_rate, int members)
{
    return (int)floor(archive_rate * members + 0.5);
}

/* A success weighs as much as it gains; where the parent had no value, as much as the
 * largest finite gain. */
FLX_INLINE double flx_success_weight(double gain, double largest)
{
    return isfinite(gain) ? gain / largest : 1;
}
#endif
