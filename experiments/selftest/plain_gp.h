/* SPDX-License-Identifier: MIT
 * The same Gaussian process in the plainest loops: what every backend is checked against.
 * O(n^3 d); for small n. */
#ifndef FLX_PLAIN_GP_H
#define FLX_PLAIN_GP_H

#include "kernels/backend.h"

/* value and gradient (2 + L) as the backend's evaluate. Returns info; -2 without memory.
 */
int flx_plain_gp_evaluate(const flx_gp_problem *problem, const double *theta,
                          double jitter, double *value, double *gradient);

/* Mean and variance (noise included) at one query x (d). Returns info. */
int flx_plain_gp_predict(const flx_gp_problem *problem, const double *theta,
                         double jitter, const double *x, double *mean, double *variance);
#endif
