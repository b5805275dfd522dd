/* SPDX-License-Identifier: MIT */
#include "tests/host/regression/predict_rows.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

flx_status predict_rows(const flx_predictor *predictor, const double *X, int m,
                        double *mean, double *slopes, flx_error *error)
{
    const flx_regressor *regressor = flx_regressor_of(predictor->kind);
    const flx_query_target target = {"it", predictor};
    flx_query query = {.m = m,
                       .queries = X,
                       .mean = mean,
                       .n_slopes = slopes ? predictor->n_metrics : 0,
                       .slopes = slopes};
    flx_backend *backend = NULL;
    void *prepared = NULL;
    assert_int(flx_backend_open("cpu", 1, &backend, NULL), FLX_OK);
    flx_status status = regressor->prepare(backend, &target, 1, &prepared, error);
    assert_int(status == FLX_OK, prepared != NULL);
    if (status == FLX_OK)
        status = regressor->predict(prepared, &query, 1, error);
    regressor->release(prepared);
    flx_backend_close(backend);
    return status;
}
