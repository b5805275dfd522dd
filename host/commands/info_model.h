/* SPDX-License-Identifier: MIT
 * What `fluxion info MODEL/` says. */
#ifndef FLX_INFO_MODEL_H
#define FLX_INFO_MODEL_H

#include "host/commands/frame.h"

/* Reads the model, so that a damaged one is found. */
flx_status flx_info_report_model(const flx_arguments *arguments, const char *path,
                                 flx_error *error);
#endif
