/* SPDX-License-Identifier: MIT */
#include "formats/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *flx_allocate(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

flx_status flx_no_memory(flx_error *error, const char *what, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for %s", text);
}

flx_status flx_copy_text(const char *text, char **out, flx_error *error)
{
    *out = strdup(text);
    return *out ? FLX_OK : flx_no_memory(error, "the text \"%.80s\"", text);
}

void flx_free_scoped(void *pointer_to_pointer)
{
    void *memory;
    memcpy(&memory, pointer_to_pointer, sizeof memory);
    free(memory);
}
