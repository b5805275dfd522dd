/* SPDX-License-Identifier: MIT
 * Rows predicted by one predictor alone, on one thread of the CPU. */
#ifndef FLX_TEST_PREDICT_ROWS_H
#define FLX_TEST_PREDICT_ROWS_H

#include "host/regression/regressor.h"

/* mean (m) standardized; slopes (m, n_metrics) or NULL. What prepare refuses, or predict.
 */
flx_status predict_rows(const flx_predictor *predictor, const double *X, int m,
                        double *mean, double *slopes, flx_error *error);
#endif
