/* SPDX-License-Identifier: MIT
 * Ensembles of regression trees over XGBoost: boosted trees (Friedman 2001; Chen and
 * Guestrin 2016) and random forests (Breiman 2001; one round of many parallel trees).
 * They take hundreds of thousands of rows, numbers or classes, and need no scaling; NaN
 * is a missing input, for which every split learns a side. An ensemble is fitted by one
 * thread, so that the same rows and seed give the same bytes whoever else is at work;
 * callers run several at once. XGBoost is silent, its failures are sentences. */
#ifndef FLX_TREE_ENSEMBLE_H
#define FLX_TREE_ENSEMBLE_H

#include "formats/predictor.h"

#include <stdint.h>

/* Zero: the default. Boosted: learning rate 0.05, each tree from 70 % of the rows, each
 * split from half of the columns. Forest: each tree from 63 % of the rows, each split
 * from a third of the columns (classes: the square root of their number). No leaf of a
 * single row. Up to 2048 rows every split is looked at, beyond that 256 quantiles. */
typedef struct {
    flx_predictor_kind kind; /* FLX_PREDICTOR_XGBOOST or FLX_PREDICTOR_FOREST */
    int classes; /* 0: y are numbers; else from 0 to classes - 1, classes >= 2 */
    int trees;   /* rounds or trees, of every class; 0: 300 */
    int depth;   /* 0: 3 (boosted) or 20 (forest) */
    uint64_t seed;
} flx_trees_options;

/* X (n, d) row-major, y (n); n, d >= 1. *bytes (*size): XGBoost's own serialization
 * (UBJSON), the caller's to free. XGBoost holds values as 32-bit floats. FLX_BAD_INPUT:
 * sizes, kind, a class that does not exist, a y that is not finite, an infinite input. */
flx_status flx_trees_fit(const flx_trees_options *options, const double *X,
                         const double *y, int n, int d, unsigned char **bytes,
                         size_t *size, flx_error *error);

typedef struct flx_trees flx_trees;

/* An ensemble that predicts, from its bytes. FLX_BAD_INPUT for bytes that are no ensemble
 * over `d` columns. XGBoost checks what it reads, but not as thoroughly as a file of
 * unknown origin would need: the digest of the predictor file is what guards them. */
flx_status flx_trees_load(const unsigned char *bytes, size_t size, int d, flx_trees **out,
                          flx_error *error);
void flx_trees_release(flx_trees *trees); /* NULL is fine */

/* Numbers it predicts for a row: 1, or one probability a class. */
int flx_trees_outputs(const flx_trees *trees);

/* XGBoost's own JSON of the ensemble, the caller's to free. */
flx_status flx_trees_text(const flx_trees *trees, char **json, flx_error *error);

/* predictions (m, outputs) of X (m, d). Several threads may call: XGBoost keeps its
 * predictions by thread, and what it configures at the first call is done by the load. */
flx_status flx_trees_predict(const flx_trees *trees, const double *X, int m,
                             double *predictions, flx_error *error);
#endif
