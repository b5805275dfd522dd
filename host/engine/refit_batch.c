/* SPDX-License-Identifier: MIT */
#include "host/engine/refit_batch.h"

#include <stdio.h>

bool flx_refit_batch_is_open(const flx_refit_batch *s, int i)
{
    return !s->reports[i].is_unchanged;
}

void flx_refit_batch_skip(flx_refit_batch *s, int i, const char *format, int number)
{
    s->reports[i].is_unchanged = true;
    snprintf(s->reports[i].reason, sizeof s->reports[i].reason, format, number);
}

flx_status flx_refit_batch_out_of_memory(flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for a refit");
}
