/* SPDX-License-Identifier: MIT
 * What a predictor consists of, for predictor.c and predictor_file.c only. */
#ifndef FLX_PREDICTOR_PARTS_H
#define FLX_PREDICTOR_PARTS_H

#include "formats/predictor/predictor.h"

#define FLX_PREDICTOR_FORMAT "fluxion-predictor"
enum { FLX_PREDICTOR_SCALARS = 18, FLX_FEATURE_FIELDS = 8 };

/* One number of a predictor: bool, int (or an enumeration), size_t or double. */
typedef struct {
    const char *name; /* in a file */
    enum { FLX_FLAG_SCALAR, FLX_COUNT_SCALAR, FLX_LENGTH_SCALAR, FLX_REAL_SCALAR } type;
    size_t offset;  /* in flx_predictor */
    double largest; /* what it can be, but for a double */
} flx_predictor_scalar;

/* In the order of the digest; the first is the kind. */
extern const flx_predictor_scalar flx_predictor_scalars[FLX_PREDICTOR_SCALARS];
double flx_predictor_get_scalar(const flx_predictor *predictor, int i);

/* A feature as a row of numbers. */
void flx_predictor_list_feature(const flx_feature *feature,
                                double row[FLX_FEATURE_FIELDS]);

/* Matern 5/2 has no name in files and digests, which are older than the others. */
bool flx_predictor_names_covariance(const flx_predictor *predictor);
#endif
