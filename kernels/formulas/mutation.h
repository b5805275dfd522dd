/* SPDX-License-Identifier: MIT
 * Scalar formulas of the population optimizers in the unit cube: mutation,
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
    FLX_STREAM_INITIAL = 0x0E00, /* first population; dimension = that of the cube */
    FLX_STREAM_PICK,             /* dimension = one of FLX_PICK_... */
    FLX_STREAM_CROSSOVER,        /* as above */
    FLX_STREAM_PBEST,            /* categories; as above */
    FLX_STREAM_DIFFERENCE,       /* categories; as above */
    FLX_STREAM_RESAMPLE,         /* categories; as above */
    FLX_STREAM_LEVEL,            /* categories; as above */
    FLX_STREAM_SCALE,            /* F; dimension = attempt */
    FLX_STREAM_CROSSOVER_RATE,   /* CR */
    FLX_STREAM_EVICT /* evicted row of the archive; dimension = how many before */
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

FLX_INLINE double flx_draw(flx_rng_key key, uint32_t stream, int d)
{
    return flx_uniform(key.seed, stream, key.individual, key.generation, (uint32_t)d);
}

/* Outside the cube: half way from the parent to the bound that was crossed. Unlike a
 * fresh uniform number this comes as near to an optimum on the bound as it has to. */
FLX_INLINE double flx_midpoint_repair(double value, double parent)
{
    return value < 0 ? 0.5 * parent : value > 1 ? 0.5 * (1 + parent) : value;
}

/* A value of the first population. */
FLX_INLINE double flx_first_dimension(flx_rng_key key, int d, flx_dimension dimension)
{
    double unit = flx_draw(key, FLX_STREAM_INITIAL, d);
    return dimension.kind == FLX_DIMENSION_CATEGORY ? flx_dimension_snap(dimension, unit)
                                                    : unit;
}

FLX_INLINE int flx_pick(flx_rng_key key, int purpose, int n)
{
    return flx_below(key.seed, FLX_STREAM_PICK, key.individual, key.generation,
                     (uint32_t)purpose, n);
}

/* An index below n that is none of `taken` (n_taken <= 3 distinct indices below n,
 * n_taken < n): drawn from the n - n_taken left, so that no draw is ever repeated. */
FLX_INLINE int flx_pick_other(flx_rng_key key, int purpose, int n, const int *taken,
                              int n_taken)
{
    int picked = flx_pick(key, purpose, n - n_taken), last = -1;
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

/* One value of each member that takes part in a mutation. */
typedef struct {
    double parent, base, pbest, r1, r2;
} flx_de_values;

typedef struct {
    double scale;          /* F */
    double crossover_rate; /* CR */
    double resample;       /* chance that a mutated category is drawn anew */
    int j_rand;            /* the dimension that always comes from the mutant */
} flx_rates;

/* base + F (pbest - base) + F (r1 - r2). rand/1: pbest = base, which is random.
 * current-to-pbest/1: base = the parent. */
FLX_INLINE double flx_mutate(flx_de_values values, double scale)
{
    double value = values.base + scale * (values.pbest - values.base) +
                   scale * (values.r1 - values.r2);
    return flx_midpoint_repair(value, values.parent);
}

/* The same with categories: each term that is not zero is followed with chance F. */
FLX_INLINE double flx_mutate_category(flx_rng_key key, int d, flx_dimension dimension,
                                      flx_de_values values, flx_rates rates)
{
    if (flx_draw(key, FLX_STREAM_RESAMPLE, d) < rates.resample)
        return flx_dimension_snap(dimension, flx_draw(key, FLX_STREAM_LEVEL, d));
    double value = values.base;
    if (flx_draw(key, FLX_STREAM_PBEST, d) < rates.scale)
        value = values.pbest;
    if (values.r1 != values.r2 && flx_draw(key, FLX_STREAM_DIFFERENCE, d) < rates.scale)
        value = values.r1;
    return value;
}

/* Binomial crossover of the mutant with the parent: u in (0, 1) decides. */
FLX_INLINE double flx_cross_dimension(double u, flx_rng_key key, int d,
                                      flx_dimension dimension, flx_de_values values,
                                      flx_rates rates)
{
    if (d != rates.j_rand && u >= rates.crossover_rate)
        return values.parent;
    if (dimension.kind == FLX_DIMENSION_CATEGORY)
        return flx_mutate_category(key, d, dimension, values, rates);
    return flx_mutate(values, rates.scale);
}

/* The same for a continuous dimension, without a branch, so that a row of them is
 * computed on vectors; u < 0 makes it the mutant's. */
FLX_INLINE double flx_cross_continuous(double u, flx_de_values values, flx_rates rates)
{
    double value = values.base + rates.scale * (values.pbest - values.base) +
                   rates.scale * (values.r1 - values.r2);
    double below = 0.5 * values.parent, above = 0.5 * (1 + values.parent);
    value = value < 0 ? below : value;
    value = value > 1 ? above : value;
    value = u < rates.crossover_rate ? value : values.parent;
    return value;
}

/* The same with the u of this dimension in the crossover's stream. */
FLX_INLINE double flx_trial_dimension(flx_rng_key key, int d, flx_dimension dimension,
                                      flx_de_values values, flx_rates rates)
{
    double u = flx_draw(key, FLX_STREAM_CROSSOVER, d);
    return flx_cross_dimension(u, key, d, dimension, values, rates);
}

/* F ~ Cauchy(centre, 0.1): drawn again while not positive, at most 1. After 64 tries,
 * which a centre in (0, 1] does not need in practice, the centre itself. */
FLX_INLINE double flx_draw_scale(flx_rng_key key, double centre)
{
    for (int attempt = 0; attempt < 64; attempt++) {
        double u = flx_draw(key, FLX_STREAM_SCALE, attempt);
        double v = 0.5 * (u - 0.5);
        double scale = centre + 0.1 * (flx_sin2pi(v) / flx_cos2pi(v));
        if (scale > 0)
            return scale < 1 ? scale : 1;
    }
    return centre;
}

/* CR ~ N(centre, 0.1) clipped to [0, 1]; a terminal slot (centre < 0) gives 0. */
FLX_INLINE double flx_draw_crossover_rate(flx_rng_key key, double centre)
{
    if (centre < 0)
        return 0;
    flx_philox_block b = flx_philox(key.seed, key.individual, key.generation, 0,
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
