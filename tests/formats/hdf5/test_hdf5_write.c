/* SPDX-License-Identifier: MIT
 * Files that are put together in memory: what is written, and how failures are kept. */
#include "formats/hdf5/hdf5_write.h"

#include "formats/hdf5/hdf5_read.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double numbers[6] = {1, -0.5, NAN, 1e300, 5e-324, -INFINITY};
static const int64_t wide[2] = {INT64_MIN, INT64_MAX};
static const int32_t narrow[2] = {INT32_MIN, 7};
static const unsigned char bytes[3] = {0, 127, 255};
static const char *const texts[2] = {"", "r\xC3\xA9 dis"};

static flx_hdf5_writer *write_all(void)
{
    flx_hdf5_writer *writer = flx_hdf5_create("some-format", 4);
    flx_hdf5_make_group(writer, "/g");
    flx_hdf5_write_doubles(writer, "/g/numbers", 2, (size_t[]){2, 3}, numbers);
    flx_hdf5_write_int64(writer, "/g/wide", 1, (size_t[]){2}, wide);
    flx_hdf5_write_int32(writer, "/g/narrow", 1, (size_t[]){2}, narrow);
    flx_hdf5_write_bytes(writer, "bytes", 3, bytes);
    flx_hdf5_write_strings(writer, "texts", 2, texts);
    flx_hdf5_put_text(writer, "/", "title", "a title");
    flx_hdf5_put_integer(writer, "/g", "count", -3);
    flx_hdf5_put_number(writer, "/g", "share", 0.1);
    return writer;
}

static void what_was_written_is_read(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_hdf5_reader *reader;
    assert_int(flx_hdf5_save(write_all(), scratch_path("a.h5"), &error), FLX_OK);
    assert_int(flx_hdf5_open(scratch_path("a.h5"), &reader, &error), FLX_OK);
    assert_int(flx_hdf5_check_format(reader, "some-format", 4, &error), FLX_OK);
    double *values, share = 0;
    int64_t *integers, count = 0;
    unsigned char *raw;
    char **strings, *title = NULL;
    size_t shape[2] = {2, 3}, two[1] = {2}, n = 2;
    assert_int(flx_hdf5_read_doubles(reader, "/g/numbers", 2, shape, &values, &error),
               FLX_OK);
    assert_int(memcmp(values, numbers, sizeof numbers), 0);
    free(values);
    assert_int(flx_hdf5_read_integers(reader, "/g/wide", 1, two, &integers, &error),
               FLX_OK);
    assert_int(memcmp(integers, wide, sizeof wide), 0);
    free(integers);
    assert_int(flx_hdf5_read_integers(reader, "/g/narrow", 1, two, &integers, &error),
               FLX_OK);
    assert_int((long)integers[0], INT32_MIN);
    free(integers);
    assert_int(flx_hdf5_read_bytes(reader, "bytes", 3, &raw, &error), FLX_OK);
    assert_int(memcmp(raw, bytes, sizeof bytes), 0);
    free(raw);
    assert_int(flx_hdf5_read_strings(reader, "texts", &n, &strings, &error), FLX_OK);
    assert_text(strings[0], "");
    assert_text(strings[1], texts[1]);
    flx_hdf5_free_strings(strings, n);
    assert_int(flx_hdf5_get_text(reader, "/", "title", true, &title, &error), FLX_OK);
    assert_text(title, "a title");
    free(title);
    assert_int(flx_hdf5_get_integer(reader, "/g", "count", true, &count, &error), FLX_OK);
    assert_int((long)count, -3);
    assert_int(flx_hdf5_get_number(reader, "/g", "share", true, &share, &error), FLX_OK);
    assert_close(share, 0.1, 0, 0);
    flx_hdf5_close(reader);
    scratch_end();
}

static size_t read_bytes(const char *path, char **out)
{
    FILE *file = fopen(path, "rb");
    enum { SIZE = 1 << 16 };
    *out = malloc(SIZE);
    size_t length = file ? fread(*out, 1, SIZE, file) : 0;
    if (file)
        fclose(file);
    return length;
}

static void equal_content_gives_equal_bytes(void)
{
    scratch_begin();
    char *one, *other;
    assert_int(flx_hdf5_save(write_all(), scratch_path("a.h5"), NULL), FLX_OK);
    assert_int(flx_hdf5_save(write_all(), scratch_path("b.h5"), NULL), FLX_OK);
    size_t length = read_bytes(scratch_path("a.h5"), &one);
    assert_true(length > 1000);
    assert_true(read_bytes(scratch_path("b.h5"), &other) == length);
    assert_int(memcmp(one, other, length), 0);
    free(one);
    free(other);
    scratch_end();
}

static void a_large_dataset_is_compressed(void)
{
    enum { CELLS = 200000 };
    scratch_begin();
    char *image;
    double *zeros = calloc(CELLS, sizeof *zeros);
    flx_hdf5_writer *writer = flx_hdf5_create("some-format", 1);
    flx_hdf5_write_doubles(writer, "zeros", 1, (size_t[]){CELLS}, zeros);
    assert_int(flx_hdf5_save(writer, scratch_path("z.h5"), NULL), FLX_OK);
    assert_true(read_bytes(scratch_path("z.h5"), &image) < 20000);
    free(image);
    free(zeros);
    scratch_end();
}

static void the_first_failure_is_reported_when_saving(void)
{
    scratch_begin();
    flx_error error = {0};
    flx_hdf5_writer *writer = flx_hdf5_create("some-format", 1);
    flx_hdf5_write_doubles(writer, "twice", 1, (size_t[]){1}, numbers);
    flx_hdf5_write_doubles(writer, "twice", 1, (size_t[]){1}, numbers);
    flx_hdf5_make_group(writer, "/none/inside");
    flx_hdf5_write_doubles(writer, "later", 1, (size_t[]){1}, numbers);
    assert_int(flx_hdf5_save(writer, scratch_path("f.h5"), &error), FLX_IO_FAILED);
    assert_contains(error.message, "f.h5: twice cannot be written");
    assert_int(flx_hdf5_save(NULL, scratch_path("f.h5"), &error), FLX_NO_MEMORY);
    assert_int(scratch_count(), 0);
    flx_hdf5_discard(flx_hdf5_create("some-format", 1));
    flx_hdf5_discard(NULL);
    scratch_end();
}

CU_TestInfo hdf5_write_tests[] = {
    {"what was written is read", what_was_written_is_read},
    {"equal content gives equal bytes", equal_content_gives_equal_bytes},
    {"a large dataset is compressed", a_large_dataset_is_compressed},
    {"the first failure is reported when saving",
     the_first_failure_is_reported_when_saving},
    CU_TEST_INFO_NULL,
};
