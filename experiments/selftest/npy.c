/* SPDX-License-Identifier: MIT
 * The header of a .npy file is one Python dictionary of three known keys, so it is
 * searched for them rather than parsed: a file in which they are spelled differently
 * is refused, never misread. */
#include "experiments/selftest/npy.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t max_bytes = (size_t)1 << 30;

/* Where the values begin, or 0 where the bytes are no .npy file. */
static size_t find_values(const unsigned char *bytes, size_t length)
{
    if (length < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3)
        return 0;
    size_t prefix = bytes[6] == 1 ? 10 : 12;
    size_t header = (size_t)bytes[8] + ((size_t)bytes[9] << 8);
    if (prefix == 12)
        header += ((size_t)bytes[10] << 16) + ((size_t)bytes[11] << 24);
    return header <= length - prefix ? prefix + header : 0;
}

/* One length of the shape, at least 1; moves *at past it and its comma. */
static bool take_length(const char **at, int *length)
{
    char *end;
    long value = strtol(*at, &end, 10);
    if (end == *at || value < 1 || value > INT_MAX)
        return false;
    *length = (int)value;
    *at = end + strspn(end, ", ");
    return true;
}

static bool read_shape(const char *header, flx_npy *array)
{
    const char *at = strstr(header, "'shape': (");
    if (!at)
        return false;
    at += strlen("'shape': (");
    array->columns = 1;
    return take_length(&at, &array->rows) &&
           (*at == ')' || (take_length(&at, &array->columns) && *at == ')'));
}

static flx_status read_header(const char *path, const char *header, flx_npy *array,
                              flx_error *error)
{
    if (!strstr(header, "'descr': '<f8'") || !strstr(header, "'fortran_order': False"))
        return flx_fail(error, FLX_BAD_INPUT, "%s: not little-endian float64 in C order",
                        path);
    if (!read_shape(header, array))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: the shape is not one of one or two lengths from 1 on", path);
    return FLX_OK;
}

static double decode(const unsigned char *bytes)
{
    uint64_t bits = 0;
    for (int i = 7; i >= 0; i--)
        bits = bits << 8 | bytes[i];
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static flx_status read_values(const char *path, const unsigned char *bytes, size_t length,
                              flx_npy *array, flx_error *error)
{
    size_t count = (size_t)array->rows * (size_t)array->columns;
    if (length % 8 != 0 || length / 8 != count)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: %zu bytes of values, but the shape says %d x %d of 8", path,
                        length, array->rows, array->columns);
    if (!FLX_NEW(array->values, count))
        return flx_no_memory(error, "%zu values of %s", count, path);
    for (size_t i = 0; i < count; i++)
        array->values[i] = decode(bytes + 8 * i);
    return FLX_OK;
}

static flx_status read_bytes(const char *path, const char *bytes, size_t length,
                             flx_npy *array, flx_error *error)
{
    size_t start = find_values((const unsigned char *)bytes, length);
    if (start == 0)
        return flx_fail(error, FLX_BAD_INPUT, "%s: not a complete .npy file", path);
    size_t prefix = bytes[6] == 1 ? 10 : 12;
    FLX_SCOPED char *header = strndup(bytes + prefix, start - prefix);
    if (!header)
        return flx_no_memory(error, "the header of %s", path);
    FLX_TRY(read_header(path, header, array, error));
    return read_values(path, (const unsigned char *)bytes + start, length - start, array,
                       error);
}

flx_status flx_npy_read(const char *path, flx_npy **out, flx_error *error)
{
    *out = NULL;
    FLX_SCOPED char *bytes = NULL;
    size_t length;
    FLX_TRY(flx_text_file_read(path, max_bytes, &bytes, &length, error));
    flx_npy *array;
    if (!FLX_NEW(array, 1))
        return flx_no_memory(error, "%s", path);
    flx_status status = read_bytes(path, bytes, length, array, error);
    if (status == FLX_OK)
        *out = array;
    else
        flx_npy_destroy(array);
    return status;
}

void flx_npy_destroy(flx_npy *array)
{
    if (!array)
        return;
    free(array->values);
    free(array);
}
