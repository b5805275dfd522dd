/* SPDX-License-Identifier: MIT
 * What holds for names of services, columns and streams: they fit on one line, and each
 * stands once. */
#ifndef FLX_NAMES_H
#define FLX_NAMES_H

#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>

bool flx_is_control(char c);
bool flx_has_control(const char *text);

/* *repeated is a name that stands twice, or NULL. Only memory can be lacking. */
flx_status flx_find_repeat(const char *const *names, size_t count, const char **repeated,
                           flx_error *error);
#endif
