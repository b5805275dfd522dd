/* SPDX-License-Identifier: MIT */
#include "formats/files/byte_buffer.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <string.h>

static void bytes_are_those_of_the_format(void)
{
    flx_byte_buffer buffer = {0};
    flx_bytes_put_fixed(&buffer, 0x01020304, 4); /* little endian */
    flx_bytes_put_variable(&buffer, 127);
    flx_bytes_put_variable(&buffer, 300); /* 2 * 128 + 44: low seven bits first */
    flx_bytes_put_text(&buffer, "ab");
    static const uint8_t expected[] = {4, 3, 2, 1, 127, 0xAC, 2, 'a', 'b', 0};
    assert_int((long)buffer.used, sizeof expected);
    assert_int(memcmp(buffer.data, expected, sizeof expected), 0);
    flx_bytes_release(&buffer);
    assert_true(buffer.data == NULL && buffer.room == 0);
}

static void what_was_put_is_taken(void)
{
    static const uint64_t values[] = {0,     1,     127,        128,
                                      16383, 16384, 1ull << 62, UINT64_MAX};
    enum { COUNT = sizeof values / sizeof *values };
    flx_byte_buffer buffer = {0};
    for (int i = 0; i < COUNT; i++) {
        flx_bytes_put_variable(&buffer, values[i]);
        flx_bytes_put_fixed(&buffer, values[i], 8);
        flx_bytes_put_text(&buffer, i % 2 ? "" : "text");
    }
    assert_true(!buffer.is_broken);
    flx_byte_cursor cursor = {buffer.data, buffer.data + buffer.used, false};
    for (int i = 0; i < COUNT; i++) {
        assert_true(flx_bytes_take_variable(&cursor) == values[i]);
        assert_true(flx_bytes_take_fixed(&cursor, 8) == values[i]);
        assert_text(flx_bytes_take_text(&cursor), i % 2 ? "" : "text");
    }
    assert_true(!cursor.is_broken && cursor.at == cursor.end);
    flx_bytes_release(&buffer);
}

static void bytes_that_end_early_break_the_cursor(void)
{
    static const uint8_t bytes[] = {0x80, 0x80, 'a', 'b'};
    flx_byte_cursor cursor = {bytes, bytes + 2, false};
    assert_true(flx_bytes_take_variable(&cursor) == 0 && cursor.is_broken);
    cursor = (flx_byte_cursor){bytes, bytes + 3, false};
    assert_true(flx_bytes_take_fixed(&cursor, 4) == 0 && cursor.is_broken);
    cursor = (flx_byte_cursor){bytes + 2, bytes + 4, false};
    assert_text(flx_bytes_take_text(&cursor), ""); /* its NUL is missing */
    assert_true(cursor.is_broken);
    assert_true(flx_bytes_take_fixed(&cursor, 1) == 0); /* and it stays broken */
    static const uint8_t endless[] = {255, 255, 255, 255, 255, 255,
                                      255, 255, 255, 255, 255, 1};
    cursor = (flx_byte_cursor){endless, endless + sizeof endless, false};
    flx_bytes_take_variable(&cursor);
    assert_true(cursor.is_broken); /* more than 64 bits */
}

CU_TestInfo byte_buffer_tests[] = {
    {"bytes are those of the format", bytes_are_those_of_the_format},
    {"what was put is taken", what_was_put_is_taken},
    {"bytes that end early break the cursor", bytes_that_end_early_break_the_cursor},
    CU_TEST_INFO_NULL,
};
