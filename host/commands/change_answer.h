/* SPDX-License-Identifier: MIT
 * What the verbs scale, replace and fit answer: the change they made. */
#ifndef FLX_CHANGE_ANSWER_H
#define FLX_CHANGE_ANSWER_H

#include "host/commands/command.h"
#include "host/model.h"

/* One JSON document or text for readers, as the arguments want it. `path` is the model's.
 */
flx_status flx_answer_change(const flx_arguments *arguments, const flx_model *model,
                             const flx_change *change, const char *path,
                             flx_error *error);
#endif
