/* SPDX-License-Identifier: MIT
 * What a fit comes from, as a digest: the id of a model in the repository (paper 4,
 * "unique model ID"). A fit is a function of its task and of the code, so equal keys
 * mean equal models and a model is never trained twice. */
#ifndef FLX_FIT_KEY_H
#define FLX_FIT_KEY_H

#include "host/regression/fit_queue.h"

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
#endif
