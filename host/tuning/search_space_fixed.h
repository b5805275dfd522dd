/* SPDX-License-Identifier: MIT
 * What the caller of a tuning run holds still (host/tuning/search_space.h). */
#ifndef FLX_SEARCH_SPACE_FIXED_H
#define FLX_SEARCH_SPACE_FIXED_H

#include "host/tuning/search_space.h"

/* Takes the gene (set to -1) from every knob that fixes (n_fixes), texts "COLUMN=VALUE",
 * name and gives it their value; appends the states, for which `space` has room. */
flx_status flx_search_space_fix_knob(flx_search_space *space,
                                     const flx_deployment *deployment,
                                     const char *const *fixes, int n_fixes,
                                     flx_error *error);
#endif
