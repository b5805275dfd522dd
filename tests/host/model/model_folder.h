/* SPDX-License-Identifier: MIT
 * A small model, and its folder. */
#ifndef FLX_TEST_MODEL_FOLDER_H
#define FLX_TEST_MODEL_FOLDER_H

#include "host/model.h"

enum { MODEL_ROWS = 20, MODEL_REPLICAS = 2 };

/* A small model with a fit, a rule and a warning. */
flx_model *make_small_model(uint64_t seed);

void write_model_folder(const flx_model *model, const char *path);

void name_model_file(const flx_model *model, int a, char name[96]);
#endif
