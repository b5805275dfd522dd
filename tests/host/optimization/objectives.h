/* SPDX-License-Identifier: MIT
 * Functions to minimize whose optimum is known, and searches of them. */
#ifndef FLX_TEST_OBJECTIVES_H
#define FLX_TEST_OBJECTIVES_H

#include "host/optimization/optimizer.h"

typedef double objective_function(const double *x, int n);

/* 0 at 0.3 in every dimension. */
double sphere(const double *x, int n);

/* A search to its end. */
flx_status run_search(const char *name, objective_function *f, const flx_problem *problem,
                      const flx_optimizer_options *options, flx_optimum **out,
                      flx_error *error);

/* One that must succeed. `dimensions` NULL: all continuous. */
flx_optimum *optimize(const char *name, objective_function *f, int n,
                      const flx_dimension *dimensions, flx_optimizer_options options);
/* Its best value; spends the whole budget. */
double best_value(const char *name, objective_function *f, int n, int64_t budget,
                  uint64_t seed);
#endif
