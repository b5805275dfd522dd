/* SPDX-License-Identifier: MIT */
#include "formats/files/text_file.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_file_is_read_whole(void)
{
    scratch_begin();
    char *text;
    size_t length;
    flx_error error = {0};
    const char *path = scratch_write("a.txt", "two\nlines\n");
    assert_int(flx_text_file_read(path, 10, &text, &length, &error), FLX_OK);
    assert_text(text, "two\nlines\n");
    assert_int((long)length, 10);
    free(text);
    path = scratch_write("empty.txt", "");
    assert_int(flx_text_file_read(path, 10, &text, &length, &error), FLX_OK);
    assert_text(text, "");
    assert_int((long)length, 0);
    free(text);
    scratch_end();
}

static void a_long_file_comes_in_pieces(void)
{
    enum { LENGTH = 300001 };
    scratch_begin();
    char *text, *again;
    size_t length;
    flx_error error = {0};
    text = malloc(LENGTH + 1);
    for (int i = 0; i < LENGTH; i++)
        text[i] = (char)('a' + i % 23);
    text[LENGTH] = '\0';
    const char *path = scratch_write("long.txt", text);
    assert_int(flx_text_file_read(path, LENGTH, &again, &length, &error), FLX_OK);
    assert_int((long)length, LENGTH);
    assert_int(memcmp(text, again, LENGTH + 1), 0);
    free(again);
    assert_int(flx_text_file_read(path, LENGTH - 1, &again, &length, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "long.txt: longer than 300000 bytes");
    assert_true(again == NULL && length == 0);
    free(text);
    scratch_end();
}

static void a_pipe_has_no_size_and_is_read(void)
{
    int ends[2];
    char path[32], *text;
    size_t length;
    flx_error error = {0};
    assert_int(pipe(ends), 0);
    assert_int((long)write(ends[1], "piped", 5), 5);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int(flx_text_file_read(path, 10, &text, &length, &error), FLX_OK);
    assert_text(text, "piped");
    free(text);
    close(ends[0]);
}

static void what_is_no_file_is_refused(void)
{
    const char *folder = scratch_begin();
    char *text;
    size_t length;
    flx_error error = {0};
    assert_int(flx_text_file_read(scratch_path("none"), 10, &text, &length, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "none: cannot be opened: No such file");
    assert_int(flx_text_file_read(folder, 10, &text, &length, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is a folder, a file was expected");
    assert_true(text == NULL);
    scratch_end();
}

CU_TestInfo text_file_tests[] = {
    {"a file is read whole", a_file_is_read_whole},
    {"a long file comes in pieces", a_long_file_comes_in_pieces},
    {"a pipe has no size and is read", a_pipe_has_no_size_and_is_read},
    {"what is no file is refused", what_is_no_file_is_refused},
    CU_TEST_INFO_NULL,
};
