/* SPDX-License-Identifier: MIT */
#include "tests/formats/hdf5/recipe.h"

#include "formats/dataset/dataset.h"
#include "tests/close.h"

const double recipe_rows[4] = {1, 2, 3, 4};
const char *const recipe_names[2] = {"a:k", "b:p90"};
const char *const recipe_kinds[2] = {"knob", "metric"};

hdf5_recipe good_recipe(void)
{
    static const char *const units[] = {"MB", ""};
    return (hdf5_recipe){
        "fluxion-dataset", 1,     2, {2, 2}, H5T_NATIVE_DOUBLE, recipe_rows, recipe_names,
        recipe_kinds,      units, 2, 2};
}

hid_t variable_text(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    return type;
}

void put_texts(hid_t file, const char *name, hsize_t count, const char *const *texts)
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

void put_attribute(hid_t file, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, value);
    H5Aclose(attribute);
    H5Sclose(space);
}

hid_t write_recipe(const char *path, hdf5_recipe r)
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

flx_status read_table(const char *path, flx_error *error)
{
    flx_dataset *table;
    *error = (flx_error){0};
    flx_status status = flx_dataset_read(path, &table, error);
    assert_true((status == FLX_OK) == (table != NULL));
    flx_dataset_destroy(table);
    return status;
}
