/* SPDX-License-Identifier: MIT */
#include "formats/names.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

bool flx_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

bool flx_has_control(const char *text)
{
    while (*text && !flx_is_control(*text))
        text++;
    return *text != '\0';
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

flx_status flx_find_repeat(const char *const *names, size_t count, const char **repeated,
                           flx_error *error)
{
    FLX_SCOPED const char **sorted = NULL;
    *repeated = NULL;
    if (!FLX_NEW(sorted, count))
        return flx_no_memory(error, "%zu names", count);
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count && !*repeated; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            *repeated = sorted[i];
    return FLX_OK;
}
