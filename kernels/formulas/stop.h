/* SPDX-License-Identifier: MIT
 * When a search for settings ends. Valid C11 and CUDA. */
#ifndef FLX_FORMULA_STOP_H
#define FLX_FORMULA_STOP_H

#include "kernels/formulas/inline.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FLX_STOP_NONE,
    FLX_STOP_BUDGET, /* as many evaluations as were allowed */
    FLX_STOP_TARGET, /* a value <= target */
    FLX_STOP_SPREAD  /* no improvement for a while, and all members about as good */
} flx_stop;

typedef struct {
    int64_t budget; /* evaluations */
    bool has_target;
    double target;
    int patience; /* generations without improvement after which a search stops where */
    double tolerance; /* the spread of values is <= tolerance |best|; patience 0: never */
} flx_stop_rule;

/* spread: largest minus smallest value of the population; not read before `idle`
 * generations without improvement have reached the patience. */
FLX_INLINE flx_stop flx_find_stop(flx_stop_rule rule, int64_t evaluations, double best,
                                  int idle, double spread)
{
    if (rule.has_target && best <= rule.target)
        return FLX_STOP_TARGET;
    if (evaluations >= rule.budget)
        return FLX_STOP_BUDGET;
    if (rule.patience && idle >= rule.patience && spread <= rule.tolerance * fabs(best))
        return FLX_STOP_SPREAD;
    return FLX_STOP_NONE;
}
#endif
