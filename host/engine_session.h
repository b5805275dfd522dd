/* SPDX-License-Identifier: MIT
 * GE.fit while it runs: many refits as one batch, in the steps of host/engine_teach.c
 * (lessons and fits), host/engine_weigh.c (weights) and host/engine_fit.c (what comes of
 * it). Inside the library. */
#ifndef FLX_ENGINE_SESSION_H
#define FLX_ENGINE_SESSION_H

#include "host/engine.h"
#include "host/refit.h"

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
    char cause[65];                /* digest of the rows */
} flx_session;

/* Whether case i is still to be refitted, and the word that ends that: `format` has one
 * %d. */
bool flx_session_is_open(const flx_session *session, int i);
void flx_session_keep(flx_session *session, int i, const char *format, int number);

flx_status flx_session_out_of_memory(flx_error *error);

/* Lessons of all cases, and the models fitted to them; case by case what does not
 * suffice is kept. */
flx_status flx_session_teach(flx_session *session, flx_error *error);

/* Weights of all cases. */
flx_status flx_session_weigh(flx_session *session, flx_error *error);
#endif
