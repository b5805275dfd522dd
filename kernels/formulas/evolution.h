/* SPDX-License-Identifier: MIT
 * One trial of differential evolution: which members it is made of and at which rates,
 * by rand/1/bin (Storn & Price 1997) and by L-SHADE's current-to-pbest/1/bin (Tanabe
 * & Fukunaga 2014), whose archive and weights stand here too. Valid C11 and CUDA, so that
 * the host's optimizers and every backend draw the same trial. */
#ifndef FLX_FORMULA_EVOLUTION_H
#define FLX_FORMULA_EVOLUTION_H

#include "kernels/formulas/mutation.h"

/* What one trial is drawn from. Rows count the population, then the archive. */
typedef struct {
    flx_rng_key key;
    int base, pbest, r1,
        r2; /* rows; of flx_draw_pbest: pbest is a place in the ranking */
    flx_rates rates;
} flx_de_indices;

/* members >= 4, n_dimensions >= 1 */
FLX_INLINE flx_de_indices flx_draw_rand1(flx_rng_key key, int members, int n_dimensions,
                                         flx_rates rates)
{
    flx_de_indices c;
    int taken[3] = {(int)key.individual, 0, 0};
    c.key = key;
    c.base = c.pbest = taken[1] = flx_pick_other(key, FLX_PICK_BASE, members, taken, 1);
    c.r1 = taken[2] = flx_pick_other(key, FLX_PICK_R1, members, taken, 2);
    c.r2 = flx_pick_other(key, FLX_PICK_R2, members, taken, 3);
    c.rates = rates;
    c.rates.j_rand = flx_pick(key, FLX_PICK_J_RAND, n_dimensions);
    return c;
}

/* How many of the best pbest is drawn from, of `members`. */
FLX_INLINE int flx_pbest_count(double share, int members)
{
    int count = (int)floor(share * members + 0.5);
    return count < 2 ? 2 : count;
}

/* n_best <= members; scale and crossover rate are drawn around centres of the memory. */
FLX_INLINE flx_de_indices flx_draw_pbest(flx_rng_key key, int members, int n_archived,
                                         int n_best, int n_dimensions)
{
    flx_de_indices c;
    int taken[2] = {(int)key.individual, 0};
    c.key = key;
    c.base = (int)key.individual;
    c.pbest = flx_pick(key, FLX_PICK_BEST, n_best);
    c.r1 = taken[1] = flx_pick_other(key, FLX_PICK_R1, members, taken, 1);
    c.r2 = flx_pick_other(key, FLX_PICK_R2, members + n_archived, taken, 2);
    c.rates.scale = c.rates.crossover_rate = c.rates.resample = 0;
    c.rates.j_rand = flx_pick(key, FLX_PICK_J_RAND, n_dimensions);
    return c;
}

/* The most replaced parents that an archive keeps. */
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
