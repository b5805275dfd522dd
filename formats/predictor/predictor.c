/* SPDX-License-Identifier: MIT */
#include "formats/predictor/predictor.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "fluxion-predictor"
enum { VERSION = 3, DIGEST_VERSION = 2, FEATURE_FIELDS = 8 };

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

/* The numbers of a predictor and their names in a file, in the order of the digest. */
typedef enum { KIND, FLAG, COUNT, LENGTH, REAL } scalar_type;
typedef struct {
    const char *name;
    scalar_type type;
    size_t offset;
} scalar;

#define AT(member) offsetof(flx_predictor, member)
static const scalar scalars[] = {{"kind", KIND, AT(kind)},
                                 {"is_log", FLAG, AT(is_log)},
                                 {"n_inputs", COUNT, AT(n_inputs)},
                                 {"n_features", COUNT, AT(n_features)},
                                 {"n_metrics", COUNT, AT(n_metrics)},
                                 {"output_low", REAL, AT(output_low)},
                                 {"output_high", REAL, AT(output_high)},
                                 {"constant", REAL, AT(constant)},
                                 {"variance", REAL, AT(variance)},
                                 {"n_points", COUNT, AT(n)},
                                 {"is_isotropic", FLAG, AT(is_isotropic)},
                                 {"n_theta", COUNT, AT(n_theta)},
                                 {"jitter", REAL, AT(jitter)},
                                 {"y_mean", REAL, AT(y_mean)},
                                 {"y_sd", REAL, AT(y_sd)},
                                 {"n_evaluations", COUNT, AT(evaluations)},
                                 {"n_parameters", LENGTH, AT(n_parameters)},
                                 {"n_bytes", LENGTH, AT(n_bytes)}};
enum { SCALARS = sizeof scalars / sizeof scalars[0] };

static double get_scalar(const flx_predictor *p, const scalar *s)
{
    const void *member = (const char *)p + s->offset;
    switch (s->type) {
    case KIND:
        return *(const flx_predictor_kind *)member;
    case FLAG:
        return *(const bool *)member;
    case COUNT:
        return *(const int *)member;
    case LENGTH:
        return (double)*(const size_t *)member;
    default:
        return *(const double *)member;
    }
}

/* False where such a number cannot have that value. */
static bool set_scalar(flx_predictor *p, const scalar *s, double value)
{
    static const double largest[] = {
        [KIND] = FLX_PREDICTOR_KINDS - 1, [FLAG] = 1, [COUNT] = 1e7, [LENGTH] = 1e9};
    void *member = (char *)p + s->offset;
    if (s->type != REAL &&
        !(value >= 0 && value <= largest[s->type] && value == floor(value)))
        return false;
    if (s->type == KIND)
        *(flx_predictor_kind *)member = (flx_predictor_kind)value;
    else if (s->type == FLAG)
        *(bool *)member = value != 0;
    else if (s->type == COUNT)
        *(int *)member = (int)value;
    else if (s->type == LENGTH)
        *(size_t *)member = (size_t)value;
    else
        *(double *)member = value;
    return true;
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
    double row[FEATURE_FIELDS];
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_text(&digest, FORMAT);
    flx_digest_add_integer(&digest, DIGEST_VERSION);
    for (int i = 0; i < SCALARS; i++)
        flx_digest_add_double(&digest, get_scalar(predictor, &scalars[i]));
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
    size_t features = (size_t)predictor->n_features, n = (size_t)predictor->n;
    FLX_SCOPED double *table = NULL;
    if (!FLX_NEW(table, features * FEATURE_FIELDS))
        return NULL;
    for (size_t i = 0; i < features; i++)
        list_feature(&predictor->features[i], table + i * FEATURE_FIELDS);
    flx_predictor_digest(predictor, digest);
    flx_hdf5_writer *writer = flx_hdf5_create(FORMAT, VERSION);
    flx_hdf5_put_text(writer, "/", "kind", flx_predictor_kind_text(predictor->kind));
    flx_hdf5_put_text(writer, "/", "digest", digest);
    flx_hdf5_put_number(writer, "/", "lml", predictor->lml);
    flx_hdf5_put_number(writer, "/", "loo_mae", predictor->loo_mae);
    for (int i = 1; i < SCALARS; i++) {
        double value = get_scalar(predictor, &scalars[i]);
        if (scalars[i].type == REAL)
            flx_hdf5_put_number(writer, "/", scalars[i].name, value);
        else
            flx_hdf5_put_integer(writer, "/", scalars[i].name, (int64_t)value);
    }
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
    return writer;
}

flx_status flx_predictor_write(const flx_predictor *predictor, const char *path,
                               flx_error *error)
{
    return flx_hdf5_save(flx_predictor_put(predictor), path, error);
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
static flx_status read_unnamed(const flx_hdf5_reader *reader, double values[SCALARS],
                               flx_error *error)
{
    FLX_SCOPED double *row = NULL;
    FLX_TRY(flx_hdf5_check_format(reader, FORMAT, VERSION - 1, error));
    FLX_TRY(
        flx_hdf5_read_doubles(reader, "scalars", 1, (size_t[]){SCALARS}, &row, error));
    memcpy(values, row, SCALARS * sizeof *values);
    return FLX_OK;
}

static flx_status read_named(const flx_hdf5_reader *reader, double values[SCALARS],
                             flx_error *error)
{
    FLX_SCOPED char *kind = NULL;
    FLX_TRY(flx_hdf5_check_format(reader, FORMAT, VERSION, error));
    FLX_TRY(flx_hdf5_get_text(reader, "/", "kind", true, &kind, error));
    values[0] = 0;
    while (values[0] < FLX_PREDICTOR_KINDS &&
           strcmp(kind, kind_texts[(int)values[0]]) != 0)
        values[0]++;
    for (int i = 1; i < SCALARS; i++)
        FLX_TRY(
            flx_hdf5_get_number(reader, "/", scalars[i].name, true, &values[i], error));
    return FLX_OK;
}

static flx_status read_scalars(const flx_hdf5_reader *reader, flx_predictor *p,
                               flx_error *error)
{
    double values[SCALARS];
    bool is_good = true;
    FLX_TRY(flx_hdf5_has(reader, "scalars") ? read_unnamed(reader, values, error)
                                            : read_named(reader, values, error));
    for (int i = 0; i < SCALARS; i++)
        is_good = is_good && set_scalar(p, &scalars[i], values[i]);
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
    size_t dims[2] = {(size_t)p->n_features, FEATURE_FIELDS};
    FLX_TRY(flx_hdf5_read_doubles(reader, "features", 2, dims, &table, error));
    if (!FLX_NEW(p->features, dims[0]))
        return flx_no_memory(error, "the features of %s", flx_hdf5_path(reader));
    for (size_t i = 0; i < dims[0]; i++) {
        const double *row = table + i * FEATURE_FIELDS;
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
    FLX_TRY(flx_hdf5_open(path, &reader, error));
    flx_status status = flx_predictor_get(reader, out, error);
    flx_hdf5_close(reader);
    return status;
}
