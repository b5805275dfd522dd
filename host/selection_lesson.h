/* SPDX-License-Identifier: MIT
 * What one assignment is taught, as a problem of input selection. Inside the library. */
#ifndef FLX_SELECTION_LESSON_H
#define FLX_SELECTION_LESSON_H

#include "host/binding.h"
#include "host/model.h"
#include "host/selection.h"

typedef struct {
    flx_selection_problem problem; /* its arrays are those below */
    double *X, *always, *y;
    int64_t *group;
    int *input; /* (problem.m) the input of the assignment that each candidate is */
} flx_selection_lesson;

/* Candidates are the inputs that come from other vertices, always included the others; an
 * input missing in more than half of the rows is neither, other gaps hold the median.
 * Logarithms where the model takes them. `inputs`: as for flx_lesson_gather. Cleared by
 * the caller, also after a failure. */
flx_status flx_selection_lesson_gather(const flx_model *model, const flx_binding *binding,
                                       const flx_dataset *inputs, int a,
                                       flx_selection_lesson *out, flx_error *error);
void flx_selection_lesson_clear(flx_selection_lesson *lesson);
#endif
