/* SPDX-License-Identifier: MIT
 * Models of two services, and what is looked up in them. */
#ifndef FLX_TEST_TRAINED_H
#define FLX_TEST_TRAINED_H

#include "host/training.h"

extern const flx_training_options training_defaults;

flx_model *train_services(int replicas, const flx_dataset *rows,
                          flx_training_options options);

flx_model *train_by_default(int replicas, const flx_dataset *rows);

const flx_predictor *predictor_of(const flx_model *model, const char *assignment);

/* A warning about that assignment that contains `part`, or NULL. */
const flx_warning *find_warning(const flx_model *model, const char *assignment,
                                const char *part);
#endif
