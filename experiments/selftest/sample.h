/* SPDX-License-Identifier: MIT
 * Made-up Gaussian process problems, the same on every machine: what selftest and the
 * tests of the backends compute on. Inputs uniform in the unit cube; the target is a sum
 * of waves in the first inputs plus noise, of about unit variance. */
#ifndef FLX_SELFTEST_SAMPLE_H
#define FLX_SELFTEST_SAMPLE_H

#include "kernels/backend.h"

#include <stdint.h>

typedef enum {
    FLX_SAMPLE_PLAIN,
    FLX_SAMPLE_DUPLICATES, /* row 1 is row 0 */
    FLX_SAMPLE_CONSTANT,   /* the last input never varies */
    FLX_SAMPLE_SINGULAR    /* duplicates, and noise too small to tell them apart: with
                              jitter 0 the leading minor of order 2 is zero */
} flx_sample_kind;

typedef struct {
    flx_gp_problem problem; /* borrows X and y below */
    double *X, *y;          /* (n, d), (n) */
    double *theta; /* (2 + L): length scales about 0.5 sqrt d, noise about 0.05 */
} flx_sample;

typedef struct {
    int count;
    flx_sample *samples; /* (count) */
} flx_sample_set;

/* One problem; on failure `out` is empty. */
flx_status flx_sample_create(int n, int d, bool is_isotropic, flx_sample_kind kind,
                             flx_sample *out, flx_error *error);
void flx_sample_clear(flx_sample *sample);

/* Sizes around the panels' edges, 1 .. max_n of 1, 2, 3, 7, 8, 9, 23, 24, 25, 31, 33, 50,
 * 100, with 1, 3 and 17 inputs, with and without one length scale each; plain, duplicated
 * and constant ones in turn; every covariance function in turn. */
flx_status flx_sample_set_create(int max_n, flx_sample_set *out, flx_error *error);
void flx_sample_set_clear(flx_sample_set *set);

/* (m, d) points, uniform in the unit cube widened by a tenth on either side. */
void flx_sample_queries(int m, int d, uint64_t seed, double *queries);
#endif
