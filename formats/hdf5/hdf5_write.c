/* SPDX-License-Identifier: MIT
 * HDF5's memory driver without a file behind it; at the end its image is written as
 * plain bytes by formats/files/output.h. */
#include "formats/hdf5/hdf5_write.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_CELLS = 131072, DEFLATE_LEVEL = 4, SMALL = 64 };

struct flx_hdf5_writer {
    hid_t file;
    char failed[128]; /* the first object that could not be written, or "" */
};

static void record_failure(flx_hdf5_writer *writer, const char *name)
{
    if (!writer->failed[0])
        snprintf(writer->failed, sizeof writer->failed, "%s", name);
}

static bool is_usable(const flx_hdf5_writer *writer)
{
    return writer && !writer->failed[0];
}

flx_hdf5_writer *flx_hdf5_create(const char *format, int version)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    flx_hdf5_writer *writer;
    if (!FLX_NEW(writer, 1))
        return NULL;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fapl_core(access, 1 << 20, 0);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_obj_track_times(create, 0);
    writer->file = H5Fcreate("fluxion.h5", H5F_ACC_TRUNC, create, access);
    if (writer->file < 0)
        record_failure(writer, "/");
    flx_hdf5_put_text(writer, "/", "format", format);
    flx_hdf5_put_integer(writer, "/", "version", version);
    H5Pclose(create);
    H5Pclose(access);
    return writer;
}

void flx_hdf5_discard(flx_hdf5_writer *writer)
{
    if (!writer)
        return;
    if (writer->file >= 0)
        H5Fclose(writer->file);
    free(writer);
}

void flx_hdf5_make_group(flx_hdf5_writer *writer, const char *name)
{
    if (!is_usable(writer))
        return;
    hid_t how = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(how, 0);
    hid_t group = H5Gcreate2(writer->file, name, H5P_DEFAULT, how, H5P_DEFAULT);
    if (group < 0)
        record_failure(writer, name);
    else
        H5Gclose(group);
    H5Pclose(how);
}

/* Chunks of about a megabyte that run along the last dimensions; small data are not
 * chunked. */
static void set_chunks(hid_t plist, int rank, const hsize_t *dims)
{
    hsize_t chunk[H5S_MAX_RANK], room = CHUNK_CELLS, cells = 1;
    for (int i = 0; i < rank; i++)
        cells *= dims[i];
    if (cells < SMALL)
        return;
    for (int i = rank - 1; i >= 0; i--) {
        chunk[i] = dims[i] < room ? dims[i] : room;
        room /= chunk[i];
    }
    H5Pset_chunk(plist, rank, chunk);
    H5Pset_shuffle(plist);
    H5Pset_deflate(plist, DEFLATE_LEVEL);
}

static void write_dataset(flx_hdf5_writer *writer, const char *name, int rank,
                          const size_t *dims, hid_t file_type, hid_t memory_type,
                          const void *data)
{
    if (!is_usable(writer))
        return;
    hsize_t size[H5S_MAX_RANK] = {1};
    for (int i = 0; i < rank; i++)
        size[i] = dims[i];
    hid_t space = rank ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plist, 0);
    if (rank)
        set_chunks(plist, rank, size);
    hid_t set =
        H5Dcreate2(writer->file, name, file_type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        record_failure(writer, name);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(plist);
    if (space >= 0)
        H5Sclose(space);
}

void flx_hdf5_write_doubles(flx_hdf5_writer *writer, const char *name, int rank,
                            const size_t *dims, const double *data)
{
    write_dataset(writer, name, rank, dims, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, data);
}

void flx_hdf5_write_int64(flx_hdf5_writer *writer, const char *name, int rank,
                          const size_t *dims, const int64_t *data)
{
    write_dataset(writer, name, rank, dims, H5T_STD_I64LE, H5T_NATIVE_INT64, data);
}

void flx_hdf5_write_int32(flx_hdf5_writer *writer, const char *name, int rank,
                          const size_t *dims, const int32_t *data)
{
    write_dataset(writer, name, rank, dims, H5T_STD_I32LE, H5T_NATIVE_INT32, data);
}

void flx_hdf5_write_bytes(flx_hdf5_writer *writer, const char *name, size_t count,
                          const unsigned char *data)
{
    write_dataset(writer, name, 1, &count, H5T_STD_U8LE, H5T_NATIVE_UCHAR, data);
}

static hid_t text_type(size_t width)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, width) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

void flx_hdf5_write_strings(flx_hdf5_writer *writer, const char *name, size_t count,
                            const char *const *strings)
{
    if (!is_usable(writer))
        return;
    size_t width = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(strings[i]) + 1 > width)
            width = strlen(strings[i]) + 1;
    FLX_SCOPED char *cells = flx_allocate(count, width);
    hid_t type = text_type(width);
    if (cells && type >= 0) {
        for (size_t i = 0; i < count; i++)
            memcpy(cells + i * width, strings[i], strlen(strings[i]));
        write_dataset(writer, name, 1, &count, type, type, cells);
    } else {
        record_failure(writer, name);
    }
    if (type >= 0)
        H5Tclose(type);
}

static void put_attribute(flx_hdf5_writer *writer, const char *object, const char *name,
                          hid_t file_type, hid_t memory_type, const void *value)
{
    if (!is_usable(writer))
        return;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate_by_name(writer->file, object, name, file_type, space,
                                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0)
        record_failure(writer, name);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
}

void flx_hdf5_put_text(flx_hdf5_writer *writer, const char *object, const char *name,
                       const char *text)
{
    /* of variable length: h5py then gives text and not bytes */
    hid_t type = text_type(H5T_VARIABLE);
    put_attribute(writer, object, name, type, type, &text);
    if (type >= 0)
        H5Tclose(type);
}

void flx_hdf5_put_integer(flx_hdf5_writer *writer, const char *object, const char *name,
                          int64_t value)
{
    put_attribute(writer, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

void flx_hdf5_put_number(flx_hdf5_writer *writer, const char *object, const char *name,
                         double value)
{
    put_attribute(writer, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

/* The whole file as bytes, with room for a checksum trailer behind them; or NULL. */
static char *take_image(const flx_hdf5_writer *writer, size_t *length)
{
    if (H5Fflush(writer->file, H5F_SCOPE_GLOBAL) < 0)
        return NULL;
    ssize_t needed = H5Fget_file_image(writer->file, NULL, 0);
    char *image =
        needed > 0 ? malloc((size_t)needed + FLX_CHECKSUM_TRAILER_LENGTH + 1) : NULL;
    if (image && H5Fget_file_image(writer->file, image, (size_t)needed) != needed) {
        free(image);
        return NULL;
    }
    *length = image ? (size_t)needed : 0;
    return image;
}

static flx_status save(const flx_hdf5_writer *writer, const char *path, bool is_sealed,
                       flx_error *error)
{
    if (!writer)
        return flx_no_memory(error, "the file %s", path);
    if (writer->failed[0])
        return flx_fail(error, FLX_IO_FAILED, "%s: %s cannot be written", path,
                        writer->failed);
    size_t length = 0;
    FLX_SCOPED char *image = take_image(writer, &length);
    if (!image)
        return flx_no_memory(error, "the file %s", path);
    if (is_sealed) {
        flx_checksum_trailer_make(image, length, image + length);
        length += FLX_CHECKSUM_TRAILER_LENGTH;
    }
    return flx_output_write(path, image, length, error);
}

flx_status flx_hdf5_save(flx_hdf5_writer *writer, const char *path, flx_error *error)
{
    flx_status status = save(writer, path, false, error);
    flx_hdf5_discard(writer);
    return status;
}

flx_status flx_hdf5_save_with_trailer(flx_hdf5_writer *writer, const char *path,
                                      flx_error *error)
{
    flx_status status = save(writer, path, true, error);
    flx_hdf5_discard(writer);
    return status;
}
