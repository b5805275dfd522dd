/* SPDX-License-Identifier: MIT
 * Clocks, in seconds. */
#ifndef FLX_CLOCK_H
#define FLX_CLOCK_H

#include <time.h>

static inline double flx_seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Never goes back. */
static inline double flx_clock_seconds(void)
{
    return flx_seconds_of(CLOCK_MONOTONIC);
}

/* Of all threads of the process; of this thread. */
static inline double flx_cpu_seconds(void)
{
    return flx_seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double flx_thread_seconds(void)
{
    return flx_seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
#endif
