/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

bool flx_panel_supports_avx512(void);

bool flx_panel_supports_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
