/* SPDX-License-Identifier: MIT
 * What `fluxion info DIR/` says of a model repository. */
#ifndef FLX_INFO_REPOSITORY_H
#define FLX_INFO_REPOSITORY_H

#include "formats/status.h"

#include <stdbool.h>

/* Whether the folder is no model but holds fitted ones. */
bool flx_info_is_repository(const char *path);

/* Reads every model, so that a damaged one is found and named, and prints them as table
 * or JSON. */
flx_status flx_info_print_repository(const char *path, bool as_json, flx_error *error);
#endif
