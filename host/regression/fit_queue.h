/* SPDX-License-Identifier: MIT
 * The fit queue: everything that trains a model submits tasks here and gets results in
 * order. Tasks of any n, d and kind mix; a kind (host/regression/regressor.h) gets all
 * tasks of its own at once. A failing task says why and never spoils the batch. */
#ifndef FLX_FIT_QUEUE_H
#define FLX_FIT_QUEUE_H

#include "formats/progress.h"
#include "host/regression/fit_task.h"
#include "host/regression/model_repository.h"
#include "kernels/backend.h"

typedef struct {
    const flx_repository *repository; /* or NULL */
    const flx_progress *progress;     /* or NULL */
    uint64_t seed; /* what training gives the tasks of kinds that draw random numbers;
                      the queue itself reads that of each task */
} flx_fit_options;

/* Fits all tasks; results (count) are the caller's to clear, also after a failing call.
 * With a repository every task is looked up there first, and a fit is stored as soon as
 * it is done: what a kill interrupts goes on from there when the same tasks come again.
 * Fails only when the backend, memory or the repository does; failed tasks are not
 * stored. `options` may be NULL. */
flx_status flx_fit_with(flx_backend *backend, const flx_fit_task *tasks, int count,
                        flx_fit_result *results, const flx_fit_options *options,
                        flx_error *error);
/* Without a repository. */
flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error);
#endif
