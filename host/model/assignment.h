/* SPDX-License-Identifier: MIT
 * A learning assignment (paper 3.1) as what it hosts: one or several fitted models, of
 * several kinds and periods, each predicting the same output from some of the same
 * inputs. The assignment's prediction is their weighted mean (paper 4.1, Eq. 2). Its
 * labels stand in the graph: host/graph/graph.h. */
#ifndef FLX_ASSIGNMENT_H
#define FLX_ASSIGNMENT_H

#include "formats/predictor.h"

#include <stdint.h>

typedef struct {
    flx_predictor predictor;
    double weight;        /* in [0, 1]; those of an assignment sum to 1 */
    char fit_key[65];     /* digest of what it was fitted to, and how; "" where unknown */
    char refitted_on[65]; /* digest of the new rows, where a refit made it; else "" */
    int64_t created;      /* when it was fitted, Unix seconds; 0: not known */
    int64_t first_time, last_time; /* of its training rows, Unix seconds; 0: not known */
    bool is_cache_hit;  /* from a repository: not fitted by who made the model */
    int64_t file_bytes; /* size of the file it was read from, else 0 */
} flx_hosted_model;

typedef struct {
    int n_models;
    flx_hosted_model *models; /* (n_models) */
} flx_learning_assignment;

void flx_assignment_clear(flx_learning_assignment *assignment);
/* All `count` of them, and the array. NULL is fine. */
void flx_assignments_destroy(flx_learning_assignment *assignments, int count);

/* LA.add of the paper: takes over what `model` points to, also on failure. */
flx_status flx_assignment_add(flx_learning_assignment *assignment,
                              flx_hosted_model *model, flx_error *error);

/* The model that counts most, the first of equals: what a report shows in one line. */
const flx_predictor *flx_assignment_leading(const flx_learning_assignment *assignment);
#endif
