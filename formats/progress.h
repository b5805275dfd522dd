/* SPDX-License-Identifier: MIT
 * How long work tells how far it is. The library calls back; only the command line draws.
 */
#ifndef FLX_PROGRESS_H
#define FLX_PROGRESS_H

/* `report` may be NULL. It is called from one thread at a time, `done` never falls. */
typedef struct {
    void (*report)(void *context, double done, double total);
    void *context;
} flx_progress;

static inline void flx_progress_report(const flx_progress *progress, double done,
                                       double total)
{
    if (progress && progress->report)
        progress->report(progress->context, done, total);
}
#endif
