/* SPDX-License-Identifier: MIT
 * Scalar formulas of the population optimizers: genes in the unit cube, mutation,
 * crossover, repair at the bounds, and L-SHADE's draws. Every random number is Philox
 * keyed by (seed, individual, generation, dimension) and a stream a purpose, so that an
 * individual's trial is a pure function of the population before it: backends, launch
 * shapes and thread counts cannot change it. Valid C11 and CUDA.
 *
 * rand/1/bin: Storn & Price (1997). current-to-pbest/1 with success history: Tanabe &
 * Fukunaga, L-SHADE (CEC 2014). */
#ifndef FLX_FORMULA_MUTATION_H
#define FLX_FORMULA_MUTATION_H

#include "kernels/formulas/dimension.h"
#include "kernels/formulas/philox.h"
#include "kernels/formulas/sincospi.h"

#include <math.h>
#include <stdint.h>

enum {
    FLX_STREAM_INITIAL = 0x0E00, /* first population; dimension = gene */
    FLX_STREAM_PICK,             /* dimension = one of FLX_PICK_... */
    FLX_STREAM_CROSSOVER,        /* dimension = gene */
    FLX_STREAM_PULL,             /* categories; dimension = gene */
    FLX_STREAM_DIFFERENCE,       /* categories; dimension = gene */
    FLX_STREAM_RESAMPLE,         /* categories; dimension = gene */
    FLX_STREAM_LEVEL,            /* categories; dimension = gene */
    FLX_STREAM_SCALE,            /* F; dimension = attempt */
    FLX_STREAM_CROSSOVER_RATE,   /* CR */
    FLX_STREAM_EVICT             /* the archive's victim; dimension = count so far */
};

enum {
    FLX_PICK_BASE,
    FLX_PICK_R1,
    FLX_PICK_R2,
    FLX_PICK_BEST,
    FLX_PICK_SLOT,
    FLX_PICK_J_RAND
};

/* Whose trial is drawn, and when. */
typedef struct {
    uint64_t seed;
    uint32_t individual, generation;
} flx_rng_key;

/* Outside the cube: half way from the parent to the bound that was crossed. Unlike a
 * fresh uniform number this comes as near to an optimum on the bound as it has to. */
FLX_INLINE double flx_midpoint_repair(double value, double parent)
{
    return value < 0 ? 0.5 * parent : value > 1 ? 0.5 * (1 + parent) : value;
}

/* Gene of the first population. */
FLX_INLINE double flx_first_dimension(flx_rng_key moment, int dimension,
                                      flx_dimension gene)
{
    double unit = flx_uniform(moment.seed, FLX_STREAM_INITIAL, moment.individual,
                              moment.generation, (uint32_t)dimension);
    return gene.kind == FLX_DIMENSION_CATEGORY ? flx_dimension_snap(gene, unit) : unit;
}

FLX_INLINE int flx_pick(flx_rng_key moment, int purpose, int n)
{
    return flx_below(moment.seed, FLX_STREAM_PICK, moment.individual, moment.generation,
                     (uint32_t)purpose, n);
}

/* An index below n that is none of `taken` (n_taken <= 3 distinct indices below n,
 * n_taken < n): drawn from the n - n_taken left, so that no draw is ever repeated. */
FLX_INLINE int flx_pick_other(flx_rng_key moment, int purpose, int n, const int *taken,
                              int n_taken)
{
    int picked = flx_pick(moment, purpose, n - n_taken), last = -1;
    for (int round = 0; round < n_taken; round++) {
        int lowest = n;
        for (int t = 0; t < n_taken; t++)
            if (taken[t] > last && taken[t] < lowest)
                lowest = taken[t];
        picked += picked >= lowest;
        last = lowest;
    }
    return picked;
}

/* One gene of everyone who takes part in a mutation. */
typedef struct {
    double parent, base, pull, plus, minus;
} flx_donors;

typedef struct {
    double scale;          /* F */
    double crossover_rate; /* CR */
    double resample;       /* chance that a mutated category is drawn anew */
    int forced;            /* the gene that always comes from the mutant */
} flx_rates;

/* base + F (pull - base) + F (plus - minus). rand/1: pull = base. current-to-pbest/1:
 * base = the parent, pull = one of the best. */
FLX_INLINE double flx_mutate(flx_donors donors, double scale)
{
    double value = donors.base + scale * (donors.pull - donors.base) +
                   scale * (donors.plus - donors.minus);
    return flx_midpoint_repair(value, donors.parent);
}

/* The same with categories: each term that is not zero is followed with chance F. */
FLX_INLINE double flx_mutate_category(flx_rng_key moment, int dimension,
                                      flx_dimension gene, flx_donors donors,
                                      flx_rates rates)
{
    uint64_t seed = moment.seed;
    uint32_t individual = moment.individual, generation = moment.generation;
    uint32_t d = (uint32_t)dimension;
    if (flx_uniform(seed, FLX_STREAM_RESAMPLE, individual, generation, d) <
        rates.resample)
        return flx_dimension_snap(
            gene, flx_uniform(seed, FLX_STREAM_LEVEL, individual, generation, d));
    double value = donors.base;
    if (flx_uniform(seed, FLX_STREAM_PULL, individual, generation, d) < rates.scale)
        value = donors.pull;
    if (donors.plus != donors.minus &&
        flx_uniform(seed, FLX_STREAM_DIFFERENCE, individual, generation, d) < rates.scale)
        value = donors.plus;
    return value;
}

/* Binomial crossover of the mutant with the parent: u in (0, 1) decides. */
FLX_INLINE double flx_cross_dimension(double u, flx_rng_key moment, int dimension,
                                      flx_dimension gene, flx_donors donors,
                                      flx_rates rates)
{
    if (dimension != rates.forced && u >= rates.crossover_rate)
        return donors.parent;
    if (gene.kind == FLX_DIMENSION_CATEGORY)
        return flx_mutate_category(moment, dimension, gene, donors, rates);
    return flx_mutate(donors, rates.scale);
}

/* The same for a continuous gene, without a branch, so that a row of them is computed on
 * vectors; u < 0 forces the mutant. */
FLX_INLINE double flx_cross_continuous(double u, flx_donors donors, flx_rates rates)
{
    double value = donors.base + rates.scale * (donors.pull - donors.base) +
                   rates.scale * (donors.plus - donors.minus);
    double below = 0.5 * donors.parent, above = 0.5 * (1 + donors.parent);
    value = value < 0 ? below : value;
    value = value > 1 ? above : value;
    value = u < rates.crossover_rate ? value : donors.parent;
    return value;
}

/* The same with the u of this gene in the crossover's stream. */
FLX_INLINE double flx_trial_dimension(flx_rng_key moment, int dimension,
                                      flx_dimension gene, flx_donors donors,
                                      flx_rates rates)
{
    double u = flx_uniform(moment.seed, FLX_STREAM_CROSSOVER, moment.individual,
                           moment.generation, (uint32_t)dimension);
    return flx_cross_dimension(u, moment, dimension, gene, donors, rates);
}

/* F ~ Cauchy(centre, 0.1): drawn again while not positive, at most 1. After 64 tries,
 * which a centre in (0, 1] does not need in practice, the centre itself. */
FLX_INLINE double flx_draw_scale(flx_rng_key moment, double centre)
{
    for (uint32_t attempt = 0; attempt < 64; attempt++) {
        double u = flx_uniform(moment.seed, FLX_STREAM_SCALE, moment.individual,
                               moment.generation, attempt);
        double v = 0.5 * (u - 0.5);
        double scale = centre + 0.1 * (flx_sin2pi(v) / flx_cos2pi(v));
        if (scale > 0)
            return scale < 1 ? scale : 1;
    }
    return centre;
}

/* CR ~ N(centre, 0.1) clipped to [0, 1]; a terminal slot (centre < 0) gives 0. */
FLX_INLINE double flx_draw_crossover_rate(flx_rng_key moment, double centre)
{
    if (centre < 0)
        return 0;
    flx_philox_block b = flx_philox(moment.seed, moment.individual, moment.generation, 0,
                                    FLX_STREAM_CROSSOVER_RATE);
    double u = flx_unit_from_words(b.word[0], b.word[1]);
    double v = flx_unit_from_words(b.word[2], b.word[3]);
    double rate = centre + 0.1 * (sqrt(-2.0 * log(u)) * flx_cos2pi(v));
    return rate < 0 ? 0 : rate > 1 ? 1 : rate;
}

/* Linear reduction by evaluations, from `first` to `last`. */
FLX_INLINE int flx_population_size(int first, int last, double evaluations, double budget)
{
    double share = evaluations < budget ? evaluations / budget : 1;
    return (int)floor(first + (last - first) * share + 0.5);
}
#endif
