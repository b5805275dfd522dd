/* SPDX-License-Identifier: MIT
 * A deployment with a knob of every type, for tests of the search space. */
#ifndef FLX_TEST_KNOBS_H
#define FLX_TEST_KNOBS_H

#include "host/tuning/search_space.h"

enum { TIMEOUT, BUFFER, THREADS, RMEM, SIZES, POLICY, SINGLE, N_KNOBS };

/* front: timeout (10 .. 20), buffer (1 .. 10000, log), threads (1 .. 8). ca=che, of three
 * replicas: rmem (4 .. 4096, log), sizes (0.25, 0.5, 2), policy (lru, a=b, fifo), single
 * (7). Both have the state rps. */
flx_deployment *parse_knobs(void);
/* Must succeed. */
flx_search_space *make_space(const flx_deployment *deployment, const char *const *fixes,
                             int n_fixes);
#endif
