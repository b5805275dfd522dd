/* SPDX-License-Identifier: MIT */
#include "formats/files/checksum_trailer.h"
#include "formats/files/output.h"
#include "formats/hdf5/hdf5_read.h"
#include "formats/hdf5/hdf5_write.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static flx_status check(const char *bytes, size_t length, flx_error *error)
{
    assert_int(flx_output_write(scratch_path("file"), bytes, length, NULL), FLX_OK);
    return flx_checksum_trailer_check(scratch_path("file"), error);
}

/* SHA-256 of "abc": FIPS 180-4, example of one block. */
static void ends_a_file_with_its_checksum(void)
{
    scratch_begin();
    char file[3 + FLX_CHECKSUM_TRAILER_LENGTH + 1] = "abc";
    flx_checksum_trailer_make(file, 3, file + 3);
    assert_text(file,
                "abc\nfluxion-sha256 "
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    assert_int((long)strlen(file), 3 + FLX_CHECKSUM_TRAILER_LENGTH);
    assert_int(check(file, sizeof file - 1, NULL), FLX_OK);
    scratch_end();
}

/* Lengths around those of the pieces in which a file is read. */
static void is_checked_at_every_length(void)
{
    scratch_begin();
    enum { LONGEST = 50000 };
    char *file = calloc(LONGEST + FLX_CHECKSUM_TRAILER_LENGTH + 1, 1);
    for (int i = 0; i < LONGEST; i++)
        file[i] = (char)(i * 31 + i / 256);
    static const size_t lengths[] = {0,     1,     80,    81,    82,    16383,
                                     16384, 16385, 16465, 32768, 32849, LONGEST};
    char *copy = malloc(LONGEST + FLX_CHECKSUM_TRAILER_LENGTH + 1);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        size_t length = lengths[k];
        memcpy(copy, file, length);
        flx_checksum_trailer_make(copy, length, copy + length);
        assert_int(check(copy, length + FLX_CHECKSUM_TRAILER_LENGTH, NULL), FLX_OK);
    }
    free(copy);
    free(file);
    scratch_end();
}

/* As files of older programs: no trailer is fine, a wrong one is not. */
static void a_trailer_is_checked_if_there_is_one(void)
{
    flx_error error = {0};
    scratch_begin();
    char file[40 + FLX_CHECKSUM_TRAILER_LENGTH + 1] =
        "without a trailer, but long enough";
    assert_int(check(file, 120, NULL), FLX_BAD_INPUT);
    assert_int(flx_checksum_trailer_check_if_any(scratch_path("file"), &error), FLX_OK);
    flx_checksum_trailer_make(file, 40, file + 40);
    assert_int(check(file, sizeof file - 1, NULL), FLX_OK);
    assert_int(flx_checksum_trailer_check_if_any(scratch_path("file"), &error), FLX_OK);
    file[3] ^= 1;
    assert_int(check(file, sizeof file - 1, NULL), FLX_BAD_INPUT);
    assert_int(flx_checksum_trailer_check_if_any(scratch_path("file"), &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "does not give its checksum");
    scratch_end();
}

static void refuses_every_changed_byte(void)
{
    scratch_begin();
    enum { LENGTH = 40 };
    char file[LENGTH + FLX_CHECKSUM_TRAILER_LENGTH + 1] = "some bytes";
    flx_error error = {0};
    flx_checksum_trailer_make(file, LENGTH, file + LENGTH);
    for (size_t i = 0; i < sizeof file - 1; i++) {
        file[i] = (char)(file[i] ^ 1 << i % 8);
        assert_int(check(file, sizeof file - 1, &error), FLX_BAD_INPUT);
        assert_contains(error.message, "file is damaged");
        file[i] = (char)(file[i] ^ 1 << i % 8);
        assert_int(check(file, i, &error), FLX_BAD_INPUT);
        assert_contains(error.message, "cut short?");
    }
    assert_int(check(file, sizeof file, &error), FLX_BAD_INPUT); /* a byte too many */
    assert_int(check(file, sizeof file - 1, &error), FLX_OK);
    scratch_end();
}

static void names_a_file_that_cannot_be_read(void)
{
    scratch_begin();
    flx_error error = {0};
    assert_int(flx_checksum_trailer_check(scratch_path("absent"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "absent: cannot be opened");
    assert_int(flx_checksum_trailer_check(scratch_path("."), &error), FLX_IO_FAILED);
    assert_contains(error.message, "cannot be read");
    scratch_end();
}

static void is_nothing_to_hdf5(void)
{
    scratch_begin();
    const char *path = scratch_path("sealed.h5");
    const double numbers[3] = {1, 2, 4};
    flx_error error = {0};
    flx_hdf5_writer *writer = flx_hdf5_create("numbers", 1);
    flx_hdf5_write_doubles(writer, "x", 1, (size_t[]){3}, numbers);
    assert_int(flx_hdf5_save_with_trailer(writer, path, &error), FLX_OK);
    assert_int(flx_checksum_trailer_check(path, &error), FLX_OK);
    flx_hdf5_reader *reader = NULL;
    double *found = NULL;
    size_t dims[1] = {0};
    assert_int(flx_hdf5_open(path, &reader, &error), FLX_OK);
    assert_int(flx_hdf5_read_doubles(reader, "x", 1, dims, &found, &error), FLX_OK);
    assert_true(dims[0] == 3 && found && memcmp(found, numbers, sizeof numbers) == 0);
    free(found);
    flx_hdf5_close(reader);
    scratch_end();
}

CU_TestInfo checksum_trailer_tests[] = {
    {"a trailer is checked if there is one", a_trailer_is_checked_if_there_is_one},
    {"ends a file with its checksum", ends_a_file_with_its_checksum},
    {"is checked at every length", is_checked_at_every_length},
    {"refuses every changed byte", refuses_every_changed_byte},
    {"names a file that cannot be read", names_a_file_that_cannot_be_read},
    {"is nothing to HDF5", is_nothing_to_hdf5},
    CU_TEST_INFO_NULL,
};
