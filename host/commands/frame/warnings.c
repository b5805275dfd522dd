/* SPDX-License-Identifier: MIT */
#include "host/commands/frame/warnings.h"

#include <stdio.h>

void flx_warn_absent(int absent, int total)
{
    if (absent > 0)
        fprintf(stderr,
                "note: %d of the %d knobs and states that the model reads have no column "
                "in the table; training medians stand in for them\n",
                absent, total);
}
