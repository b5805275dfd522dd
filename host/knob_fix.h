/* SPDX-License-Identifier: MIT
 * What the caller of a tuning run holds still (host/knob_space.h). */
#ifndef FLX_KNOB_FIX_H
#define FLX_KNOB_FIX_H

#include "host/knob_space.h"

/* Takes the gene (set to -1) from every knob that fixes (n_fixes), texts "COLUMN=VALUE",
 * name and gives it their value; appends the states, for which `space` has room. */
flx_status flx_knob_space_fix(flx_knob_space *space, const flx_deployment *deployment,
                              const char *const *fixes, int n_fixes, flx_error *error);
#endif
