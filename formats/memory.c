/* SPDX-License-Identifier: MIT */
#include "formats/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *flx_allocate(size_t count, size_t size)
{
    return calloc(count ? count : 1, size);
}

bool flx_grow(void *pointer_to_pointer, size_t *room, size_t count, size_t size)
{
    size_t larger = *room > 16 ? *room : 16;
    if (count <= *room)
        return true;
    while (larger < count && larger <= SIZE_MAX / 2)
        larger *= 2;
    void *memory;
    memcpy(&memory, pointer_to_pointer, sizeof memory);
    if (larger < count || larger > SIZE_MAX / size ||
        !(memory = realloc(memory, larger * size)))
        return false;
    memcpy(pointer_to_pointer, &memory, sizeof memory);
    *room = larger;
    return true;
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
