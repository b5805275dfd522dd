/* SPDX-License-Identifier: MIT
 * Is this machine's arithmetic right? A fixed list of checks of the scalar formulas and
 * of an opened backend, each a largest error against its bound; reference results of
 * other programs are read from a folder where one is given. */
#ifndef FLX_SELFTEST_H
#define FLX_SELFTEST_H

#include "formats/progress.h"
#include "kernels/backend.h"

#include <stdbool.h>

enum { FLX_MAX_CHECKS = 40, FLX_SELFTEST_LARGEST = 500 };

typedef struct {
    const char *name; /* static */
    double
        max_error; /* as the name says: relative, absolute, or nats; NaN is a failure */
    double bound;
    bool is_ok; /* max_error <= bound */
    double seconds;
} flx_check;

typedef struct {
    int count, failed;
    flx_check checks[FLX_MAX_CHECKS];
} flx_selftest;

typedef struct {
    const char *reference; /* folder with gp/ and random_search/, or NULL: without them */
    int largest; /* points of the largest made-up problem; 0: FLX_SELFTEST_LARGEST */
} flx_selftest_options;

/* Runs every check; the comparison with the cpu only where `backend` is another. A check
 * that misses its bound is no failing call: see `failed`. */
flx_status flx_selftest_run(flx_backend *backend, const flx_selftest_options *options,
                            const flx_progress *progress, flx_selftest *out,
                            flx_error *error);
#endif
