/* SPDX-License-Identifier: MIT
 * A predictor file with the key, what else the fit left, and a checksum, which is checked
 * before libhdf5 sees the file. */
#include "host/regression/model_repository_file.h"

#include "formats/files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void put_rows(flx_hdf5_writer *writer, const char *name, const double *values,
                     int n)
{
    if (values)
        flx_hdf5_write_doubles(writer, name, 1, (size_t[]){(size_t)n}, values);
}

flx_status flx_repository_file_write(const char *path, const char *key,
                                     const flx_fit_result *model, flx_error *error)
{
    flx_hdf5_writer *writer = flx_predictor_put(&model->predictor);
    flx_hdf5_put_text(writer, "/", "cause", key);
    flx_hdf5_put_text(writer, "/", "output", model->output ? model->output : "");
    flx_hdf5_put_number(writer, "/", "objective", model->objective);
    flx_hdf5_put_integer(writer, "/", "starts", model->starts);
    flx_hdf5_put_integer(writer, "/", "created", model->created);
    put_rows(writer, "loo_mean", model->loo_mean, model->predictor.n);
    put_rows(writer, "loo_variance", model->loo_variance, model->predictor.n);
    return flx_hdf5_save_with_trailer(writer, path, error);
}

static flx_status get_rows(const flx_hdf5_reader *reader, const char *name, int n,
                           double **values, flx_error *error)
{
    size_t dims[1] = {(size_t)n};
    if (n == 0 || !flx_hdf5_has(reader, name))
        return FLX_OK;
    return flx_hdf5_read_doubles(reader, name, 1, dims, values, error);
}

/* A file that was renamed, or copied to another name, is whole and yet the wrong one. */
static flx_status check_key(const flx_hdf5_reader *reader, const char *key,
                            flx_error *error)
{
    char *found = NULL;
    FLX_TRY(flx_hdf5_get_text(reader, "/", "cause", true, &found, error));
    bool is_equal = strcmp(found, key) == 0;
    flx_status status = is_equal ? FLX_OK
                                 : flx_fail(error, FLX_BAD_INPUT,
                                            "%s holds the model of another key, %.64s",
                                            flx_hdf5_path(reader), found);
    free(found);
    return status;
}

static flx_status read_all(const flx_hdf5_reader *reader, const char *key,
                           flx_fit_result *out, flx_error *error)
{
    int64_t starts = 0;
    FLX_TRY(flx_predictor_get(reader, &out->predictor, error));
    FLX_TRY(check_key(reader, key, error));
    FLX_TRY(flx_hdf5_get_text(reader, "/", "output", true, &out->output, error));
    FLX_TRY(flx_hdf5_get_number(reader, "/", "objective", true, &out->objective, error));
    FLX_TRY(flx_hdf5_get_integer(reader, "/", "starts", true, &starts, error));
    if (starts < 0 || starts > INT_MAX)
        return flx_fail(error, FLX_BAD_INPUT, "%s: %lld starts make no sense",
                        flx_hdf5_path(reader), (long long)starts);
    out->starts = (int)starts;
    FLX_TRY(flx_hdf5_get_integer(reader, "/", "created", true, &out->created, error));
    FLX_TRY(get_rows(reader, "loo_mean", out->predictor.n, &out->loo_mean, error));
    return get_rows(reader, "loo_variance", out->predictor.n, &out->loo_variance, error);
}

/* Says what to do about it. */
static flx_status advise(flx_status status, flx_error *error)
{
    if (status != FLX_BAD_INPUT || !error)
        return status;
    flx_error what = *error;
    return flx_fail(error, status, "%s: remove it, and it is trained again",
                    what.message);
}

flx_status flx_repository_file_read(const char *path, const char *key,
                                    flx_fit_result *out, flx_error *error)
{
    *out = (flx_fit_result){0};
    flx_hdf5_reader *reader = NULL;
    flx_status status = flx_checksum_trailer_check(path, error);
    if (status == FLX_OK)
        status = flx_hdf5_open(path, &reader, error);
    if (status == FLX_OK)
        status = read_all(reader, key, out, error);
    flx_hdf5_close(reader);
    if (status != FLX_OK)
        flx_fit_result_clear(out);
    return advise(status, error);
}
