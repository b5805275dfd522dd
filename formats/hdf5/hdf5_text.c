/* SPDX-License-Identifier: MIT
 * Texts and attributes of an HDF5 file: of fixed and of variable length, checked to be
 * UTF-8. */
#include "formats/hdf5/hdf5_read.h"

#include "formats/hdf5/hdf5_item.h"
#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 65536, MAX_STRINGS = 1 << 20 };

/* Length of the UTF-8 character at `text`, 0 where it is none. */
static int utf8_length(const unsigned char *text)
{
    static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (text[0] < 0x80)
        return 1;
    int length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    unsigned code = text[0] & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3Fu);
    }
    bool is_surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[length] || code > 0x10FFFF || is_surrogate ? 0 : length;
}

static bool is_good_text(const char *text)
{
    size_t length = strnlen(text, MAX_TEXT + 1), at = 0;
    while (at < length) {
        int step = utf8_length((const unsigned char *)text + at);
        if (step == 0)
            return false;
        at += (size_t)step;
    }
    return length <= MAX_TEXT;
}

static flx_status copy_text(const flx_hdf5_item *it, const char *text, char **out,
                            flx_error *error)
{
    if (!text)
        text = ""; /* a variable-length text that was never written */
    if (!is_good_text(text))
        return flx_hdf5_fail_item(it, error,
                                  "holds a text that is not UTF-8 or too long");
    return flx_copy_text(text, out, error);
}

/* Texts of one length, `width` bytes each with the NUL that HDF5 adds. */
static flx_status read_fixed(const flx_hdf5_item *it, hid_t memory_type, size_t count,
                             char **texts, flx_error *error)
{
    size_t width = H5Tget_size(memory_type);
    FLX_SCOPED char *raw = NULL;
    if (!FLX_NEW(raw, count * width))
        return flx_no_memory(error, "%zu texts of %s", count, it->reader->path);
    FLX_TRY(flx_hdf5_read_item(it, memory_type, raw, error));
    for (size_t i = 0; i < count; i++)
        FLX_TRY(copy_text(it, raw + i * width, &texts[i], error));
    return FLX_OK;
}

static flx_status read_variable(const flx_hdf5_item *it, hid_t memory_type, size_t count,
                                char **texts, flx_error *error)
{
    FLX_SCOPED char **raw = NULL;
    if (!FLX_NEW(raw, count))
        return flx_no_memory(error, "%zu texts of %s", count, it->reader->path);
    flx_status status = flx_hdf5_read_item(it, memory_type, raw, error);
    for (size_t i = 0; i < count && status == FLX_OK; i++)
        status = copy_text(it, raw[i], &texts[i], error);
    for (size_t i = 0; i < count; i++)
        H5free_memory(raw[i]);
    return status;
}

/* `texts` holds `count` NULLs on entry. */
static flx_status read_texts(const flx_hdf5_item *it, size_t count, char **texts,
                             flx_error *error)
{
    if (H5Tget_class(it->type) != H5T_STRING)
        return flx_hdf5_fail_item(it, error, "does not hold text");
    bool is_variable = H5Tis_variable_str(it->type) > 0;
    size_t width = is_variable ? H5T_VARIABLE : H5Tget_size(it->type) + 1;
    if (!is_variable && (width < 2 || width > MAX_TEXT || count > (1 << 30) / width))
        return flx_hdf5_fail_item(it, error, "holds texts that are too long");
    hid_t memory_type = H5Tcopy(H5T_C_S1);
    flx_status status = FLX_OK;
    if (memory_type < 0 || H5Tset_size(memory_type, width) < 0 ||
        H5Tset_cset(memory_type, H5Tget_cset(it->type)) < 0)
        status = flx_hdf5_fail_item(it, error, "holds text of an unknown kind");
    else if (is_variable)
        status = read_variable(it, memory_type, count, texts, error);
    else
        status = read_fixed(it, memory_type, count, texts, error);
    H5Tclose(memory_type);
    return status;
}

void flx_hdf5_free_strings(char **strings, size_t count)
{
    for (size_t i = 0; strings && i < count; i++)
        free(strings[i]);
    free(strings);
}

static flx_status read_strings(const flx_hdf5_reader *reader, const char *name,
                               size_t *count, char ***texts, flx_error *error)
{
    FLX_HDF5_SCOPED flx_hdf5_item it;
    size_t cells;
    FLX_TRY(flx_hdf5_open_dataset(reader, name, &it, error));
    FLX_TRY(flx_hdf5_check_shape(&it, 1, count, &cells, error));
    if (*count > MAX_STRINGS)
        return flx_hdf5_fail_item(&it, error, "holds more than 2^20 texts");
    if (!FLX_NEW(*texts, *count))
        return flx_no_memory(error, "%zu texts of %s", *count, reader->path);
    return read_texts(&it, *count, *texts, error);
}

flx_status flx_hdf5_read_strings(const flx_hdf5_reader *reader, const char *name,
                                 size_t *count, char ***out, flx_error *error)
{
    *out = NULL;
    flx_status status = read_strings(reader, name, count, out, error);
    if (status != FLX_OK) {
        flx_hdf5_free_strings(*out, *count);
        *out = NULL;
    }
    return status;
}

/* Leaves it->id invalid, without an error, where an optional attribute is absent. */
static flx_status open_attribute(const flx_hdf5_reader *reader, const char *object,
                                 const char *name, bool is_required, flx_hdf5_item *it,
                                 flx_error *error)
{
    *it = (flx_hdf5_item){
        reader,          name,           true, H5I_INVALID_HID, H5I_INVALID_HID,
        H5I_INVALID_HID, H5I_INVALID_HID};
    htri_t exists = H5Aexists_by_name(reader->file, object, name, reader->access);
    if (exists <= 0)
        return exists == 0 && !is_required ? FLX_OK
                                           : flx_hdf5_fail_item(it, error, "is missing");
    it->id = H5Aopen_by_name(reader->file, object, name, H5P_DEFAULT, reader->access);
    if (it->id < 0)
        return flx_hdf5_fail_item(it, error, "is damaged");
    it->type = H5Aget_type(it->id);
    it->space = H5Aget_space(it->id);
    if (it->type < 0 || it->space < 0)
        return flx_hdf5_fail_item(it, error, "is damaged");
    if (H5Sget_simple_extent_npoints(it->space) != 1)
        return flx_hdf5_fail_item(it, error, "is not one single value");
    return FLX_OK;
}

flx_status flx_hdf5_get_text(const flx_hdf5_reader *reader, const char *object,
                             const char *name, bool is_required, char **out,
                             flx_error *error)
{
    FLX_HDF5_SCOPED flx_hdf5_item it;
    FLX_TRY(open_attribute(reader, object, name, is_required, &it, error));
    return it.id < 0 ? FLX_OK : read_texts(&it, 1, out, error);
}

flx_status flx_hdf5_get_integer(const flx_hdf5_reader *reader, const char *object,
                                const char *name, bool is_required, int64_t *out,
                                flx_error *error)
{
    FLX_HDF5_SCOPED flx_hdf5_item it;
    FLX_TRY(open_attribute(reader, object, name, is_required, &it, error));
    if (it.id < 0)
        return FLX_OK;
    FLX_TRY(flx_hdf5_check_integer_type(&it, error));
    return flx_hdf5_read_item(&it, H5T_NATIVE_INT64, out, error);
}

flx_status flx_hdf5_get_number(const flx_hdf5_reader *reader, const char *object,
                               const char *name, bool is_required, double *out,
                               flx_error *error)
{
    FLX_HDF5_SCOPED flx_hdf5_item it;
    FLX_TRY(open_attribute(reader, object, name, is_required, &it, error));
    if (it.id < 0)
        return FLX_OK;
    H5T_class_t class = H5Tget_class(it.type);
    if (class != H5T_FLOAT && class != H5T_INTEGER)
        return flx_hdf5_fail_item(&it, error, "does not hold a number");
    FLX_TRY(class == H5T_FLOAT ? flx_hdf5_check_float_type(&it, error)
                               : flx_hdf5_check_integer_type(&it, error));
    return flx_hdf5_read_item(&it, H5T_NATIVE_DOUBLE, out, error);
}

flx_status flx_hdf5_check_format(const flx_hdf5_reader *reader, const char *format,
                                 int version, flx_error *error)
{
    FLX_SCOPED char *found = NULL;
    int64_t number = 0;
    FLX_TRY(flx_hdf5_get_text(reader, "/", "format", true, &found, error));
    if (strcmp(found, format) != 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: format is \"%.100s\", expected \"%s\"",
                        reader->path, found, format);
    FLX_TRY(flx_hdf5_get_integer(reader, "/", "version", true, &number, error));
    if (number != version)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: version is %lld, this program reads version %d",
                        reader->path, (long long)number, version);
    return FLX_OK;
}
