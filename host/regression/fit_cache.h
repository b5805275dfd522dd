/* SPDX-License-Identifier: MIT
 * Fits that are looked up instead of made again: the key of a task, which is the id of
 * its model in the repository (paper 4, "unique model ID"), and the way there and back. A
 * fit is a function of its task and of the code, so equal keys mean equal models. */
#ifndef FLX_FIT_CACHE_H
#define FLX_FIT_CACHE_H

#include "host/regression/fit_task.h"
#include "host/regression/model_repository.h"

/* Of the code: to be raised with every change after which the same task gives another
 * fit (priors, starts, stopping rules, random streams). Files of older code then stay in
 * the repository and are found no more. */
enum { FLX_FIT_KEY_VERSION = 1 };

/* SHA-256 (hex) of kind, options that the kind looks at, name of the output, names and
 * scaling of the inputs, X and y bit by bit, and FLX_FIT_KEY_VERSION. Backend and number
 * of threads are no part of it: they may change the last digits, but not which model it
 * is.
 */
void flx_fit_key(const flx_fit_task *task, char digest[65]);

/* Replaces the result of a task that was begun where the repository has it, with
 * is_cache_hit. FLX_BAD_INPUT where what it has is damaged or does not fit the task. */
flx_status flx_fit_cache_get(const flx_repository *repository, const flx_fit_task *task,
                             flx_fit_result *result, flx_error *error);

/* Stores the result of a fit that has not failed. */
flx_status flx_fit_cache_put(const flx_repository *repository, const flx_fit_task *task,
                             const flx_fit_result *result, flx_error *error);
#endif
