/* SPDX-License-Identifier: MIT */
#include "formats/predictor/predictor.h"

#include "formats/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "fluxion-predictor"
enum { VERSION = 2, FEATURE_FIELDS = 8, SCALARS = 18 };

static const char *const kind_texts[] = {"gp",  "constant", "rule",  "ridge",
                                         "mlp", "xgboost",  "forest"};

const char *flx_predictor_kind_text(flx_predictor_kind kind)
{
    return kind_texts[kind];
}

#define NAME(constant, name, function) name,
const char *const flx_covariance_words[] = {FLX_COVARIANCE_FUNCTIONS(NAME) NULL};

int flx_covariance_find(const char *name)
{
    for (int i = 0; flx_covariance_words[i]; i++)
        if (strcmp(flx_covariance_words[i], name) == 0)
            return i;
    return -1;
}

void flx_predictor_clear(flx_predictor *predictor)
{
    free(predictor->features);
    free(predictor->X);
    free(predictor->y);
    free(predictor->theta);
    free(predictor->parameters);
    free(predictor->bytes);
    *predictor = (flx_predictor){0};
}

/* The scalars of a predictor as one row of numbers, in a fixed order. */
static void list_scalars(const flx_predictor *p, double row[SCALARS])
{
    const double values[SCALARS] = {p->kind,
                                    p->is_log,
                                    p->n_inputs,
                                    p->n_features,
                                    p->n_metrics,
                                    p->output_low,
                                    p->output_high,
                                    p->constant,
                                    p->variance,
                                    p->n,
                                    p->is_isotropic,
                                    p->n_theta,
                                    p->jitter,
                                    p->y_mean,
                                    p->y_sd,
                                    p->evaluations,
                                    (double)p->n_parameters,
                                    (double)p->n_bytes};
    memcpy(row, values, sizeof values);
}

static void list_feature(const flx_feature *f, double row[FEATURE_FIELDS])
{
    const double values[FEATURE_FIELDS] = {f->input, f->is_indicator, f->is_log, f->low,
                                           f->high,  f->center,       f->scale,  f->fill};
    memcpy(row, values, sizeof values);
}

static void add_doubles(flx_digest *digest, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        flx_digest_add_double(digest, values[i]);
}

/* Matern 5/2 has no name in files and digests, which are older than the others. */
static bool names_covariance(const flx_predictor *p)
{
    return p->kind == FLX_PREDICTOR_GP && p->covariance != FLX_MATERN52;
}

void flx_predictor_digest(const flx_predictor *predictor, char hex[65])
{
    double scalars[SCALARS], row[FEATURE_FIELDS];
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_text(&digest, FORMAT);
    flx_digest_add_integer(&digest, VERSION);
    list_scalars(predictor, scalars);
    add_doubles(&digest, scalars, SCALARS);
    for (int i = 0; i < predictor->n_features; i++) {
        list_feature(&predictor->features[i], row);
        add_doubles(&digest, row, FEATURE_FIELDS);
    }
    size_t n = predictor->X ? (size_t)predictor->n : 0;
    if (n) {
        add_doubles(&digest, predictor->X, n * (size_t)predictor->n_features);
        add_doubles(&digest, predictor->y, n);
    }
    if (predictor->theta)
        add_doubles(&digest, predictor->theta, (size_t)predictor->n_theta);
    if (predictor->parameters)
        add_doubles(&digest, predictor->parameters, predictor->n_parameters);
    if (predictor->bytes)
        flx_digest_add(&digest, predictor->bytes, predictor->n_bytes);
    if (names_covariance(predictor))
        flx_digest_add_text(&digest, flx_covariance_words[predictor->covariance]);
    flx_digest_finish(&digest, hex);
}

flx_hdf5_writer *flx_predictor_put(const flx_predictor *predictor)
{
    char digest[65];
    double scalars[SCALARS];
    size_t features = (size_t)predictor->n_features, n = (size_t)predictor->n;
    double *table = calloc(features * FEATURE_FIELDS + 1, sizeof *table);
    if (!table)
        return NULL;
    for (size_t i = 0; i < features; i++)
        list_feature(&predictor->features[i], table + i * FEATURE_FIELDS);
    list_scalars(predictor, scalars);
    flx_predictor_digest(predictor, digest);
    flx_hdf5_writer *writer = flx_hdf5_create(FORMAT, VERSION);
    flx_hdf5_put_text(writer, "/", "kind", flx_predictor_kind_text(predictor->kind));
    flx_hdf5_put_text(writer, "/", "digest", digest);
    flx_hdf5_put_number(writer, "/", "lml", predictor->lml);
    flx_hdf5_put_number(writer, "/", "loo_mae", predictor->loo_mae);
    flx_hdf5_write_doubles(writer, "scalars", 1, (size_t[]){SCALARS}, scalars);
    if (features)
        flx_hdf5_write_doubles(writer, "features", 2,
                               (size_t[]){features, FEATURE_FIELDS}, table);
    if (predictor->kind == FLX_PREDICTOR_GP) {
        if (names_covariance(predictor))
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
    free(table);
    return writer;
}

flx_status flx_predictor_write(const flx_predictor *predictor, const char *path,
                               flx_error *error)
{
    return flx_hdf5_save(flx_predictor_put(predictor), path, error);
}

static bool is_count(double x)
{
    return x >= 0 && x <= 1e7 && x == floor(x);
}

static bool is_length(double x)
{
    return x >= 0 && x <= 1e9 && x == floor(x);
}

/* Whether the parts of a Gaussian process fit each other. */
static bool fits_together(const flx_predictor *p)
{
    int scales = p->is_isotropic ? 1 : p->n_features;
    return p->n >= 2 && p->n_features >= 1 && p->n_theta == scales + 2 &&
           isfinite(p->y_mean) && isfinite(p->y_sd) && p->y_sd > 0 &&
           isfinite(p->jitter) && p->jitter >= 0;
}

/* Scalars back into the struct; false where they make no sense. */
static bool set_scalars(flx_predictor *p, const double row[SCALARS])
{
    static const int counts[] = {0, 1, 2, 3, 4, 9, 10, 11, 15};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (!is_count(row[counts[i]]))
            return false;
    p->kind = (flx_predictor_kind)row[0];
    p->is_log = row[1] != 0;
    p->n_inputs = (int)row[2];
    p->n_features = (int)row[3];
    p->n_metrics = (int)row[4];
    p->output_low = row[5];
    p->output_high = row[6];
    p->constant = row[7];
    p->variance = row[8];
    p->n = (int)row[9];
    p->is_isotropic = row[10] != 0;
    p->n_theta = (int)row[11];
    p->jitter = row[12];
    p->y_mean = row[13];
    p->y_sd = row[14];
    p->evaluations = (int)row[15];
    p->n_parameters = is_length(row[16]) ? (size_t)row[16] : 0;
    p->n_bytes = is_length(row[17]) ? (size_t)row[17] : 0;
    return is_length(row[16]) && is_length(row[17]) && row[0] < FLX_PREDICTOR_KINDS &&
           p->n_metrics <= p->n_features &&
           (p->kind != FLX_PREDICTOR_GP || fits_together(p));
}

static flx_status read_features(const flx_hdf5_reader *reader, flx_predictor *p,
                                flx_error *error)
{
    if (p->n_features == 0)
        return FLX_OK;
    double *table = NULL;
    size_t dims[2] = {(size_t)p->n_features, FEATURE_FIELDS};
    FLX_TRY(flx_hdf5_read_doubles(reader, "features", 2, dims, &table, error));
    p->features = calloc(dims[0], sizeof *p->features);
    bool is_good = p->features != NULL;
    for (size_t i = 0; i < dims[0] && is_good; i++) {
        const double *row = table + i * FEATURE_FIELDS;
        is_good = is_count(row[0]) && row[0] < p->n_inputs;
        if (is_good)
            p->features[i] = (flx_feature){(int)row[0], row[1] != 0, row[2] != 0, row[3],
                                           row[4],      row[5],      row[6],      row[7]};
    }
    free(table);
    return is_good ? FLX_OK
                   : flx_fail(error, FLX_BAD_INPUT, "%s: the features make no sense",
                              flx_hdf5_path(reader));
}

static flx_status read_covariance(const flx_hdf5_reader *reader, flx_predictor *p,
                                  flx_error *error)
{
    char *name = NULL;
    FLX_TRY(flx_hdf5_get_text(reader, "/", "covariance", false, &name, error));
    int found = name ? flx_covariance_find(name) : FLX_MATERN52;
    flx_status status = found >= 0
                            ? FLX_OK
                            : flx_fail(error, FLX_BAD_INPUT,
                                       "%s: no covariance function is called \"%s\"",
                                       flx_hdf5_path(reader), name);
    free(name);
    if (status == FLX_OK)
        p->covariance = (flx_covariance)found;
    return status;
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
    char *stored = NULL, computed[65];
    FLX_TRY(flx_hdf5_get_text(reader, "/", "digest", true, &stored, error));
    flx_predictor_digest(p, computed);
    bool is_equal = strcmp(stored, computed) == 0;
    free(stored);
    return is_equal ? FLX_OK
                    : flx_fail(error, FLX_BAD_INPUT,
                               "%s is damaged: its content does not give its digest",
                               flx_hdf5_path(reader));
}

static flx_status read_all(const flx_hdf5_reader *reader, flx_predictor *p,
                           flx_error *error)
{
    double *scalars = NULL;
    size_t dims[1] = {SCALARS};
    FLX_TRY(flx_hdf5_check_format(reader, FORMAT, VERSION, error));
    FLX_TRY(flx_hdf5_read_doubles(reader, "scalars", 1, dims, &scalars, error));
    bool is_good = set_scalars(p, scalars);
    free(scalars);
    if (!is_good)
        return flx_fail(error, FLX_BAD_INPUT, "%s: the scalars make no sense",
                        flx_hdf5_path(reader));
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
    FLX_TRY(flx_hdf5_open(path, &reader, error));
    flx_status status = flx_predictor_get(reader, out, error);
    flx_hdf5_close(reader);
    return status;
}
