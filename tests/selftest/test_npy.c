/* SPDX-License-Identifier: MIT
 * .npy files made byte by byte: what is read, and what is refused by name. */
#include "experiments/selftest/npy.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Writes prefix, header and values; returns the path. */
static const char *write_npy(int major, const char *header, const double *values,
                             int count)
{
    const char *path = scratch_path("a.npy");
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t length = strlen(header);
    unsigned char prefix[12] = "\x93NUMPY";
    prefix[6] = (unsigned char)major;
    prefix[8] = (unsigned char)(length & 255);
    prefix[9] = (unsigned char)(length >> 8);
    fwrite(prefix, 1, major == 1 ? 10 : 12, file);
    fwrite(header, 1, length, file);
    fwrite(values, sizeof *values, (size_t)count, file);
    fclose(file);
    return path;
}

static const double six[6] = {1.5, -2, 1e300, 0, 0.1, -0.0};
#define F8 "{'descr': '<f8', 'fortran_order': False, 'shape': "

static void assert_reads(int major, const char *header, int rows, int columns)
{
    flx_error error = {0};
    flx_npy *array = NULL;
    assert_int(flx_npy_read(write_npy(major, header, six, 6), &array, &error), FLX_OK);
    if (array) {
        assert_int(array->rows, rows);
        assert_int(array->columns, columns);
        assert_true(memcmp(array->values, six, sizeof six) == 0);
    }
    flx_npy_destroy(array);
}

static void reads_vectors_and_matrices(void)
{
    scratch_begin();
    assert_reads(1, F8 "(6,), }   \n", 6, 1);
    assert_reads(1, F8 "(2, 3), }\n", 2, 3);
    assert_reads(2, F8 "(3, 2), }\n", 3, 2);
    assert_reads(3, F8 "(6, 1), }\n", 6, 1);
    flx_npy_destroy(NULL);
    scratch_end();
}

static void assert_refused(const char *path, const char *part)
{
    flx_error error = {0};
    flx_npy *array = (flx_npy *)&error;
    assert_int(flx_npy_read(path, &array, &error), FLX_BAD_INPUT);
    assert_true(array == NULL);
    assert_contains(error.message, path);
    assert_contains(error.message, part);
}

static void refuses_other_types_and_shapes(void)
{
    scratch_begin();
    assert_refused(
        write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", six, 3),
        "float64");
    assert_refused(write_npy(1,
                             "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
                             six, 6),
                   "C order");
    assert_refused(write_npy(1, F8 "(), }", six, 1), "shape");
    assert_refused(write_npy(1, F8 "(0,), }", six, 0), "shape");
    assert_refused(write_npy(1, F8 "(-6,), }", six, 6), "shape");
    assert_refused(write_npy(1, F8 "(1, 2, 3), }", six, 6), "shape");
    assert_refused(write_npy(1, F8 "(99999999999,), }", six, 6), "shape");
    assert_refused(write_npy(1, F8 "(2", six, 6), "shape");
    scratch_end();
}

static void refuses_what_is_too_short_or_too_long(void)
{
    scratch_begin();
    assert_refused(write_npy(1, F8 "(2, 3), }", six, 5), "40 bytes of values");
    assert_refused(write_npy(1, F8 "(5,), }", six, 6), "48 bytes of values");
    assert_refused(write_npy(1, F8 "(2147483647, 2147483647), }", six, 6), "shape says");
    assert_refused(write_npy(9, F8 "(6,), }", six, 6), "not a complete .npy");
    assert_refused(scratch_write("b.npy", "\x93NUMPY\x01"), "not a complete .npy");
    assert_refused(scratch_write("c.npy", "name,value\n1,2\n"), "not a complete .npy");
    assert_refused(scratch_path("absent.npy"), "cannot be opened");
    scratch_end();
}

CU_TestInfo npy_tests[] = {
    {"reads vectors and matrices", reads_vectors_and_matrices},
    {"refuses other types and shapes", refuses_other_types_and_shapes},
    {"refuses what is too short or too long", refuses_what_is_too_short_or_too_long},
    CU_TEST_INFO_NULL,
};
