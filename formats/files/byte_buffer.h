/* SPDX-License-Identifier: MIT
 * Numbers and texts as bytes, the same on every machine: little endian, and variable
 * length (7 bits a byte, the least significant first) where most values are small. An
 * error is remembered: put or take everything, then look once at is_broken. */
#ifndef FLX_BYTE_BUFFER_H
#define FLX_BYTE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins as {0}; freed by flx_bytes_release. */
typedef struct {
    uint8_t *data;
    size_t used, room;
    bool is_broken; /* out of memory: nothing was added since */
} flx_byte_buffer;

void flx_bytes_release(flx_byte_buffer *buffer);
void flx_bytes_put(flx_byte_buffer *buffer, const void *bytes, size_t length);
/* With its terminating NUL. */
void flx_bytes_put_text(flx_byte_buffer *buffer, const char *text);
/* The `width` (1 to 8) low bytes of value. */
void flx_bytes_put_fixed(flx_byte_buffer *buffer, uint64_t value, int width);
void flx_bytes_put_variable(flx_byte_buffer *buffer, uint64_t value);

/* What is left to read of borrowed bytes. */
typedef struct {
    const uint8_t *at, *end;
    bool is_broken; /* the bytes ended early: every further value is 0 or "" */
} flx_byte_cursor;

uint64_t flx_bytes_take_fixed(flx_byte_cursor *cursor, int width);
uint64_t flx_bytes_take_variable(flx_byte_cursor *cursor);
/* Points into the bytes; never NULL. */
const char *flx_bytes_take_text(flx_byte_cursor *cursor);
#endif
