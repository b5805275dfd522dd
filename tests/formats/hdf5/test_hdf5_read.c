/* SPDX-License-Identifier: MIT
 * Files of others: made with the HDF5 library itself, then bent, cut and damaged. */
#include "formats/dataset/dataset.h"
#include "formats/files/text_file.h"
#include "formats/hdf5/hdf5_read.h"
#include "formats/hdf5/hdf5_write.h"

#include "tests/close.h"
#include "tests/formats/hdf5/recipe.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reads_variable_length_text(void)
{
    scratch_begin();
    flx_dataset *table;
    flx_error error = {0};
    const char *path = scratch_path("good.h5");
    H5Fclose(write_recipe(path, good_recipe()));
    assert_int(flx_dataset_read(path, &table, &error), FLX_OK);
    assert_text(error.message, "");
    assert_text(table->columns[1].name, "b:p90");
    assert_close(table->values[2], 3, 0, 0);
    assert_text(table->created, "");
    flx_dataset_destroy(table);
    scratch_end();
}

static void reads_single_precision(void)
{
    scratch_begin();
    static const float floats[] = {1.5f, 2, 3, NAN};
    hdf5_recipe r = good_recipe();
    flx_dataset *table;
    r.value_type = H5T_NATIVE_FLOAT;
    r.values = floats;
    H5Fclose(write_recipe(scratch_path("float.h5"), r));
    assert_int(flx_dataset_read(scratch_path("float.h5"), &table, NULL), FLX_OK);
    assert_close(table->values[0], 1.5, 0, 0);
    assert_true(isnan(table->values[3]));
    flx_dataset_destroy(table);
    scratch_end();
}

/* The file next door is not ours to read, whatever a link says. */
static void follows_no_link_out_of_the_file(void)
{
    scratch_begin();
    flx_error error;
    H5Fclose(write_recipe(scratch_path("secret.h5"), good_recipe()));
    hdf5_recipe r = good_recipe();
    r.values = NULL;
    hid_t file = write_recipe(scratch_path("bad.h5"), r);
    H5Lcreate_external("secret.h5", "/values", file, "values", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_int(read_table(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "dataset /values is no dataset, or is damaged");
    file = write_recipe(scratch_path("bad.h5"), r);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE),
          space = H5Screate_simple(2, r.dims, NULL);
    H5Pset_external(plist, "secret.h5", 0, 32);
    H5Dclose(H5Dcreate2(file, "values", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plist,
                        H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int(read_table(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is stored in other files");
    scratch_end();
}

static void names_what_is_no_file(void)
{
    scratch_begin();
    flx_error error;
    assert_int(read_table(scratch_path("absent.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "absent.h5: cannot be opened: No such file");
    assert_int(read_table(scratch_path("."), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is no file");
    assert_int(read_table(scratch_write("t.csv", "a:k,b:p90\n1,2\n"), &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "is not an HDF5 file");
    assert_int(read_table(scratch_write("empty.h5", ""), &error), FLX_BAD_INPUT);
    scratch_end();
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_true(file && fwrite(bytes, 1, length, file) == length);
    fclose(file);
}

static void refuses_a_file_cut_short_anywhere(void)
{
    scratch_begin();
    char *bytes;
    size_t length, refused = 0, tried = 0;
    flx_error error;
    H5Fclose(write_recipe(scratch_path("good.h5"), good_recipe()));
    assert_int(
        flx_text_file_read(scratch_path("good.h5"), 1 << 20, &bytes, &length, NULL),
        FLX_OK);
    for (size_t cut = 0; cut < length; cut += cut < 600 ? 1 : 37) {
        write_bytes(scratch_path("cut.h5"), bytes, cut);
        refused += read_table(scratch_path("cut.h5"), &error) == FLX_BAD_INPUT;
        assert_true(error.message[0] != '\0');
        tried++;
    }
    assert_int((long)refused, (long)tried);
    free(bytes);
    scratch_end();
}

/* Damaged bytes may be noticed or not, but this process may not crash or hang: some of
 * these do crash libhdf5 1.10. */
static void survives_damaged_bytes(void)
{
    scratch_begin();
    char *bytes;
    size_t length;
    unsigned seed = 1;
    flx_error error;
    H5Fclose(write_recipe(scratch_path("good.h5"), good_recipe()));
    assert_int(
        flx_text_file_read(scratch_path("good.h5"), 1 << 20, &bytes, &length, NULL),
        FLX_OK);
    for (int round = 0; round < 150; round++) {
        char *bent = malloc(length);
        memcpy(bent, bytes, length);
        for (int flips = 0; flips < 1 + round % 4; flips++) {
            seed = seed * 1103515245u + 12345u;
            bent[(seed >> 8) % length] = (char)(seed >> 3);
        }
        write_bytes(scratch_path("bent.h5"), bent, length);
        read_table(scratch_path("bent.h5"), &error);
        free(bent);
    }
    free(bytes);
    scratch_end();
}

/* The place of the sign of 64-bit numbers, beyond their bits: libhdf5 would read there.
 */
static void numbers_of_a_damaged_type_are_refused(void)
{
    static const unsigned char type[] = {0x11, 0x20, 0x3f, 0x00, 0x08, 0x00, 0x00, 0x00};
    enum { SIZE = 1 << 16 };
    static char bytes[SIZE];
    const double one = 1;
    double number, *numbers;
    size_t dims[1] = {1};
    int damaged = 0;
    flx_error error = {0};
    flx_hdf5_reader *reader;
    scratch_begin();
    flx_hdf5_writer *writer = flx_hdf5_create("some-format", 1);
    flx_hdf5_put_number(writer, "/", "number", one);
    flx_hdf5_write_doubles(writer, "numbers", 1, dims, &one);
    assert_int(flx_hdf5_save(writer, scratch_path("a.h5"), &error), FLX_OK);
    FILE *file = fopen(scratch_path("a.h5"), "r+b");
    size_t length = fread(bytes, 1, SIZE, file);
    for (size_t at = 0; at + sizeof type < length; at++)
        if (memcmp(bytes + at, type, sizeof type) == 0) {
            bytes[at + 2] = 0x7f;
            damaged++;
        }
    assert_int(damaged, 2);
    rewind(file);
    assert_true(fwrite(bytes, 1, length, file) == length);
    fclose(file);
    assert_int(flx_hdf5_open(scratch_path("a.h5"), &reader, &error), FLX_OK);
    assert_int(flx_hdf5_get_number(reader, "/", "number", true, &number, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "attribute number has a damaged type");
    assert_int(flx_hdf5_read_doubles(reader, "numbers", 1, dims, &numbers, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "dataset numbers has a damaged type");
    flx_hdf5_close(reader);
    scratch_end();
}

CU_TestInfo hdf5_read_tests[] = {
    {"reads variable-length text", reads_variable_length_text},
    {"reads single precision", reads_single_precision},
    {"follows no link out of the file", follows_no_link_out_of_the_file},
    {"names what is no file", names_what_is_no_file},
    {"refuses a file cut short anywhere", refuses_a_file_cut_short_anywhere},
    {"survives damaged bytes", survives_damaged_bytes},
    {"numbers of a damaged type are refused", numbers_of_a_damaged_type_are_refused},
    CU_TEST_INFO_NULL,
};
