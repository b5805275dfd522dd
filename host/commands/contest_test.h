/* SPDX-License-Identifier: MIT
 * What a contest comes to: a Gaussian process on every subset, tested on rows it has not
 * seen. */
#ifndef FLX_CONTEST_TEST_H
#define FLX_CONTEST_TEST_H

#include "host/commands/contest.h"

/* Fits the subsets of all ways that have run as one batch and fills held_out; NAN where a
 * fit failed. */
flx_status flx_contest_test(const flx_contest *contest, const flx_contest_sample *taught,
                            const flx_contest_sample *tested, flx_backend *backend,
                            flx_contest_result *results, flx_error *error);
#endif
