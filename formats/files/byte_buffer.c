/* SPDX-License-Identifier: MIT
 * A buffer that doubles, and a cursor that never leaves its bytes. */
#include "formats/files/byte_buffer.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

void flx_bytes_release(flx_byte_buffer *buffer)
{
    free(buffer->data);
    *buffer = (flx_byte_buffer){0};
}

static bool has_room(flx_byte_buffer *buffer, size_t length)
{
    if (!buffer->is_broken &&
        (length > SIZE_MAX - buffer->used ||
         !FLX_GROW(buffer->data, buffer->room, buffer->used + length)))
        buffer->is_broken = true;
    return !buffer->is_broken;
}

void flx_bytes_put(flx_byte_buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0 || !has_room(buffer, length))
        return;
    memcpy(buffer->data + buffer->used, bytes, length);
    buffer->used += length;
}

void flx_bytes_put_text(flx_byte_buffer *buffer, const char *text)
{
    flx_bytes_put(buffer, text, strlen(text) + 1);
}

void flx_bytes_put_fixed(flx_byte_buffer *buffer, uint64_t value, int width)
{
    uint8_t bytes[8];
    for (int i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    flx_bytes_put(buffer, bytes, (size_t)width);
}

void flx_bytes_put_variable(flx_byte_buffer *buffer, uint64_t value)
{
    uint8_t bytes[10];
    size_t length = 0;
    for (; value >= 128; value >>= 7)
        bytes[length++] = (uint8_t)(value | 128);
    bytes[length++] = (uint8_t)value;
    flx_bytes_put(buffer, bytes, length);
}

static size_t left(const flx_byte_cursor *cursor)
{
    return cursor->is_broken ? 0 : (size_t)(cursor->end - cursor->at);
}

uint64_t flx_bytes_take_fixed(flx_byte_cursor *cursor, int width)
{
    uint64_t value = 0;
    if (left(cursor) < (size_t)width) {
        cursor->is_broken = true;
        return 0;
    }
    for (int i = 0; i < width; i++)
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += width;
    return value;
}

uint64_t flx_bytes_take_variable(flx_byte_cursor *cursor)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && left(cursor) > 0; shift += 7) {
        uint8_t byte = *cursor->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    cursor->is_broken = true;
    return 0;
}

const char *flx_bytes_take_text(flx_byte_cursor *cursor)
{
    size_t room = left(cursor);
    const uint8_t *end = room ? memchr(cursor->at, '\0', room) : NULL;
    if (!end) {
        cursor->is_broken = true;
        return "";
    }
    const char *text = (const char *)cursor->at;
    cursor->at = end + 1;
    return text;
}
