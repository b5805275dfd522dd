/* SPDX-License-Identifier: MIT
 * Decodes UTF-8 itself: wcwidth() depends on the user's locale, and a table should not.
 */
#include "host/commands/frame/terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t first, last;
} code_range;

static const code_range zero_wide[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};
static const code_range double_wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F6FF},
    {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};
/* They would end a line, move the cursor or turn the direction of writing. */
static const code_range hidden[] = {
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0x2028, 0x202E},
    {0x2066, 0x2069},
};

enum { NOT_TEXT = 0x110000 }; /* one beyond the last code point */

static bool is_within(const code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}
#define IS_WITHIN(ranges, code) is_within(ranges, sizeof ranges / sizeof *ranges, code)

/* The code point at `text` and its bytes; NOT_TEXT and 1 where there is none. */
static uint32_t decode(const char *text, int *bytes)
{
    const unsigned char *u = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = u[0] < 0x80             ? 1
                 : (u[0] & 0xE0) == 0xC0 ? 2
                 : (u[0] & 0xF0) == 0xE0 ? 3
                 : (u[0] & 0xF8) == 0xF0 ? 4
                                         : 0;
    *bytes = 1;
    if (length <= 1)
        return length == 1 ? u[0] : NOT_TEXT;
    uint32_t code = u[0] & (0xFFu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return NOT_TEXT;
        code = code << 6 | (u[i] & 0x3Fu);
    }
    bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < smallest[length] || code > 0x10FFFF || is_surrogate)
        return NOT_TEXT;
    *bytes = length;
    return code;
}

static bool is_shown(uint32_t code)
{
    return code != NOT_TEXT && !IS_WITHIN(hidden, code);
}

int flx_text_width(const char *text)
{
    int width = 0, bytes;
    for (; *text; text += bytes) {
        uint32_t code = decode(text, &bytes);
        if (!is_shown(code))
            width += 1;
        else if (!IS_WITHIN(zero_wide, code))
            width += IS_WITHIN(double_wide, code) ? 2 : 1;
    }
    return width;
}

void flx_text_put(const char *text, FILE *stream)
{
    for (int bytes; *text; text += bytes) {
        if (is_shown(decode(text, &bytes)))
            fwrite(text, 1, (size_t)bytes, stream);
        else
            fputc('?', stream);
    }
}
