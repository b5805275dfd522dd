/* SPDX-License-Identifier: MIT
 * Small sets that Gaussian process fits stumble over: two points, duplicates, steps, more
 * inputs than points. */
#ifndef FLX_TEST_AWKWARD_H
#define FLX_TEST_AWKWARD_H

#include "host/regression/fit_queue.h"

enum {
    AWKWARD_TWO,        /* n = 2, d = 1 */
    AWKWARD_SIX,        /* n = 6, d = 2 */
    AWKWARD_DUPLICATES, /* n = 20, d = 2: every point twice, with other targets */
    AWKWARD_REPEATS,    /* n = 16, d = 2: every point twice, with the same target */
    AWKWARD_WIDE,       /* n = 24, d = 30, one input matters */
    AWKWARD_STEP,       /* n = 25, d = 1: 0 and 1 */
    AWKWARD_NOISE,      /* n = 20, d = 3: nothing but noise */
    AWKWARD_SMOOTH,     /* n = 15, d = 1: a sine without noise */
    AWKWARD_COUNT
};

typedef struct {
    double X[24 * 30], y[25];
} awkward_data;

/* Fills `data` and gives the task on it. */
flx_fit_task awkward_task(int which, flx_gp_prior prior, awkward_data *data);
#endif
