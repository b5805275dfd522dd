/* SPDX-License-Identifier: MIT
 * What predict reads: a dataset, or a CSV file whose header names columns as the contract
 * does (SERVICE[.OPERATION][/INSTANCE]:NAME). */
#ifndef FLX_PREDICTION_INPUT_H
#define FLX_PREDICTION_INPUT_H

#include "host/model/model.h"

/* Choices in a CSV may be given by label. Empty cells, NA and nan are missing.
 * FLX_BAD_INPUT where a column is none of the deployment's or a value cannot be read. */
flx_status flx_prediction_input_read(const char *path, const flx_model *model,
                                     flx_dataset **out, flx_error *error);
#endif
