/* SPDX-License-Identifier: MIT
 * A system whose functions are known: a web server before a database.
 *     db:p90  = 10 + 6 (c - 0.3)^2 + 0.04 db:rps        c in [0, 1], rps in [20, 100]
 *     web:p90 = 2 + 1.5 db:p90 + 3 a                    a in [0, 1]
 * A replicated database shows its callers the rate-weighted mean of its instances. */
#ifndef FLX_TEST_TWO_SERVICES_H
#define FLX_TEST_TWO_SERVICES_H

#include "host/statistics.h"
#include "host/training/training.h"

/* transform: of the target, "none" or "log". */
flx_deployment *two_services(int replicas, const char *transform);

/* Columns web:a, web:rps, db:c, then for one replica db:rps and db:p90, for more
 * db/i:rps, db/i:p90 and db:p90, last web:p90. */
flx_dataset *two_services_rows(int rows, int replicas, uint64_t seed);

/* A cell by column name; ends the test program where there is none. */
double *two_services_cell(const flx_dataset *table, int row, const char *column);

/* Sets a column in all rows. */
void two_services_fill(flx_dataset *table, const char *column, double value);

/* Trains on a copy of `rows`, all of them drawn from a source of as many. */
flx_model *two_services_train(int replicas, const char *transform,
                              const flx_dataset *rows, flx_training_options options,
                              flx_backend *backend);

/* A backend of the tests. */
flx_backend *two_services_backend(int threads);

/* The default predictor, trained on that many rows of one instance. */
flx_model *train_ensemble(flx_backend *backend, int rows, const char *transform);
/* The target in every row, allocated. */
double *predict_target(const flx_model *model, flx_backend *backend,
                       const flx_dataset *table);
#endif
