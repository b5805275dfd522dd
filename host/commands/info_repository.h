/* SPDX-License-Identifier: MIT
 * What `fluxion info DIR/` says of a model repository. */
#ifndef FLX_INFO_REPOSITORY_H
#define FLX_INFO_REPOSITORY_H

#include "host/commands/frame.h"

/* Whether the folder is no model but holds fitted ones. */
bool flx_info_is_repository(const char *path);

/* Reads every model, so that a damaged one is found and named. */
flx_status flx_info_report_repository(const flx_arguments *arguments, const char *path,
                                      flx_error *error);
#endif
