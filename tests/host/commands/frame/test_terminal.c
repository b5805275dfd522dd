/* SPDX-License-Identifier: MIT
 * What reaches the terminal: widths of UTF-8, no control characters, aligned tables. */
#include "host/commands/frame/command.h"
#include "host/commands/frame/terminal.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

/* Runs `print` with standard output in a file and returns what it wrote. */
static void capture(void (*print)(const void *), const void *context, char *text,
                    size_t size)
{
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    print(context);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void print_table(const void *table)
{
    flx_table_print(table);
}

static void aligns_a_table(void)
{
    const char *const titles[] = {"vertex", "mae", "unit"};
    const char *const rows[][3] = {{"Gr\xC3\xB6\xC3\x9F"
                                    "e:p90",
                                    "12.5", "us"},
                                   {"a", NULL, "ms"},
                                   {"b\n", "7", ""}};
    flx_table *table = flx_table_create(3, titles, "lrl");
    for (int i = 0; i < 3; i++)
        flx_table_row(table, rows[i]);
    char text[512];
    capture(print_table, table, text, sizeof text);
    flx_table_destroy(table);
    assert_text(text, "vertex      mae  unit\n"
                      "---------  ----  ----\n"
                      "Gr\xC3\xB6\xC3\x9F"
                      "e:p90  12.5  us\n"
                      "a                ms\n"
                      "b?            7\n");
}

static void grows_a_long_table(void)
{
    const char *const titles[] = {"n"};
    flx_table *table = flx_table_create(1, titles, "r");
    for (int i = 0; i < 100; i++) {
        char cell[16];
        snprintf(cell, sizeof cell, "%d", i);
        flx_table_row(table, (const char *const[]){cell});
    }
    char text[1024];
    capture(print_table, table, text, sizeof text);
    flx_table_destroy(table);
    assert_contains(text, " n\n--\n 0\n 1\n");
    assert_contains(text, "\n98\n99\n");
}

CU_TestInfo terminal_tests[] = {
    {"measures UTF-8", measures_utf8},
    {"hides control characters", hides_control_characters},
    {"aligns a table", aligns_a_table},
    {"grows a long table", grows_a_long_table},
    CU_TEST_INFO_NULL,
};
