/* SPDX-License-Identifier: MIT
 * What `fluxion info MODEL/` says. */
#ifndef FLX_INFO_MODEL_H
#define FLX_INFO_MODEL_H

#include "formats/status.h"

#include <stdbool.h>

/* Reads the model, so that a damaged one is found, and prints it as table or JSON. */
flx_status flx_info_print_model(const char *path, bool as_json, flx_error *error);
#endif
