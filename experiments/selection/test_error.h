/* SPDX-License-Identifier: MIT
 * What a selected subset is worth: the error of a Gaussian process on it, on rows that
 * neither the selection nor the process has seen. */
#ifndef FLX_SELECTION_TEST_ERROR_H
#define FLX_SELECTION_TEST_ERROR_H

#include "experiments/selection/methods.h"

/* Fits the subsets of all methods that have run as one batch and fills test_error; NAN
 * where a fit failed. */
flx_status compute_test_errors(const selection_table *table,
                               const selection_rows *training, const selection_rows *test,
                               flx_backend *backend, method_result *results,
                               flx_error *error);
#endif
