/* SPDX-License-Identifier: MIT
 * Between the fit queue and the model repository: a task's result out of what was stored
 * of the same key, and back. Inside the library. */
#ifndef FLX_FIT_CACHE_H
#define FLX_FIT_CACHE_H

#include "host/regression/fit_queue.h"

/* Replaces the result of a task that was begun where the repository has it, with
 * is_cache_hit. FLX_BAD_INPUT where what it has is damaged or does not fit the task. */
flx_status flx_fit_cache_get(const flx_repository *repository, const flx_fit_task *task,
                             flx_fit_result *result, flx_error *error);

/* Stores the result of a fit that has not failed. */
flx_status flx_fit_cache_put(const flx_repository *repository, const flx_fit_task *task,
                             const flx_fit_result *result, flx_error *error);
#endif
