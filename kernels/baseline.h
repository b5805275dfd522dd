/* SPDX-License-Identifier: MIT
 * The straightforward evaluation that bench compares with: full matrices, OpenBLAS potrf,
 * potri and symm, one member after another on every thread. Measures; nothing trains on
 * it. */
#ifndef FLX_BASELINE_H
#define FLX_BASELINE_H

#include "kernels/backend.h"

/* The same contract as the backend's evaluate, over `threads` threads. */
flx_status flx_baseline_evaluate(const flx_gp_problem *problems,
                                 flx_gp_evaluation *evaluations, int count, int threads,
                                 flx_error *error);
#endif
