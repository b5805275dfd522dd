/* SPDX-License-Identifier: MIT
 * Where the description of a simulated system lies. */
#ifndef FLX_FIND_SYSTEM_H
#define FLX_FIND_SYSTEM_H

#include "formats/status.h"

#include <stddef.h>

/* The path of NAME/system.json, or of `name` itself where it is a file. Looked for in
 * $FLUXION_CONFIGS, if that is set; otherwise beside the program as it is installed or
 * built, and in the sources that it was built from. FLX_BAD_INPUT names these folders. */
flx_status flx_find_system(const char *name, char *path, size_t size, flx_error *error);
#endif
