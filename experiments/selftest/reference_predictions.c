/* SPDX-License-Identifier: MIT
 * Checks against the predictions that another program made with fixed hyper-parameters
 * (random_search/ in the reference folder), in .npy files. */
#include "experiments/selftest/checks.h"
#include "experiments/selftest/npy.h"
#include "formats/files.h"
#include "host/regression.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SEARCH_X,
    SEARCH_Y,
    SEARCH_QUERIES,
    SEARCH_MEANS,
    SEARCH_DEVIATIONS,
    SEARCH_FILES
};

static flx_status read_search(const char *folder, flx_npy **files, flx_error *error)
{
    static const char *const names[SEARCH_FILES] = {
        "X_200x60.npy", "y_200.npy", "Xs_first1000x60.npy", "ref_mu_first1000.npy",
        "ref_sd_first1000.npy"};
    for (int i = 0; i < SEARCH_FILES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/random_search/%s", folder, names[i]);
        FLX_TRY(flx_npy_read(path, &files[i], error));
    }
    if (files[SEARCH_Y]->rows != files[SEARCH_X]->rows ||
        files[SEARCH_QUERIES]->columns != files[SEARCH_X]->columns ||
        files[SEARCH_MEANS]->rows != files[SEARCH_QUERIES]->rows ||
        files[SEARCH_DEVIATIONS]->rows != files[SEARCH_QUERIES]->rows)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s/random_search: the shapes of the arrays do not fit together",
                        folder);
    return FLX_OK;
}

typedef struct {
    double mean, deviation;
} prediction_errors;

/* Fixed hyper-parameters: unit signal, one length scale of 6, noise variance 0.02. */
static flx_status predict_search(flx_backend *backend, flx_npy **files, double *mean,
                                 double *variance, flx_error *error)
{
    const double theta[3] = {0.0, log(6.0), log(0.02)};
    const flx_npy *queries = files[SEARCH_QUERIES];
    flx_gp_condition member = {.problem = {.n = files[SEARCH_X]->rows,
                                           .d = files[SEARCH_X]->columns,
                                           .is_isotropic = true,
                                           .X = files[SEARCH_X]->values,
                                           .y = files[SEARCH_Y]->values},
                               .theta = theta,
                               .jitter = FLX_GP_JITTER};
    flx_gp_query query = {.m = queries->rows,
                          .queries = queries->values,
                          .mean = mean,
                          .variance = variance};
    flx_gp_posterior *posterior;
    FLX_TRY(backend->operations->condition(backend, &member, 1, &posterior, error));
    flx_status status = backend->operations->predict(posterior, &query, 1, error);
    backend->operations->posterior_release(posterior);
    return status;
}

static flx_status compare_search(flx_backend *backend, flx_npy **files,
                                 prediction_errors *worst, flx_error *error)
{
    double y_mean, y_sd;
    int m = files[SEARCH_QUERIES]->rows;
    FLX_SCOPED double *mean = NULL;
    if (!FLX_NEW(mean, 2 * m))
        return flx_no_memory(error, "%d predictions", m);
    double *variance = mean + m;
    flx_standardize(files[SEARCH_Y]->rows, files[SEARCH_Y]->values, &y_mean, &y_sd);
    FLX_TRY(predict_search(backend, files, mean, variance, error));
    for (int i = 0; i < m; i++) {
        double expected = files[SEARCH_MEANS]->values[i];
        double deviation = files[SEARCH_DEVIATIONS]->values[i];
        worst->mean =
            flx_worse(worst->mean, fabs((y_mean + y_sd * mean[i]) / expected - 1));
        worst->deviation =
            flx_worse(worst->deviation, fabs(y_sd * sqrt(variance[i]) / deviation - 1));
    }
    return FLX_OK;
}

static flx_status check_search(const flx_check_context *context, prediction_errors *worst,
                               flx_error *error)
{
    flx_npy *files[SEARCH_FILES] = {NULL};
    flx_status status = read_search(context->reference, files, error);
    if (status == FLX_OK)
        status = compare_search(context->backend, files, worst, error);
    for (int i = 0; i < SEARCH_FILES; i++)
        flx_npy_destroy(files[i]);
    return status;
}

flx_status flx_check_reference_means(const flx_check_context *context, double *worst,
                                     flx_error *error)
{
    prediction_errors errors = {0};
    FLX_TRY(check_search(context, &errors, error));
    *worst = errors.mean;
    return FLX_OK;
}

flx_status flx_check_reference_deviations(const flx_check_context *context, double *worst,
                                          flx_error *error)
{
    prediction_errors errors = {0};
    FLX_TRY(check_search(context, &errors, error));
    *worst = errors.deviation;
    return FLX_OK;
}
