/* SPDX-License-Identifier: MIT
 * rand/1/bin on weights, one individual: who its donors are, and its genes. Valid C11 and
 * CUDA, so that every backend draws the same trial. */
#ifndef FLX_EVOLUTION_H
#define FLX_EVOLUTION_H

#include "kernels/formulas/mutation.h"

#include <stddef.h>

/* What one trial is drawn from. */
typedef struct {
    flx_moment moment;
    int base, plus, minus; /* individuals, all different and none the parent */
    flx_rates rates;
} flx_crossing;

/* members >= 4, k >= 1 */
FLX_INLINE flx_crossing flx_draw_crossing(flx_moment moment, int members, int k,
                                          double scale, double crossover_rate)
{
    flx_crossing c;
    int taken[3] = {(int)moment.individual, 0, 0};
    c.moment = moment;
    c.base = taken[1] = flx_pick_other(moment, FLX_PICK_BASE, members, taken, 1);
    c.plus = taken[2] = flx_pick_other(moment, FLX_PICK_PLUS, members, taken, 2);
    c.minus = flx_pick_other(moment, FLX_PICK_MINUS, members, taken, 3);
    c.rates.scale = scale;
    c.rates.crossover_rate = crossover_rate;
    c.rates.resample = 0;
    c.rates.forced = flx_pick(moment, FLX_PICK_FORCED, k);
    return c;
}

/* Gene j of the trial from the population (members, k). */
FLX_INLINE double flx_crossed_weight(const flx_crossing *c, const double *weights, int k,
                                     int j)
{
    const double *column = weights + j;
    size_t step = (size_t)k;
    double parent = column[(size_t)c->moment.individual * step];
    double base = column[(size_t)c->base * step];
    flx_donors donors = {parent, base, base, column[(size_t)c->plus * step],
                         column[(size_t)c->minus * step]};
    flx_gene gene = {FLX_GENE_CONTINUOUS, 0, 0};
    return flx_trial_gene(c->moment, j, gene, donors, c->rates);
}
#endif
