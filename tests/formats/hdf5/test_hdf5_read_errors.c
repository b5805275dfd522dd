/* SPDX-License-Identifier: MIT
 * Files with one thing wrong: each is named. */

#include "tests/close.h"
#include "tests/formats/hdf5/recipe.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <hdf5.h>

static void assert_refused(hdf5_recipe r, const char *message)
{
    flx_error error;
    const char *path = scratch_path("bad.h5");
    H5Fclose(write_recipe(path, r));
    assert_int(read_table(path, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "bad.h5: ");
    assert_contains(error.message, message);
}

static void names_what_is_wrong_with_the_header(void)
{
    scratch_begin();
    hdf5_recipe r = good_recipe();
    r.format = "fluxion-model";
    assert_refused(r, "format is \"fluxion-model\", expected \"fluxion-dataset\"");
    r.format = NULL;
    assert_refused(r, "attribute format is missing");
    r = good_recipe();
    r.version = 2;
    assert_refused(r, "version is 2, this program reads version 1");
    scratch_end();
}

static void names_what_is_wrong_with_the_values(void)
{
    scratch_begin();
    static const int integers[] = {1, 2, 3, 4};
    static const double infinite[] = {1, 2, 3, HUGE_VAL};
    hdf5_recipe r = good_recipe();
    r.values = NULL;
    assert_refused(r, "dataset /values is missing");
    r = good_recipe();
    r.rank = 1;
    assert_refused(r, "dataset /values has rank 1, expected 2");
    r.rank = 3;
    r.dims[2] = 1;
    assert_refused(r, "dataset /values has rank 3, expected 2");
    r = good_recipe();
    r.dims[0] = 0;
    assert_refused(
        r, "dataset /values has 0 entries along dimension 0, expected at least 1");
    r = good_recipe();
    r.value_type = H5T_NATIVE_INT;
    r.values = integers;
    assert_refused(r, "dataset /values does not hold floating-point numbers");
    r = good_recipe();
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
    hdf5_recipe r = good_recipe();
    r.names = NULL;
    assert_refused(r, "dataset /columns/name is missing");
    r = good_recipe();
    r.n_names = 1;
    assert_refused(r, "/columns/name has 1 entries along dimension 0, expected 2");
    r = good_recipe();
    r.n_units = 1;
    assert_refused(r, "/columns/unit has 1 entries");
    r = good_recipe();
    r.names = twice;
    assert_refused(r, "two columns are named \"a:k\"");
    r.names = bare;
    assert_refused(r, "column 1 is named \"p90\", expected SERVICE:NAME");
    r.names = latin;
    assert_refused(r, "dataset /columns/name holds a text that is not UTF-8");
    r = good_recipe();
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
    hid_t file = write_recipe(scratch_path("bad.h5"), good_recipe());
    put_array(file, name, type, count, cells);
    H5Fclose(file);
    assert_int(read_table(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
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
    hid_t file = write_recipe(scratch_path("bad.h5"), good_recipe());
    put_attribute(file, name, type, value);
    H5Fclose(file);
    assert_int(read_table(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
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
    hdf5_recipe r = good_recipe();
    r.values = NULL;
    hid_t file = write_recipe(scratch_path("bad.h5"), r);
    hsize_t dims[2] = {rows, columns}, chunk[2] = {1, 1};
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, dims, NULL);
    H5Pset_chunk(plist, 2, chunk);
    H5Dclose(H5Dcreate2(file, "values", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plist,
                        H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(plist);
    H5Fclose(file);
    assert_int(read_table(scratch_path("bad.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void refuses_tables_that_only_claim_to_be_large(void)
{
    scratch_begin();
    assert_dims_refused((hsize_t)1 << 32, (hsize_t)1 << 32, "more than 2^31 cells");
    assert_dims_refused((hsize_t)1 << 20, 1 << 10, "claims far more cells");
    scratch_end();
}

CU_TestInfo hdf5_read_errors_tests[] = {
    {"names what is wrong with the header", names_what_is_wrong_with_the_header},
    {"names what is wrong with the values", names_what_is_wrong_with_the_values},
    {"names what is wrong with the columns", names_what_is_wrong_with_the_columns},
    {"names what is wrong with time, step and group",
     names_what_is_wrong_with_time_step_and_group},
    {"names what is wrong with attributes", names_what_is_wrong_with_attributes},
    {"refuses tables that only claim to be large",
     refuses_tables_that_only_claim_to_be_large},
    CU_TEST_INFO_NULL,
};
