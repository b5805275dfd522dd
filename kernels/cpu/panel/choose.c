/* SPDX-License-Identifier: MIT
 * The list of panel kernels that were built, best first; FLX_PANEL_LIST comes from CMake.
 */
#include "kernels/cpu/panel/panel.h"

#define DECLARE(isa) extern const flx_panel_kernels flx_panel_##isa;
#define ENTRY(isa)   &flx_panel_##isa,
FLX_PANEL_LIST(DECLARE)

static const flx_panel_kernels *const tables[] = {FLX_PANEL_LIST(ENTRY) NULL};

const flx_panel_kernels *flx_panel_at(int index)
{
    return tables[index];
}

const flx_panel_kernels *flx_panel_choose(void)
{
    int i = 0;
    while (tables[i + 1] && !tables[i]->is_supported())
        i++;
    return tables[i];
}
