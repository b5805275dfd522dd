/* SPDX-License-Identifier: MIT
 * What reaches the terminal: widths of UTF-8, no control characters. */
#include "host/commands/frame/terminal.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

static void measures_utf8(void)
{
    assert_int(flx_text_width(""), 0);
    assert_int(flx_text_width("p90"), 3);
    assert_int(flx_text_width("Gr\xC3\xB6\xC3\x9F"
                              "e"),
               5);
    assert_int(flx_text_width("e\xCC\x81"), 1);                /* e + combining accent */
    assert_int(flx_text_width("\xE6\x9C\x8D\xE5\x8A\xA1"), 4); /* two wide letters */
    assert_int(flx_text_width("\xF0\x9F\x9A\x80"), 2);         /* a picture */
    assert_int(flx_text_width("\xC3"), 1);                     /* cut short */
    assert_int(flx_text_width("\xC0\xAF"), 2); /* overlong: two lone bytes */
}

static void puts_as(const char *text, const char *expected)
{
    char *written = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&written, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    flx_text_put(text, stream);
    fclose(stream);
    assert_text(written, expected);
    free(written);
}

static void hides_control_characters(void)
{
    puts_as("Gr\xC3\xB6\xC3\x9F"
            "e",
            "Gr\xC3\xB6\xC3\x9F"
            "e");
    puts_as("a\nb\x1B[31m\x7F", "a?b?[31m?");
    puts_as("\xC2\x9B"
            "2J",
            "?2J"); /* the control sequence introducer in C1 */
    puts_as("a\xE2\x80\xAE"
            "b",
            "a?b");                 /* turns the direction of writing */
    puts_as("\xED\xA0\x80", "???"); /* a lone surrogate */
    puts_as("\xFF\xFE", "??");
}

CU_TestInfo terminal_tests[] = {
    {"measures UTF-8", measures_utf8},
    {"hides control characters", hides_control_characters},
    CU_TEST_INFO_NULL,
};
