/* SPDX-License-Identifier: MIT
 * A predictor as an HDF5 file: layout in formats/SCHEMA.md. */
#include "formats/predictor/predictor_parts.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <math.h>
#include <string.h>

enum { VERSION = 3 };

flx_hdf5_writer *flx_predictor_put(const flx_predictor *predictor)
{
    char digest[65];
    size_t features = (size_t)predictor->n_features, n = (size_t)predictor->n;
    FLX_SCOPED double *table = NULL;
    if (!FLX_NEW(table, features * FLX_FEATURE_FIELDS))
        return NULL;
    for (size_t i = 0; i < features; i++)
        flx_predictor_list_feature(&predictor->features[i],
                                   table + i * FLX_FEATURE_FIELDS);
    flx_predictor_digest(predictor, digest);
    flx_hdf5_writer *writer = flx_hdf5_create(FLX_PREDICTOR_FORMAT, VERSION);
    flx_hdf5_put_text(writer, "/", "kind", flx_predictor_kind_text(predictor->kind));
    flx_hdf5_put_text(writer, "/", "digest", digest);
    flx_hdf5_put_number(writer, "/", "lml", predictor->lml);
    flx_hdf5_put_number(writer, "/", "loo_mae", predictor->loo_mae);
    for (int i = 1; i < FLX_PREDICTOR_SCALARS; i++) {
        double value = flx_predictor_get_scalar(predictor, i);
        const char *name = flx_predictor_scalars[i].name;
        if (flx_predictor_scalars[i].type == FLX_REAL_SCALAR)
            flx_hdf5_put_number(writer, "/", name, value);
        else
            flx_hdf5_put_integer(writer, "/", name, (int64_t)value);
    }
    if (features)
        flx_hdf5_write_doubles(writer, "features", 2,
                               (size_t[]){features, FLX_FEATURE_FIELDS}, table);
    if (predictor->kind == FLX_PREDICTOR_GP) {
        if (flx_predictor_names_covariance(predictor))
            flx_hdf5_put_text(writer, "/", "covariance",
                              flx_covariance_words[predictor->covariance]);
        flx_hdf5_write_doubles(writer, "X", 2, (size_t[]){n, features}, predictor->X);
        flx_hdf5_write_doubles(writer, "y", 1, (size_t[]){n}, predictor->y);
        flx_hdf5_write_doubles(writer, "theta", 1, (size_t[]){(size_t)predictor->n_theta},
                               predictor->theta);
    }
    if (predictor->n_parameters)
        flx_hdf5_write_doubles(writer, "parameters", 1,
                               (size_t[]){predictor->n_parameters},
                               predictor->parameters);
    if (predictor->n_bytes)
        flx_hdf5_write_bytes(writer, "bytes", predictor->n_bytes, predictor->bytes);
    return writer;
}

flx_status flx_predictor_write(const flx_predictor *predictor, const char *path,
                               flx_error *error)
{
    return flx_hdf5_save_with_trailer(flx_predictor_put(predictor), path, error);
}

/* False where a number cannot have that value. */
static bool set_scalar(flx_predictor *p, const flx_predictor_scalar *scalar, double value)
{
    void *member = (char *)p + scalar->offset;
    if (scalar->type != FLX_REAL_SCALAR &&
        !(value >= 0 && value <= scalar->largest && value == floor(value)))
        return false;
    if (scalar->type == FLX_FLAG_SCALAR)
        *(bool *)member = value != 0;
    else if (scalar->type == FLX_COUNT_SCALAR)
        *(int *)member = (int)value;
    else if (scalar->type == FLX_LENGTH_SCALAR)
        *(size_t *)member = (size_t)value;
    else
        *(double *)member = value;
    return true;
}

/* Whether the numbers fit each other. */
static bool fits_together(const flx_predictor *p)
{
    int scales = p->is_isotropic ? 1 : p->n_features;
    if (p->n_metrics > p->n_features)
        return false;
    return p->kind != FLX_PREDICTOR_GP ||
           (p->n >= 2 && p->n_features >= 1 && p->n_theta == scales + 2 &&
            isfinite(p->y_mean) && isfinite(p->y_sd) && p->y_sd > 0 &&
            isfinite(p->jitter) && p->jitter >= 0);
}

/* Version 2 had the numbers without names, in one dataset. */
static flx_status read_unnamed(const flx_hdf5_reader *reader,
                               double values[FLX_PREDICTOR_SCALARS], flx_error *error)
{
    FLX_SCOPED double *row = NULL;
    FLX_TRY(flx_hdf5_check_format(reader, FLX_PREDICTOR_FORMAT, VERSION - 1, error));
    FLX_TRY(flx_hdf5_read_doubles(reader, "scalars", 1, (size_t[]){FLX_PREDICTOR_SCALARS},
                                  &row, error));
    memcpy(values, row, FLX_PREDICTOR_SCALARS * sizeof *values);
    return FLX_OK;
}

static flx_status read_named(const flx_hdf5_reader *reader,
                             double values[FLX_PREDICTOR_SCALARS], flx_error *error)
{
    FLX_SCOPED char *kind = NULL;
    FLX_TRY(flx_hdf5_check_format(reader, FLX_PREDICTOR_FORMAT, VERSION, error));
    FLX_TRY(flx_hdf5_get_text(reader, "/", "kind", true, &kind, error));
    values[0] = 0;
    while (values[0] < FLX_PREDICTOR_KINDS &&
           strcmp(kind, flx_predictor_kind_text((flx_predictor_kind)values[0])) != 0)
        values[0]++;
    for (int i = 1; i < FLX_PREDICTOR_SCALARS; i++)
        FLX_TRY(flx_hdf5_get_number(reader, "/", flx_predictor_scalars[i].name, true,
                                    &values[i], error));
    return FLX_OK;
}

static flx_status read_scalars(const flx_hdf5_reader *reader, flx_predictor *p,
                               flx_error *error)
{
    double values[FLX_PREDICTOR_SCALARS];
    bool is_good = true;
    FLX_TRY(flx_hdf5_has(reader, "scalars") ? read_unnamed(reader, values, error)
                                            : read_named(reader, values, error));
    for (int i = 0; i < FLX_PREDICTOR_SCALARS; i++)
        is_good = is_good && set_scalar(p, &flx_predictor_scalars[i], values[i]);
    if (is_good && fits_together(p))
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT, "%s: the scalars make no sense",
                    flx_hdf5_path(reader));
}

static flx_status read_features(const flx_hdf5_reader *reader, flx_predictor *p,
                                flx_error *error)
{
    if (p->n_features == 0)
        return FLX_OK;
    FLX_SCOPED double *table = NULL;
    size_t dims[2] = {(size_t)p->n_features, FLX_FEATURE_FIELDS};
    FLX_TRY(flx_hdf5_read_doubles(reader, "features", 2, dims, &table, error));
    if (!FLX_NEW(p->features, dims[0]))
        return flx_no_memory(error, "the features of %s", flx_hdf5_path(reader));
    for (size_t i = 0; i < dims[0]; i++) {
        const double *row = table + i * FLX_FEATURE_FIELDS;
        if (!(row[0] >= 0 && row[0] < p->n_inputs && row[0] == floor(row[0])))
            return flx_fail(error, FLX_BAD_INPUT, "%s: the features make no sense",
                            flx_hdf5_path(reader));
        p->features[i] = (flx_feature){(int)row[0], row[1] != 0, row[2] != 0, row[3],
                                       row[4],      row[5],      row[6],      row[7]};
    }
    return FLX_OK;
}

static flx_status read_covariance(const flx_hdf5_reader *reader, flx_predictor *p,
                                  flx_error *error)
{
    FLX_SCOPED char *name = NULL;
    FLX_TRY(flx_hdf5_get_text(reader, "/", "covariance", false, &name, error));
    int found = name ? flx_covariance_find(name) : FLX_MATERN52;
    if (found < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: no covariance function is called \"%s\"",
                        flx_hdf5_path(reader), name);
    p->covariance = (flx_covariance)found;
    return FLX_OK;
}

static flx_status read_points(const flx_hdf5_reader *reader, flx_predictor *p,
                              flx_error *error)
{
    if (p->kind != FLX_PREDICTOR_GP)
        return FLX_OK;
    size_t shape[2] = {(size_t)p->n, (size_t)p->n_features};
    size_t rows[1] = {(size_t)p->n}, size[1] = {(size_t)p->n_theta};
    FLX_TRY(read_covariance(reader, p, error));
    FLX_TRY(flx_hdf5_read_doubles(reader, "X", 2, shape, &p->X, error));
    FLX_TRY(flx_hdf5_read_doubles(reader, "y", 1, rows, &p->y, error));
    return flx_hdf5_read_doubles(reader, "theta", 1, size, &p->theta, error);
}

/* Weights and bytes of the kinds that have such. */
static flx_status read_payload(const flx_hdf5_reader *reader, flx_predictor *p,
                               flx_error *error)
{
    if (p->n_parameters)
        FLX_TRY(flx_hdf5_read_doubles(
            reader, "parameters", 1, (size_t[]){p->n_parameters}, &p->parameters, error));
    if (p->n_bytes)
        FLX_TRY(flx_hdf5_read_bytes(reader, "bytes", p->n_bytes, &p->bytes, error));
    return FLX_OK;
}

static flx_status check_digest(const flx_hdf5_reader *reader, const flx_predictor *p,
                               flx_error *error)
{
    FLX_SCOPED char *stored = NULL;
    char computed[65];
    FLX_TRY(flx_hdf5_get_text(reader, "/", "digest", true, &stored, error));
    flx_predictor_digest(p, computed);
    return strcmp(stored, computed) == 0
               ? FLX_OK
               : flx_fail(error, FLX_BAD_INPUT,
                          "%s is damaged: its content does not give its digest",
                          flx_hdf5_path(reader));
}

static flx_status read_all(const flx_hdf5_reader *reader, flx_predictor *p,
                           flx_error *error)
{
    FLX_TRY(read_scalars(reader, p, error));
    FLX_TRY(read_features(reader, p, error));
    FLX_TRY(read_points(reader, p, error));
    FLX_TRY(read_payload(reader, p, error));
    FLX_TRY(flx_hdf5_get_number(reader, "/", "lml", true, &p->lml, error));
    FLX_TRY(flx_hdf5_get_number(reader, "/", "loo_mae", true, &p->loo_mae, error));
    return check_digest(reader, p, error);
}

flx_status flx_predictor_get(const flx_hdf5_reader *reader, flx_predictor *out,
                             flx_error *error)
{
    *out = (flx_predictor){0};
    flx_status status = read_all(reader, out, error);
    if (status != FLX_OK)
        flx_predictor_clear(out);
    return status;
}

flx_status flx_predictor_read(const char *path, flx_predictor *out, flx_error *error)
{
    *out = (flx_predictor){0};
    flx_hdf5_reader *reader = NULL;
    FLX_TRY(flx_checksum_trailer_check_if_any(path, error));
    FLX_TRY(flx_hdf5_open(path, &reader, error));
    flx_status status = flx_predictor_get(reader, out, error);
    flx_hdf5_close(reader);
    return status;
}
