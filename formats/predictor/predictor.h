/* SPDX-License-Identifier: MIT
 * One fitted model of a learning assignment, as plain data: which inputs it reads and how
 * they are scaled, what it predicts, and for a Gaussian process its training points and
 * hyper-parameters. Everything prediction needs is recomputed from it, so a file restores
 * a model bit for bit. On disk an HDF5 file named by the digest of what it holds. */
#ifndef FLX_PREDICTOR_H
#define FLX_PREDICTOR_H

#include "formats/hdf5.h"
#include "formats/status.h"
#include "kernels/formulas/covariance.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    FLX_PREDICTOR_GP,
    FLX_PREDICTOR_CONSTANT,
    FLX_PREDICTOR_RULE,
    FLX_PREDICTOR_RIDGE,
    FLX_PREDICTOR_MLP,
    FLX_PREDICTOR_XGBOOST,
    FLX_PREDICTOR_FOREST
} flx_predictor_kind;

enum { FLX_PREDICTOR_KINDS = FLX_PREDICTOR_FOREST + 1 };

/* "gp" | "constant" | "rule" | "ridge" | "mlp" | "xgboost" | "forest" */
const char *flx_predictor_kind_text(flx_predictor_kind kind);

/* Names of the covariance functions, as flx_covariance counts them; NULL at the end. */
extern const char *const flx_covariance_words[];
/* Its number, or -1. */
int flx_covariance_find(const char *name);

/* One column of the model's X, made from one input of the assignment:
 *     x = (clip(t(value), low, high) - center) * scale,  t = natural logarithm or
 * nothing; a missing value is `fill` (in units of t). An indicator is 1 where the value
 * is missing, 0 elsewhere, scaled likewise. */
typedef struct {
    int input; /* index into the assignment's inputs */
    bool is_indicator, is_log;
    double low, high, center, scale, fill;
} flx_feature;

typedef struct {
    flx_predictor_kind kind;
    bool is_log;               /* predicts the logarithm of the output */
    int n_inputs;              /* of the assignment: the width of a row of raw inputs */
    int n_features, n_metrics; /* the last n_metrics features come from other vertices */
    flx_feature *features;     /* (n_features) */
    double output_low, output_high; /* predictions are kept within, unit of the output */
    double constant;                /* FLX_PREDICTOR_CONSTANT: the (log) output */
    double variance;                /* of the (log) output about the prediction; gp and
                                       rule have their own */
    int n;                          /* training points */
    double *X;                      /* (n, n_features), gp only */
    double *y;                      /* (n) (log) output, gp only */
    bool is_isotropic;
    flx_covariance covariance; /* gp only */
    int n_theta;
    double *theta;               /* (n_theta) kernels/formulas/theta.h */
    double jitter, y_mean, y_sd; /* standardization of y */
    size_t n_parameters;
    double *parameters; /* (n_parameters) of a kind with weights: its header says which */
    size_t n_bytes;
    unsigned char *bytes; /* (n_bytes) of a kind that has its own serialization */
    double lml, loo_mae;  /* report of the fit; loo_mae in the unit of the output */
    int evaluations;
} flx_predictor;

void flx_predictor_clear(flx_predictor *predictor); /* frees what it points to */

/* A copy of its own; *out is empty on failure. FLX_NO_MEMORY. */
flx_status flx_predictor_copy(const flx_predictor *predictor, flx_predictor *out,
                              flx_error *error);

/* SHA-256 (hex) of everything prediction depends on. */
void flx_predictor_digest(const flx_predictor *predictor, char digest[65]);

/* Writes whole or not at all. */
flx_status flx_predictor_write(const flx_predictor *predictor, const char *path,
                               flx_error *error);
/* FLX_BAD_INPUT for anything that is not such a file or whose content does not give the
 * digest it carries. *out is empty on failure. */
flx_status flx_predictor_read(const char *path, flx_predictor *out, flx_error *error);

/* The same for a file that holds more than the predictor: one to be added to and saved
 * (NULL when out of memory, as flx_hdf5_create), and one that is open. */
flx_hdf5_writer *flx_predictor_put(const flx_predictor *predictor);
flx_status flx_predictor_get(const flx_hdf5_reader *reader, flx_predictor *out,
                             flx_error *error);
#endif
