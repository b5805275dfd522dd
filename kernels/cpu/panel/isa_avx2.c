/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

bool flx_panel_supports_avx2(void);

bool flx_panel_supports_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
