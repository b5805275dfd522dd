/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

bool flx_panel_supports_portable(void);

bool flx_panel_supports_portable(void)
{
    return true;
}
