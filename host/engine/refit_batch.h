/* SPDX-License-Identifier: MIT
 * GE.fit while it runs: many refits as one batch, in the steps of
 * host/engine/refit_training.c (training sets and fits), host/engine/refit_weighting.c
 * (weights) and host/engine/refit.c (what comes of it). Inside the library. */
#ifndef FLX_REFIT_BATCH_H
#define FLX_REFIT_BATCH_H

#include "host/engine/graph_engine.h"
#include "host/engine/refit_case.h"

typedef struct {
    flx_model *model;
    const flx_dataset *rows;
    const flx_refit_options *options;
    flx_backend *backend;
    int count;
    const int *assignments;        /* (count) */
    flx_refit_case *cases;         /* (count) */
    flx_learning_assignment *next; /* (count) what is hosted afterwards, or nothing */
    flx_refit *reports;            /* (count) in the change */
    char digest[65];               /* of the rows */
} flx_refit_batch;

/* Whether case i is still to be refitted, and what ends that: `format` has one
 * %d. */
bool flx_refit_batch_is_open(const flx_refit_batch *batch, int i);
void flx_refit_batch_skip(flx_refit_batch *batch, int i, const char *format, int number);

flx_status flx_refit_batch_out_of_memory(flx_error *error);

/* Training sets of all cases, and the models fitted to them; case by case what does not
 * suffice is skipped. */
flx_status flx_refit_batch_train(flx_refit_batch *batch, flx_error *error);

/* Weights of all cases. */
flx_status flx_refit_batch_weigh(flx_refit_batch *batch, flx_error *error);
#endif
