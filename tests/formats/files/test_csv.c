/* SPDX-License-Identifier: MIT */
#include "formats/files/csv.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static flx_csv *read_text(const char *text)
{
    flx_error error = {0};
    flx_csv *csv = NULL;
    assert_int(flx_csv_read(scratch_write("t.csv", text), NULL, 0, &csv, &error), FLX_OK);
    assert_text(error.message, "");
    return csv;
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        CU_FAIL_FATAL("cannot write a test file");
}

/* The file is refused with exactly this text after its path. */
static void assert_refused(const char *path, const char *rest)
{
    flx_error error = {0};
    flx_csv *csv = (flx_csv *)&error; /* must become NULL */
    char expected[1200];
    snprintf(expected, sizeof expected, "%s%s", path, rest);
    assert_int(flx_csv_read(path, NULL, 0, &csv, &error), FLX_BAD_INPUT);
    assert_true(csv == NULL);
    assert_text(error.message, expected);
}

static void reads_cells_and_lines(void)
{
    scratch_begin();
    flx_csv *csv = read_text("a,b c,\n1,,x\n-2.5, 3 ,é\n");
    assert_int(csv->n_columns, 3);
    assert_int(csv->n_rows, 2);
    assert_text(csv->names[1], "b c");
    assert_text(csv->names[2], "");
    assert_text(flx_csv_cell(csv, 0, 1), "");
    assert_text(flx_csv_cell(csv, 1, 1), " 3 ");
    assert_text(flx_csv_cell(csv, 1, 2), "é");
    assert_int(csv->lines[1], 3);
    assert_int(flx_csv_find(csv, "b c"), 1);
    assert_int(flx_csv_find(csv, "b"), -1);
    flx_csv_destroy(csv);
    flx_csv_destroy(NULL);
    scratch_end();
}

static void accepts_mark_and_line_ends(void)
{
    static const char *const texts[] = {
        "\xEF\xBB\xBF\"a\",b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4",
        "a,b\r1,2\r3,4\r\r",
        "a,b\n1,2\n3,4\n\n\r\n",
        "\"a\",\"b\"\r\n1,\"2\"\r\n3,\"4\"",
    };
    scratch_begin();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        flx_csv *csv = read_text(texts[i]);
        assert_int(csv->n_rows, 2);
        assert_text(csv->names[0], "a");
        assert_text(csv->names[1], "b");
        assert_text(flx_csv_cell(csv, 0, 1), "2");
        assert_text(flx_csv_cell(csv, 1, 1), "4");
        flx_csv_destroy(csv);
    }
    scratch_end();
}

static void unescapes_quoted_fields(void)
{
    scratch_begin();
    flx_csv *csv = read_text("a,b\n\"x,\"\"y\"\"\",\"two\nlines\"\n\"\",\"\"\"\"\n");
    assert_int(csv->n_rows, 2);
    assert_text(flx_csv_cell(csv, 0, 0), "x,\"y\"");
    assert_text(flx_csv_cell(csv, 0, 1), "two\nlines");
    assert_text(flx_csv_cell(csv, 1, 0), "");
    assert_text(flx_csv_cell(csv, 1, 1), "\"");
    assert_int(csv->lines[1], 4); /* the line end inside a field counts */
    flx_csv_destroy(csv);
    scratch_end();
}

static void keeps_empty_cells_of_one_column(void)
{
    scratch_begin();
    flx_csv *csv = read_text("a\n1\n\n3\n");
    assert_int(csv->n_rows, 3);
    assert_text(flx_csv_cell(csv, 1, 0), "");
    flx_csv_destroy(csv);
    csv = read_text("a,b\n1,");
    assert_int(csv->n_rows, 1);
    assert_text(flx_csv_cell(csv, 0, 1), "");
    flx_csv_destroy(csv);
    csv = read_text("a,b\n");
    assert_int(csv->n_rows, 0);
    flx_csv_destroy(csv);
    scratch_end();
}

static void takes_a_given_header(void)
{
    static const char *const names[] = {"x", "y"};
    scratch_begin();
    flx_error error = {0};
    flx_csv *csv = NULL;
    const char *path = scratch_write("t.csv", "1,2\n3,4\n");
    assert_int(flx_csv_read(path, names, 2, &csv, &error), FLX_OK);
    assert_int(csv->n_rows, 2);
    assert_text(csv->names[1], "y");
    assert_int(csv->lines[0], 1);
    flx_csv_destroy(csv);
    assert_int(flx_csv_read(path, names, 1, &csv, &error), FLX_BAD_INPUT);
    assert_contains(error.message,
                    "t.csv line 1: this row has 2 fields and the header 1");
    scratch_end();
}

static void reads_gzip(void)
{
    scratch_begin();
    const char *path = scratch_path("t.csv.gz");
    gzFile file = gzopen(path, "wb");
    gzputs(file, "a,b\n1,2\n");
    gzclose(file);
    flx_error error = {0};
    flx_csv *csv = NULL;
    assert_int(flx_csv_read(path, NULL, 0, &csv, &error), FLX_OK);
    assert_int(csv->n_rows, 1);
    assert_text(flx_csv_cell(csv, 0, 1), "2");
    flx_csv_destroy(csv);
    struct stat about;
    stat(path, &about);
    assert_int(truncate(path, about.st_size - 6), 0);
    assert_int(flx_csv_read(path, NULL, 0, &csv, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is a damaged gzip file");
    scratch_end();
}

static void reads_long_lines(void)
{
    enum { WIDTH = 30000 };
    scratch_begin();
    char *text = malloc(2 * 8 * WIDTH + 3), *at = text;
    for (int c = 0; c < WIDTH; c++)
        at += sprintf(at, "%sc%d", c ? "," : "", c);
    for (int c = 0; c < WIDTH; c++)
        at += sprintf(at, "%s%d", c ? "," : "\n", c);
    flx_csv *csv = read_text(text);
    assert_int(csv->n_columns, WIDTH);
    assert_text(flx_csv_cell(csv, 0, WIDTH - 1), "29999");
    flx_csv_destroy(csv);
    free(text);
    scratch_end();
}

static void refuses_bad_tables(void)
{
    static const char *const cases[][2] = {
        {"", " is empty"},
        {"\xEF\xBB\xBF", " is empty"},
        {"\n\n", " is empty"},
        {"a,b\n1,2\n3\n", " line 3: this row has 1 field and the header 2"},
        {"a,b\n1,2,3\n", " line 2: this row has 3 fields and the header 2"},
        {"a,b\n1,2\n\n3,4\n", " line 3: this row has 1 field and the header 2"},
        {"a,b\n\"1\n2\",3\n4\n", " line 4: this row has 1 field and the header 2"},
        {"a,b,a\n1,2,3\n", " line 1: column \"a\" stands twice"},
        {"a,b\n1,\"2\n3,4\n", " line 2: a quoted field is never closed"},
        {"a,b\n1,\"2\"x\n", " line 2: 'x' follows a closing quote"},
        {"a,b\n1,2\"\n", " line 2: a quote inside a field that does not begin with one"},
    };
    scratch_begin();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(scratch_write("t.csv", cases[i][0]), cases[i][1]);
    scratch_end();
}

static void refuses_what_is_no_text(void)
{
    scratch_begin();
    const char *path = scratch_path("t.csv");
    write_bytes(path, "a,b\n1,\0002\n", 9);
    assert_refused(path, " line 2: a NUL byte: this is not a text file");
    assert_refused(scratch_path("absent.csv"),
                   " cannot be opened: No such file or directory");
    mkdir(scratch_path("folder"), 0700);
    assert_refused(scratch_path("folder"), " cannot be read: Is a directory");
    scratch_end();
}

CU_TestInfo csv_tests[] = {
    {"reads cells and lines", reads_cells_and_lines},
    {"accepts mark and line ends", accepts_mark_and_line_ends},
    {"unescapes quoted fields", unescapes_quoted_fields},
    {"keeps empty cells of one column", keeps_empty_cells_of_one_column},
    {"takes a given header", takes_a_given_header},
    {"reads gzip", reads_gzip},
    {"reads long lines", reads_long_lines},
    {"refuses bad tables", refuses_bad_tables},
    {"refuses what is no text", refuses_what_is_no_text},
    CU_TEST_INFO_NULL,
};
