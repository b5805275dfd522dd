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
    double weight;   /* in [0, 1]; those of an assignment sum to 1 */
    char cause[65];  /* digest of what it was made from; "" where that is not known */
    int64_t created; /* when it was fitted, Unix seconds; 0: not known */
    int64_t first_time, last_time; /* of its training rows, Unix seconds; 0: not known */
    bool was_found;                /* in a repository: not fitted by who made the model */
    int64_t file_bytes;            /* size of the file it was read from, else 0 */
} flx_hosted_model;

typedef struct {
    int n_models;
    flx_hosted_model *models; /* (n_models) */
} flx_learning_assignment;

void flx_assignment_clear(flx_learning_assignment *assignment);

/* LA.add of the paper: takes over what `model` points to, also on failure. */
flx_status flx_assignment_add(flx_learning_assignment *assignment,
                              flx_hosted_model *model, flx_error *error);

/* Takes a model out and scales the weights of the others to sum to 1 again. */
void flx_assignment_remove(flx_learning_assignment *assignment, int model);

/* The model that counts most, the first of equals: what a report shows in one line. */
const flx_predictor *flx_assignment_leading(const flx_learning_assignment *assignment);
#endif
