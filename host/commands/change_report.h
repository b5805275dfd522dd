/* SPDX-License-Identifier: MIT
 * What the verbs scale, replace and fit answer: the change they made. */
#ifndef FLX_CHANGE_REPORT_H
#define FLX_CHANGE_REPORT_H

#include "host/commands/frame.h"
#include "host/model.h"

/* One JSON document or text for readers, as the arguments want it. `path` is the model's.
 */
flx_status flx_change_report_print(const flx_arguments *arguments, const flx_model *model,
                                   const flx_change *change, const char *path,
                                   flx_error *error);
#endif
