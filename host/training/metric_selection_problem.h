/* SPDX-License-Identifier: MIT
 * The training set of one assignment as a problem of input selection. Inside the
 * library. */
#ifndef FLX_METRIC_SELECTION_PROBLEM_H
#define FLX_METRIC_SELECTION_PROBLEM_H

#include "host/selection.h"
#include "host/training/training_set.h"

typedef struct {
    flx_selection_problem problem; /* its arrays are those below */
    double *X, *always, *y;
    int64_t *group;
    int *input; /* (problem.m) the input of the assignment that each candidate is */
} flx_metric_selection_problem;

/* Candidates are the inputs that come from other vertices, always included the others; an
 * input missing in more than half of the rows is neither, other gaps hold the median.
 * Logarithms where the model takes them. Cleared by the caller, also after a failure. */
flx_status flx_metric_selection_problem_gather(const flx_training_view *view,
                                               const flx_column_binding *binding, int a,
                                               flx_metric_selection_problem *out,
                                               flx_error *error);
void flx_metric_selection_problem_clear(flx_metric_selection_problem *problem);
#endif
