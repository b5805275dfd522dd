/* SPDX-License-Identifier: MIT
 * Files of others: made with the HDF5 library itself, then bent, cut and damaged. */
#include "formats/dataset/dataset.h"
#include "formats/files/text_file.h"
#include "formats/hdf5/hdf5_read.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double two_rows[] = {1, 2, 3, 4};
static const char *const two_names[] = {"a:k", "b:p90"};
static const char *const two_kinds[] = {"knob", "metric"};

/* What a file of ours looks like, with one thing wrong at a time. NULL: left out. */
typedef struct {
    const char *format;
    int version, rank;
    hsize_t dims[3];
    hid_t value_type;
    const void *values;
    const char *const *names, *const *kinds, *const *units;
    hsize_t n_names, n_units;
} recipe;

static recipe good(void)
{
    static const char *const units[] = {"MB", ""};
    return (recipe){
        "fluxion-dataset", 1,     2, {2, 2}, H5T_NATIVE_DOUBLE, two_rows, two_names,
        two_kinds,         units, 2, 2};
}

static hid_t variable_text(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    return type;
}

static void put_texts(hid_t file, const char *name, hsize_t count,
                      const char *const *texts)
{
    if (!texts)
        return;
    hid_t type = variable_text(), space = H5Screate_simple(1, &count, NULL);
    hid_t set =
        H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_attribute(hid_t file, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, value);
    H5Aclose(attribute);
    H5Sclose(space);
}

/* Returns the open file, so that a test can add to it. */
static hid_t cook(const char *path, recipe r)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t text = variable_text();
    if (r.format)
        put_attribute(file, "format", text, &r.format);
    put_attribute(file, "version", H5T_NATIVE_INT, &r.version);
    H5Tclose(text);
    H5Gclose(H5Gcreate2(file, "columns", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put_texts(file, "columns/name", r.n_names, r.names);
    put_texts(file, "columns/kind", r.n_names, r.kinds);
    put_texts(file, "columns/unit", r.n_units, r.units);
    if (!r.values)
        return file;
    hid_t space = H5Screate_simple(r.rank, r.dims, NULL);
    hid_t set = H5Dcreate2(file, "values", r.value_type, space, H5P_DEFAULT, H5P_DEFAULT,
                           H5P_DEFAULT);
    H5Dwrite(set, r.value_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, r.values);
    H5Dclose(set);
    H5Sclose(space);
    return file;
}

static flx_status read_file(const char *path, flx_error *error)
{
    flx_dataset *table;
    *error = (flx_error){0};
    flx_status status = flx_dataset_read(path, &table, error);
    assert_true((status == FLX_OK) == (table != NULL));
    flx_dataset_destroy(table);
    return status;
}

static void assert_refused(recipe r, const char *message)
{
    flx_error error;
    const char *path = scratch_path("bad.h5");
    H5Fclose(cook(path, r));
    assert_int(read_file(path, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "bad.h5: ");
    assert_contains(error.message, message);
}

static void reads_variable_length_text(void)
{
    scratch_begin();
    flx_dataset *table;
    flx_error error = {0};
    const char *path = scratch_path("good.h5");
    H5Fclose(cook(path, good()));
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
    recipe r = good();
    flx_dataset *table;
    r.value_type = H5T_NATIVE_FLOAT;
    r.values = floats;
    H5Fclose(cook(scratch_path("float.h5"), r));
    assert_int(flx_dataset_read(scratch_path("float.h5"), &table, NULL), FLX_OK);
    assert_close(table->values[0], 1.5, 0, 0);
    assert_true(isnan(table->values[3]));
    flx_dataset_destroy(table);
    scratch_end();
}

static void names_what_is_wrong_with_the_header(void)
{
    scratch_begin();
    recipe r = good();
    r.format = "fluxion-model";
    assert_refused(r, "format is \"fluxion-model\", expected \"fluxion-dataset\"");
    r.format = NULL;
    assert_refused(r, "attribute format is missing");
    r = good();
    r.version = 2;
    assert_refused(r, "version is 2, this program reads version 1");
    scratch_end();
}

static void names_what_is_wrong_with_the_values(void)
{
    scratch_begin();
    static const int integers[] = {1, 2, 3, 4};
    static const double infinite[] = {1, 2, 3, HUGE_VAL};
    recipe r = good();
    r.values = NULL;
    assert_refused(r, "dataset /values is missing");
    r = good();
    r.rank = 1;
    assert_refused(r, "dataset /values has rank 1, expected 2");
    r.rank = 3;
    r.dims[2] = 1;
    assert_refused(r, "dataset /values has rank 3, expected 2");
    r = good();
    r.dims[0] = 0;
    assert_refused(
        r, "dataset /values has 0 entries along dimension 0, expected at least 1");
    r = good();
    r.value_type = H5T_NATIVE_INT;
    r.values = integers;
    assert_refused(r, "dataset /values does not hold floating-point numbers");
    r = good();
    r.values = infinite;
    assert_refused(r, "row 1 of column b:p90 is infinite");
    scratch_end();
}

static void names_what_is_wrong_with_the_columns(void)
{
    scratch_begin();
    static const char *const twice[] = {"a:k", "a:k"}, *const bare[] = {"a:k", "p90"};
    static const char *const latin[] = {"a:k", "\xe9:k"}, *const kinds[] = {"knob",
                                                                            "knobs"};
    recipe r = good();
    r.names = NULL;
    assert_refused(r, "dataset /columns/name is missing");
    r = good();
    r.n_names = 1;
    assert_refused(r, "/columns/name has 1 entries along dimension 0, expected 2");
    r = good();
    r.n_units = 1;
    assert_refused(r, "/columns/unit has 1 entries");
    r = good();
    r.names = twice;
    assert_refused(r, "two columns are named \"a:k\"");
    r.names = bare;
    assert_refused(r, "column 1 is named \"p90\", expected SERVICE:NAME");
    r.names = latin;
    assert_refused(r, "dataset /columns/name holds a text that is not UTF-8");
    r = good();
    r.kinds = kinds;
    assert_refused(
        r, "column 1 (b:p90) is of kind \"knobs\", expected knob, state or metric");
    scratch_end();
}

static void put_array(hid_t file, const char *name, hid_t type, hsize_t count,
                      const void *cells)
{
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set =
        H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells);
    H5Dclose(set);
    H5Sclose(space);
}

static void assert_array_refused(const char *name, hid_t type, hsize_t count,
                                 const void *cells, const char *message)
{
    flx_error error;
    hid_t file = cook(scratch_path("bad.h5"), good());
    put_array(file, name, type, count, cells);
    H5Fclose(file);
    assert_int(read_file(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void names_what_is_wrong_with_time_step_and_group(void)
{
    scratch_begin();
    static const double doubles[] = {1, 2};
    static const int64_t large[] = {1, (int64_t)1 << 40, 3};
    assert_array_refused("time", H5T_NATIVE_DOUBLE, 2, doubles,
                         "dataset /time does not hold integers");
    assert_array_refused("time", H5T_NATIVE_INT64, 3, large,
                         "/time has 3 entries along dimension 0, expected 2");
    assert_array_refused("group", H5T_NATIVE_UINT64, 2, large,
                         "/group holds integers that do not fit 64 bits");
    assert_array_refused("step", H5T_NATIVE_INT64, 2, large,
                         "/step of row 1 is 1099511627776, beyond 32 bits");
    scratch_end();
}

static void assert_attribute_refused(const char *name, hid_t type, const void *value,
                                     const char *message)
{
    flx_error error;
    hid_t file = cook(scratch_path("bad.h5"), good());
    put_attribute(file, name, type, value);
    H5Fclose(file);
    assert_int(read_file(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void names_what_is_wrong_with_attributes(void)
{
    scratch_begin();
    const int two = 2, less = -1;
    const double real = 1;
    assert_attribute_refused("simulated", H5T_NATIVE_INT, &two,
                             "attribute simulated is 2, expected 0 to 1");
    assert_attribute_refused("simulated", H5T_NATIVE_DOUBLE, &real,
                             "attribute simulated does not hold integers");
    assert_attribute_refused("counted_inputs", H5T_NATIVE_INT, &less,
                             "attribute counted_inputs is -1");
    assert_attribute_refused("system", H5T_NATIVE_INT, &two,
                             "attribute system does not hold text");
    scratch_end();
}

/* A small file may not ask for all memory: 2^40 cells never written, then a table that
 * only claims to be large. */
static void assert_dims_refused(hsize_t rows, hsize_t columns, const char *message)
{
    flx_error error;
    recipe r = good();
    r.values = NULL;
    hid_t file = cook(scratch_path("bad.h5"), r);
    hsize_t dims[2] = {rows, columns}, chunk[2] = {1, 1};
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, dims, NULL);
    H5Pset_chunk(plist, 2, chunk);
    H5Dclose(H5Dcreate2(file, "values", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plist,
                        H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int(read_file(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void refuses_tables_that_only_claim_to_be_large(void)
{
    scratch_begin();
    assert_dims_refused((hsize_t)1 << 32, (hsize_t)1 << 32, "more than 2^31 cells");
    assert_dims_refused((hsize_t)1 << 20, 1 << 10, "claims far more cells");
    scratch_end();
}

/* The file next door is not ours to read, whatever a link says. */
static void follows_no_link_out_of_the_file(void)
{
    scratch_begin();
    flx_error error;
    H5Fclose(cook(scratch_path("secret.h5"), good()));
    recipe r = good();
    r.values = NULL;
    hid_t file = cook(scratch_path("bad.h5"), r);
    H5Lcreate_external("secret.h5", "/values", file, "values", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_int(read_file(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "dataset /values is no dataset, or is damaged");
    file = cook(scratch_path("bad.h5"), r);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE),
          space = H5Screate_simple(2, r.dims, NULL);
    H5Pset_external(plist, "secret.h5", 0, 32);
    H5Dclose(H5Dcreate2(file, "values", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plist,
                        H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int(read_file(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is stored in other files");
    scratch_end();
}

static void names_what_is_no_file(void)
{
    scratch_begin();
    flx_error error;
    assert_int(read_file(scratch_path("absent.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "absent.h5: cannot be opened: No such file");
    assert_int(read_file(scratch_path("."), &error), FLX_BAD_INPUT);
    assert_contains(error.message, "is no file");
    assert_int(read_file(scratch_write("t.csv", "a:k,b:p90\n1,2\n"), &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "is not an HDF5 file");
    assert_int(read_file(scratch_write("empty.h5", ""), &error), FLX_BAD_INPUT);
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
    H5Fclose(cook(scratch_path("good.h5"), good()));
    assert_int(
        flx_text_file_read(scratch_path("good.h5"), 1 << 20, &bytes, &length, NULL),
        FLX_OK);
    for (size_t cut = 0; cut < length; cut += cut < 600 ? 1 : 37) {
        write_bytes(scratch_path("cut.h5"), bytes, cut);
        refused += read_file(scratch_path("cut.h5"), &error) == FLX_BAD_INPUT;
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
    H5Fclose(cook(scratch_path("good.h5"), good()));
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
        read_file(scratch_path("bent.h5"), &error);
        free(bent);
    }
    free(bytes);
    scratch_end();
}

CU_TestInfo hdf5_read_tests[] = {
    {"reads variable-length text", reads_variable_length_text},
    {"reads single precision", reads_single_precision},
    {"names what is wrong with the header", names_what_is_wrong_with_the_header},
    {"names what is wrong with the values", names_what_is_wrong_with_the_values},
    {"names what is wrong with the columns", names_what_is_wrong_with_the_columns},
    {"names what is wrong with time, step and group",
     names_what_is_wrong_with_time_step_and_group},
    {"names what is wrong with attributes", names_what_is_wrong_with_attributes},
    {"refuses tables that only claim to be large",
     refuses_tables_that_only_claim_to_be_large},
    {"follows no link out of the file", follows_no_link_out_of_the_file},
    {"names what is no file", names_what_is_no_file},
    {"refuses a file cut short anywhere", refuses_a_file_cut_short_anywhere},
    {"survives damaged bytes", survives_damaged_bytes},
    CU_TEST_INFO_NULL,
};
