/* SPDX-License-Identifier: MIT
 * How the verbs scale, replace and fit end: the changed model is written, and the change
 * reported. */
#ifndef FLX_CHANGE_REPORT_H
#define FLX_CHANGE_REPORT_H

#include "host/commands/frame.h"
#include "host/model.h"

/* Replaces the model folder `path` by the model and reports the change. */
flx_status flx_finish_change(const flx_arguments *arguments, const flx_model *model,
                             const flx_change *change, const char *path,
                             flx_error *error);
#endif
