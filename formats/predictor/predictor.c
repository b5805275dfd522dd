/* SPDX-License-Identifier: MIT
 * A predictor in memory, and the digest that names it. The digest is older than the names
 * of the numbers in a file: their order and its version must stay as they are. */
#include "formats/predictor/predictor_parts.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_VERSION = 2 };

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

/* A copy of `size` bytes, NULL of none; false when out of memory. */
static bool copy(const void *from, size_t size, void *out)
{
    void *bytes = from && size ? malloc(size) : NULL;
    memcpy(out, &bytes, sizeof bytes);
    if (bytes)
        memcpy(bytes, from, size);
    return bytes || !from || !size;
}

flx_status flx_predictor_copy(const flx_predictor *p, flx_predictor *out,
                              flx_error *error)
{
    size_t n = (size_t)p->n, d = (size_t)p->n_features;
    *out = *p;
    out->features = NULL;
    out->X = out->y = out->theta = out->parameters = NULL;
    out->bytes = NULL;
    if (copy(p->features, d * sizeof *p->features, &out->features) &&
        copy(p->X, n * d * sizeof *p->X, &out->X) &&
        copy(p->y, n * sizeof *p->y, &out->y) &&
        copy(p->theta, (size_t)p->n_theta * sizeof *p->theta, &out->theta) &&
        copy(p->parameters, p->n_parameters * sizeof *p->parameters, &out->parameters) &&
        copy(p->bytes, p->n_bytes, &out->bytes))
        return FLX_OK;
    flx_predictor_clear(out);
    return flx_no_memory(error, "a model of %d points", p->n);
}

#define AT(member) offsetof(flx_predictor, member)
const flx_predictor_scalar flx_predictor_scalars[FLX_PREDICTOR_SCALARS] = {
    {"kind", FLX_COUNT_SCALAR, AT(kind), FLX_PREDICTOR_KINDS - 1},
    {"is_log", FLX_FLAG_SCALAR, AT(is_log), 1},
    {"n_inputs", FLX_COUNT_SCALAR, AT(n_inputs), 1e7},
    {"n_features", FLX_COUNT_SCALAR, AT(n_features), 1e7},
    {"n_metrics", FLX_COUNT_SCALAR, AT(n_metrics), 1e7},
    {"output_low", FLX_REAL_SCALAR, AT(output_low), 0},
    {"output_high", FLX_REAL_SCALAR, AT(output_high), 0},
    {"constant", FLX_REAL_SCALAR, AT(constant), 0},
    {"variance", FLX_REAL_SCALAR, AT(variance), 0},
    {"n_points", FLX_COUNT_SCALAR, AT(n), 1e7},
    {"is_isotropic", FLX_FLAG_SCALAR, AT(is_isotropic), 1},
    {"n_theta", FLX_COUNT_SCALAR, AT(n_theta), 1e7},
    {"jitter", FLX_REAL_SCALAR, AT(jitter), 0},
    {"y_mean", FLX_REAL_SCALAR, AT(y_mean), 0},
    {"y_sd", FLX_REAL_SCALAR, AT(y_sd), 0},
    {"n_evaluations", FLX_COUNT_SCALAR, AT(evaluations), 1e7},
    {"n_parameters", FLX_LENGTH_SCALAR, AT(n_parameters), 1e9},
    {"n_bytes", FLX_LENGTH_SCALAR, AT(n_bytes), 1e9}};

double flx_predictor_get_scalar(const flx_predictor *p, int i)
{
    const void *member = (const char *)p + flx_predictor_scalars[i].offset;
    switch (flx_predictor_scalars[i].type) {
    case FLX_FLAG_SCALAR:
        return *(const bool *)member;
    case FLX_COUNT_SCALAR:
        return *(const int *)member;
    case FLX_LENGTH_SCALAR:
        return (double)*(const size_t *)member;
    default:
        return *(const double *)member;
    }
}

void flx_predictor_list_feature(const flx_feature *f, double row[FLX_FEATURE_FIELDS])
{
    const double values[FLX_FEATURE_FIELDS] = {f->input, f->is_indicator, f->is_log,
                                               f->low,   f->high,         f->center,
                                               f->scale, f->fill};
    memcpy(row, values, sizeof values);
}

bool flx_predictor_names_covariance(const flx_predictor *p)
{
    return p->kind == FLX_PREDICTOR_GP && p->covariance != FLX_MATERN52;
}

static void add_doubles(flx_digest *digest, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        flx_digest_add_double(digest, values[i]);
}

void flx_predictor_digest(const flx_predictor *predictor, char hex[65])
{
    double row[FLX_FEATURE_FIELDS];
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_text(&digest, FLX_PREDICTOR_FORMAT);
    flx_digest_add_integer(&digest, DIGEST_VERSION);
    for (int i = 0; i < FLX_PREDICTOR_SCALARS; i++)
        flx_digest_add_double(&digest, flx_predictor_get_scalar(predictor, i));
    for (int i = 0; i < predictor->n_features; i++) {
        flx_predictor_list_feature(&predictor->features[i], row);
        add_doubles(&digest, row, FLX_FEATURE_FIELDS);
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
    if (flx_predictor_names_covariance(predictor))
        flx_digest_add_text(&digest, flx_covariance_words[predictor->covariance]);
    flx_digest_finish(&digest, hex);
}
