/* SPDX-License-Identifier: MIT
 * Backends for tests: the cpu backend over every panel table that this processor runs,
 * and cuda where there is a device or the emulator, so that one test speaks for all of
 * them. */
#ifndef FLX_TEST_EVERY_BACKEND_H
#define FLX_TEST_EVERY_BACKEND_H

#include "experiments/selftest/sample.h"
#include "kernels/backend.h"

/* Table number `index` (best first) as a backend of `threads` threads; false after the
 * last one. Tables that are not supported have operations NULL. Nothing to close. */
bool panel_backend(int index, int threads, flx_backend *backend);

/* Runs `test` with every supported table, one thread each, and with cuda; names the one
 * with which an assertion failed. FLUXION_TEST_BACKEND, cpu or cuda, limits it to one of
 * them. */
void with_every_backend(void (*test)(flx_backend *backend));

/* A sample that must succeed. */
flx_sample make_sample(int n, int d, bool is_isotropic, flx_sample_kind kind);

/* One evaluation as a batch of its own; returns info. */
int evaluate_alone(flx_backend *backend, const flx_gp_problem *problem,
                   const double *theta, double jitter, double *value, double *gradient);

enum { MAX_INPUTS = 17, MAX_THETA = MAX_INPUTS + 2 };
#endif
