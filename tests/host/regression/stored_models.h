/* SPDX-License-Identifier: MIT
 * Models for the tests of the repository: number k is a Gaussian process of 3 points and
 * 2 inputs, its numbers made from k. */
#ifndef FLX_TEST_STORED_MODELS_H
#define FLX_TEST_STORED_MODELS_H

#include "host/regression/model_repository.h"

typedef struct {
    char cause[65];
    flx_fit_result model; /* points into this struct: neither copied nor cleared */
    flx_feature features[2];
    char output[32];
    double X[6], y[3], theta[4], loo_mean[3], loo_variance[3];
} numbered_model;

void make_numbered_model(numbered_model *made, int k);

/* Bit for bit. */
bool is_same_model(const flx_fit_result *a, const flx_fit_result *b);

/* What looking model k up gives: 1 the very model, 0 it is not there, -1 anything else.
 */
int find_numbered_model(const flx_repository *repository, int k);
flx_status store_numbered_model(const flx_repository *repository, int k,
                                flx_error *error);
#endif
