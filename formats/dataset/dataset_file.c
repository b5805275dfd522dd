/* SPDX-License-Identifier: MIT
 * A table as an HDF5 file: layout in formats/SCHEMA.md. */
#include "formats/dataset/dataset_file.h"

#include "formats/hdf5.h"
#include "formats/memory.h"
#include "formats/names.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "fluxion-dataset";
enum { FORMAT_VERSION = 1 };

/* A name must fit in a sentence and in a CSV header. */
static flx_status check_name(const char *path, int column, const char *name,
                             flx_error *error)
{
    if (flx_has_control(name))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: the name of column %d holds a control character", path,
                        column);
    const char *colon = strrchr(name, ':');
    if (!colon || colon == name || colon[1] == '\0')
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: column %d is named \"%.200s\", expected SERVICE:NAME", path,
                        column, name);
    return FLX_OK;
}

static flx_status check_distinct(const char *path, const char *const *names, size_t count,
                                 flx_error *error)
{
    const char *repeated;
    FLX_TRY(flx_find_repeat(names, count, &repeated, error));
    return repeated ? flx_fail(error, FLX_BAD_INPUT,
                               "%s: two columns are named \"%.200s\"", path, repeated)
                    : FLX_OK;
}

static bool read_kind(const char *text, flx_column_role *kind)
{
    for (int k = FLX_KNOB; k <= FLX_METRIC; k++)
        if (strcmp(text, flx_column_role_text((flx_column_role)k)) == 0) {
            *kind = (flx_column_role)k;
            return true;
        }
    return false;
}

static flx_status fill_columns(const char *path, char *const *names, char *const *kinds,
                               char *const *units, flx_dataset *table, flx_error *error)
{
    FLX_TRY(check_distinct(path, (const char *const *)names, (size_t)table->n_columns,
                           error));
    for (int j = 0; j < table->n_columns; j++) {
        flx_column_role kind;
        FLX_TRY(check_name(path, j, names[j], error));
        if (!read_kind(kinds[j], &kind))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: column %d (%.200s) is of kind \"%.40s\", expected knob, "
                            "state or metric",
                            path, j, names[j], kinds[j]);
        FLX_TRY(flx_dataset_name_column(table, j, names[j], kind, units[j], error));
    }
    return FLX_OK;
}

static flx_status read_columns(const flx_hdf5_reader *file, flx_dataset *table,
                               flx_error *error)
{
    char **names = NULL, **kinds = NULL, **units = NULL;
    size_t count = (size_t)table->n_columns;
    flx_status status =
        flx_hdf5_read_strings(file, "/columns/name", &count, &names, error);
    if (status == FLX_OK)
        status = flx_hdf5_read_strings(file, "/columns/kind", &count, &kinds, error);
    if (status == FLX_OK)
        status = flx_hdf5_read_strings(file, "/columns/unit", &count, &units, error);
    if (status == FLX_OK)
        status = fill_columns(flx_hdf5_path(file), names, kinds, units, table, error);
    flx_hdf5_free_strings(units, count);
    flx_hdf5_free_strings(kinds, count);
    flx_hdf5_free_strings(names, count);
    return status;
}

static flx_status check_values(const char *path, const flx_dataset *table,
                               flx_error *error)
{
    for (int i = 0; i < table->rows; i++)
        for (int j = 0; j < table->n_columns; j++) {
            double value =
                table->values[(size_t)i * (size_t)table->n_columns + (size_t)j];
            if (isinf(value))
                return flx_fail(error, FLX_BAD_INPUT,
                                "%s: row %d of column %s is infinite", path, i,
                                table->columns[j].name);
        }
    return FLX_OK;
}

/* An optional array of one integer a row. */
static flx_status read_per_row(const flx_hdf5_reader *file, const char *name, int rows,
                               int64_t **out, flx_error *error)
{
    size_t count = (size_t)rows;
    if (!flx_hdf5_has(file, name))
        return FLX_OK;
    return flx_hdf5_read_integers(file, name, 1, &count, out, error);
}

static flx_status read_steps(const flx_hdf5_reader *file, flx_dataset *table,
                             flx_error *error)
{
    FLX_SCOPED int64_t *wide = NULL;
    FLX_TRY(read_per_row(file, "/step", table->rows, &wide, error));
    if (!wide)
        return FLX_OK;
    if (!FLX_NEW(table->step, table->rows))
        return flx_no_memory(error, "the steps of %s", flx_hdf5_path(file));
    for (int i = 0; i < table->rows; i++) {
        if (wide[i] < INT32_MIN || wide[i] > INT32_MAX)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: /step of row %d is %lld, beyond 32 bits",
                            flx_hdf5_path(file), i, (long long)wide[i]);
        table->step[i] = (int32_t)wide[i];
    }
    return FLX_OK;
}

static flx_status read_optional_text(const flx_hdf5_reader *file, const char *name,
                                     char **text, flx_error *error)
{
    char *found = NULL;
    FLX_TRY(flx_hdf5_get_text(file, "/", name, false, &found, error));
    if (found) {
        free(*text);
        *text = found;
    }
    return FLX_OK;
}

static flx_status read_optional_count(const flx_hdf5_reader *file, const char *name,
                                      int max, int *out, flx_error *error)
{
    int64_t found = *out;
    FLX_TRY(flx_hdf5_get_integer(file, "/", name, false, &found, error));
    if (found < 0 || found > max)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: attribute %s is %lld, expected 0 to %d", flx_hdf5_path(file),
                        name, (long long)found, max);
    *out = (int)found;
    return FLX_OK;
}

static flx_status read_attributes(const flx_hdf5_reader *file, flx_dataset *table,
                                  flx_error *error)
{
    int simulated = 0;
    table->created[0] = '\0'; /* the file's date, not today's */
    FLX_TRY(read_optional_text(file, "system", &table->system, error));
    FLX_TRY(read_optional_text(file, "source", &table->source, error));
    FLX_TRY(read_optional_text(file, "created", &table->created, error));
    FLX_TRY(read_optional_count(file, "simulated", 1, &simulated, error));
    table->simulated = simulated == 1;
    FLX_TRY(read_optional_count(file, "counted_services", INT_MAX,
                                &table->counted_services, error));
    return read_optional_count(file, "counted_inputs", INT_MAX, &table->counted_inputs,
                               error);
}

static flx_status read_table(const flx_hdf5_reader *file, flx_dataset **out,
                             flx_error *error)
{
    size_t dims[2] = {0, 0};
    double *values;
    FLX_TRY(flx_hdf5_check_format(file, format_name, FORMAT_VERSION, error));
    FLX_TRY(flx_hdf5_read_doubles(file, "/values", 2, dims, &values, error));
    /* the reader accepts at most 2^31 cells, and each dimension is at least 1 */
    int rows = dims[0] > INT_MAX ? 0 : (int)dims[0];
    int columns = dims[1] > INT_MAX ? 0 : (int)dims[1];
    flx_status status = flx_dataset_create(rows, columns, out, error);
    if (status != FLX_OK) {
        free(values);
        return status;
    }
    free((*out)->values);
    (*out)->values = values;
    FLX_TRY(read_columns(file, *out, error));
    FLX_TRY(check_values(flx_hdf5_path(file), *out, error));
    FLX_TRY(read_per_row(file, "/time", rows, &(*out)->time, error));
    FLX_TRY(read_per_row(file, "/group", rows, &(*out)->group, error));
    FLX_TRY(read_steps(file, *out, error));
    return read_attributes(file, *out, error);
}

flx_status flx_dataset_read_here(const char *path, flx_dataset **out, flx_error *error)
{
    *out = NULL;
    flx_hdf5_reader *file;
    flx_dataset *table = NULL;
    FLX_TRY(flx_hdf5_open(path, &file, error));
    flx_status status = read_table(file, &table, error);
    flx_hdf5_close(file);
    if (status != FLX_OK) {
        flx_dataset_destroy(table);
        return status;
    }
    *out = table;
    return FLX_OK;
}

/* Refuses what could not be read back. */
static flx_status check_table(const flx_dataset *dataset, const char *path,
                              flx_error *error)
{
    for (int j = 0; j < dataset->n_columns; j++) {
        if (!dataset->columns[j].name)
            return flx_fail(error, FLX_BAD_INPUT, "%s: column %d has no name", path, j);
        FLX_TRY(check_name(path, j, dataset->columns[j].name, error));
    }
    return check_values(path, dataset, error);
}

static flx_status write_columns(const flx_dataset *dataset, flx_hdf5_writer *file,
                                const char *path, flx_error *error)
{
    size_t count = (size_t)dataset->n_columns;
    FLX_SCOPED const char **names = NULL, **kinds = NULL, **units = NULL;
    if (!FLX_NEW(names, count) || !FLX_NEW(kinds, count) || !FLX_NEW(units, count))
        return flx_no_memory(error, "the columns of %s", path);
    for (size_t j = 0; j < count; j++) {
        names[j] = dataset->columns[j].name;
        kinds[j] = flx_column_role_text(dataset->columns[j].kind);
        units[j] = dataset->columns[j].unit;
    }
    FLX_TRY(check_distinct(path, names, count, error));
    flx_hdf5_make_group(file, "/columns");
    flx_hdf5_write_strings(file, "/columns/name", count, names);
    flx_hdf5_write_strings(file, "/columns/kind", count, kinds);
    flx_hdf5_write_strings(file, "/columns/unit", count, units);
    return FLX_OK;
}

static void write_rows(const flx_dataset *dataset, flx_hdf5_writer *file)
{
    size_t dims[2] = {(size_t)dataset->rows, (size_t)dataset->n_columns};
    flx_hdf5_write_doubles(file, "/values", 2, dims, dataset->values);
    if (dataset->time)
        flx_hdf5_write_int64(file, "/time", 1, dims, dataset->time);
    if (dataset->step)
        flx_hdf5_write_int32(file, "/step", 1, dims, dataset->step);
    if (dataset->group)
        flx_hdf5_write_int64(file, "/group", 1, dims, dataset->group);
}

static void write_attributes(const flx_dataset *dataset, flx_hdf5_writer *file)
{
    flx_hdf5_put_text(file, "/", "system", dataset->system);
    flx_hdf5_put_text(file, "/", "source", dataset->source);
    flx_hdf5_put_text(file, "/", "created", dataset->created);
    flx_hdf5_put_integer(file, "/", "simulated", dataset->simulated);
    if (dataset->counted_services > 0)
        flx_hdf5_put_integer(file, "/", "counted_services", dataset->counted_services);
    if (dataset->counted_inputs > 0)
        flx_hdf5_put_integer(file, "/", "counted_inputs", dataset->counted_inputs);
}

flx_status flx_dataset_write(const flx_dataset *dataset, const char *path,
                             flx_error *error)
{
    FLX_TRY(check_table(dataset, path, error));
    flx_hdf5_writer *file = flx_hdf5_create(format_name, FORMAT_VERSION);
    flx_status status = write_columns(dataset, file, path, error);
    if (status != FLX_OK) {
        flx_hdf5_discard(file);
        return status;
    }
    write_rows(dataset, file);
    write_attributes(dataset, file);
    return flx_hdf5_save(file, path, error);
}
