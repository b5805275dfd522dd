/* SPDX-License-Identifier: MIT
 * Every read goes open -> check_storage / check_shape -> read, and closes what it
 * opened in reverse order. Sizes are bounded by what the file stores: deflate expands
 * data at most 1032 times, so a small file cannot ask for all memory. */
#include "formats/hdf5/hdf5_read.h"

#include "formats/hdf5/hdf5_item.h"
#include "formats/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_INFLATION = 1100 };
static const hsize_t free_elements = 1 << 20, max_elements = (hsize_t)1 << 31;
static const hsize_t max_chunk_elements = (hsize_t)1 << 27;

static herr_t refuse_external_link(const char *parent_file, const char *parent_group,
                                   const char *child_file, const char *child_object,
                                   unsigned *flags, hid_t access, void *data)
{
    (void)parent_file, (void)parent_group, (void)child_file, (void)child_object;
    (void)flags, (void)access, (void)data;
    return -1;
}

static flx_status check_file(const char *path, flx_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: cannot be opened: %s", path,
                        strerror(errno));
    if (!S_ISREG(about.st_mode))
        return flx_fail(error, FLX_BAD_INPUT, "%s: is no file, an HDF5 file was expected",
                        path);
    if (H5Fis_hdf5(path) <= 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: is not an HDF5 file (or cannot be opened)", path);
    return FLX_OK;
}

flx_status flx_hdf5_open(const char *path, flx_hdf5_reader **out, flx_error *error)
{
    *out = NULL;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    FLX_TRY(check_file(path, error));
    flx_hdf5_reader *reader;
    if (!FLX_NEW(reader, 1))
        return flx_no_memory(error, "%s", path);
    *reader = (flx_hdf5_reader){H5I_INVALID_HID, H5I_INVALID_HID, strdup(path)};
    reader->access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_elink_cb(reader->access, refuse_external_link, NULL);
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(how, 0, 1);
    H5Pset_fclose_degree(how, H5F_CLOSE_STRONG);
    reader->file = H5Fopen(path, H5F_ACC_RDONLY, how);
    H5Pclose(how);
    if (reader->file < 0 || !reader->path) {
        flx_hdf5_close(reader);
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: is damaged: its HDF5 header does not fit (cut short?)",
                        path);
    }
    *out = reader;
    return FLX_OK;
}

void flx_hdf5_close(flx_hdf5_reader *reader)
{
    if (!reader)
        return;
    if (reader->file >= 0)
        H5Fclose(reader->file);
    if (reader->access >= 0)
        H5Pclose(reader->access);
    free(reader->path);
    free(reader);
}

const char *flx_hdf5_path(const flx_hdf5_reader *reader)
{
    return reader->path;
}

/* Asks level by level, as H5Lexists wants. A link that cannot be examined counts as
 * there: reading it then says what is wrong. */
bool flx_hdf5_has(const flx_hdf5_reader *reader, const char *name)
{
    char level[256];
    if (strlen(name) >= sizeof level)
        return false;
    for (const char *end = strchr(name + 1, '/');; end = strchr(end + 1, '/')) {
        size_t length = end ? (size_t)(end - name) : strlen(name);
        memcpy(level, name, length);
        level[length] = '\0';
        if (H5Lexists(reader->file, level, reader->access) == 0)
            return false;
        if (!end)
            return true;
    }
}

void flx_hdf5_close_item(flx_hdf5_item *it)
{
    if (it->plist >= 0)
        H5Pclose(it->plist);
    if (it->space >= 0)
        H5Sclose(it->space);
    if (it->type >= 0)
        H5Tclose(it->type);
    if (it->id >= 0 && it->is_attribute)
        H5Aclose(it->id);
    else if (it->id >= 0)
        H5Dclose(it->id);
}

flx_status flx_hdf5_fail_item(const flx_hdf5_item *it, flx_error *error, const char *what)
{
    return flx_fail(error, FLX_BAD_INPUT, "%s: %s %s %s", it->reader->path,
                    it->is_attribute ? "attribute" : "dataset", it->shown, what);
}

flx_status flx_hdf5_read_item(const flx_hdf5_item *it, hid_t memory_type, void *into,
                              flx_error *error)
{
    herr_t outcome = it->is_attribute ? H5Aread(it->id, memory_type, into)
                                      : H5Dread(it->id, memory_type, H5S_ALL, H5S_ALL,
                                                H5P_DEFAULT, into);
    return outcome >= 0
               ? FLX_OK
               : flx_hdf5_fail_item(it, error, "cannot be read: the file is damaged");
}

static flx_status check_layout(const flx_hdf5_item *it, flx_error *error)
{
    H5D_layout_t layout = H5Pget_layout(it->plist);
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED)
        return flx_hdf5_fail_item(it, error,
                                  "is stored in other files (virtual), which is refused");
    if (layout == H5D_CONTIGUOUS && H5Pget_external_count(it->plist) != 0)
        return flx_hdf5_fail_item(
            it, error, "is stored in other files (external), which is refused");
    hsize_t chunk[H5S_MAX_RANK], elements = 1;
    int rank = layout == H5D_CHUNKED ? H5Pget_chunk(it->plist, H5S_MAX_RANK, chunk) : 0;
    if (rank < 0 || rank > H5S_MAX_RANK)
        return flx_hdf5_fail_item(it, error, "has damaged chunks");
    for (int i = 0; i < rank; i++) {
        elements *= chunk[i];
        if (chunk[i] > max_chunk_elements || elements > max_chunk_elements)
            return flx_hdf5_fail_item(it, error, "has chunks of more than 2^27 cells");
    }
    return FLX_OK;
}

flx_status flx_hdf5_open_dataset(const flx_hdf5_reader *reader, const char *name,
                                 flx_hdf5_item *it, flx_error *error)
{
    *it = (flx_hdf5_item){
        reader,          name,           false, H5I_INVALID_HID, H5I_INVALID_HID,
        H5I_INVALID_HID, H5I_INVALID_HID};
    if (!flx_hdf5_has(reader, name))
        return flx_hdf5_fail_item(it, error, "is missing");
    it->id = H5Dopen2(reader->file, name, reader->access);
    if (it->id < 0)
        return flx_hdf5_fail_item(it, error, "is no dataset, or is damaged");
    it->type = H5Dget_type(it->id);
    it->space = H5Dget_space(it->id);
    it->plist = H5Dget_create_plist(it->id);
    if (it->type < 0 || it->space < 0 || it->plist < 0)
        return flx_hdf5_fail_item(it, error, "is damaged");
    return check_layout(it, error);
}

flx_status flx_hdf5_check_shape(const flx_hdf5_item *it, int rank, size_t *dims,
                                size_t *count, flx_error *error)
{
    H5S_class_t class = H5Sget_simple_extent_type(it->space);
    int found = H5Sget_simple_extent_ndims(it->space);
    if ((class != H5S_SIMPLE && class != H5S_SCALAR) || found != rank)
        return flx_fail(error, FLX_BAD_INPUT, "%s: dataset %s has rank %d, expected %d",
                        it->reader->path, it->shown, found < 0 ? 0 : found, rank);
    hsize_t size[H5S_MAX_RANK], total = 1;
    H5Sget_simple_extent_dims(it->space, size, NULL);
    for (int i = 0; i < rank; i++) {
        if (size[i] == 0 || (dims[i] != 0 && dims[i] != size[i])) {
            char expected[32] = "at least 1";
            if (dims[i] != 0)
                snprintf(expected, sizeof expected, "%zu", dims[i]);
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: dataset %s has %llu entries along dimension %d, "
                            "expected %s",
                            it->reader->path, it->shown, (unsigned long long)size[i], i,
                            expected);
        }
        if (size[i] > max_elements || total * size[i] > max_elements)
            return flx_hdf5_fail_item(it, error, "has more than 2^31 cells");
        total *= size[i];
        dims[i] = (size_t)size[i];
    }
    hsize_t stored = H5Dget_storage_size(it->id) / H5Tget_size(it->type);
    if (total > free_elements + MAX_INFLATION * stored)
        return flx_hdf5_fail_item(it, error,
                                  "claims far more cells than the file stores");
    *count = (size_t)total;
    return FLX_OK;
}

/* libhdf5 trusts the places of a number's bits and reads beside it where they are wrong.
 */
static bool has_bits_inside(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    size_t bits = H5Tget_precision(type);
    int offset = H5Tget_offset(type);
    if (offset < 0 || bits + (size_t)offset > 8 * H5Tget_size(type))
        return false;
    if (H5Tget_class(type) != H5T_FLOAT)
        return true;
    return H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa,
                         &mantissa_bits) >= 0 &&
           sign < bits && exponent + exponent_bits <= bits &&
           mantissa + mantissa_bits <= bits;
}

flx_status flx_hdf5_check_float_type(const flx_hdf5_item *it, flx_error *error)
{
    if (H5Tget_class(it->type) != H5T_FLOAT)
        return flx_hdf5_fail_item(it, error, "does not hold floating-point numbers");
    return has_bits_inside(it->type)
               ? FLX_OK
               : flx_hdf5_fail_item(it, error, "has a damaged type");
}

/* HDF5 would silently clamp what does not fit. */
flx_status flx_hdf5_check_integer_type(const flx_hdf5_item *it, flx_error *error)
{
    H5T_class_t class = H5Tget_class(it->type);
    if (class != H5T_INTEGER && class != H5T_ENUM)
        return flx_hdf5_fail_item(it, error, "does not hold integers");
    if (class == H5T_INTEGER && !has_bits_inside(it->type))
        return flx_hdf5_fail_item(it, error, "has a damaged type");
    bool is_wide = H5Tget_size(it->type) > 8;
    bool is_unsigned = class == H5T_INTEGER && H5Tget_sign(it->type) == H5T_SGN_NONE;
    if (is_wide || (is_unsigned && H5Tget_size(it->type) == 8))
        return flx_hdf5_fail_item(it, error,
                                  "holds integers that do not fit 64 bits with a sign");
    return FLX_OK;
}

typedef struct {
    const char *name;
    int rank;
    size_t *dims; /* as in flx_hdf5_read_doubles */
    hid_t memory_type;
} request;

/* Checks a dataset, then reads all of it. */
static flx_status read_dataset(const flx_hdf5_reader *reader, request wanted, void **out,
                               flx_error *error)
{
    FLX_HDF5_SCOPED flx_hdf5_item it;
    size_t count = 0, size = H5Tget_size(wanted.memory_type);
    FLX_TRY(flx_hdf5_open_dataset(reader, wanted.name, &it, error));
    FLX_TRY(H5Tget_class(wanted.memory_type) == H5T_FLOAT
                ? flx_hdf5_check_float_type(&it, error)
                : flx_hdf5_check_integer_type(&it, error));
    FLX_TRY(flx_hdf5_check_shape(&it, wanted.rank, wanted.dims, &count, error));
    FLX_SCOPED char *cells = malloc(count * size);
    if (!cells)
        return flx_no_memory(error, "%zu cells of %s in %s", count, wanted.name,
                             reader->path);
    FLX_TRY(flx_hdf5_read_item(&it, wanted.memory_type, cells, error));
    *out = cells;
    cells = NULL;
    return FLX_OK;
}

flx_status flx_hdf5_read_doubles(const flx_hdf5_reader *reader, const char *name,
                                 int rank, size_t *dims, double **out, flx_error *error)
{
    request wanted = {name, rank, dims, H5T_NATIVE_DOUBLE};
    void *cells = NULL;
    flx_status status = read_dataset(reader, wanted, &cells, error);
    *out = cells;
    return status;
}

flx_status flx_hdf5_read_integers(const flx_hdf5_reader *reader, const char *name,
                                  int rank, size_t *dims, int64_t **out, flx_error *error)
{
    request wanted = {name, rank, dims, H5T_NATIVE_INT64};
    void *cells = NULL;
    flx_status status = read_dataset(reader, wanted, &cells, error);
    *out = cells;
    return status;
}

flx_status flx_hdf5_read_bytes(const flx_hdf5_reader *reader, const char *name,
                               size_t count, unsigned char **out, flx_error *error)
{
    request wanted = {name, 1, &count, H5T_NATIVE_UCHAR};
    void *bytes = NULL;
    flx_status status = read_dataset(reader, wanted, &bytes, error);
    *out = bytes;
    return status;
}
