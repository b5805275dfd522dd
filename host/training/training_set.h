/* SPDX-License-Identifier: MIT
 * What one learning assignment is taught: its rows of raw inputs and measured outputs,
 * and what can be said of them before a model is fitted. Inside the library. */
#ifndef FLX_TRAINING_SET_H
#define FLX_TRAINING_SET_H

#include "host/graph.h"
#include "host/model.h"

typedef struct {
    int n;
    double *raw;         /* (n, inputs) row-major, NaN = missing */
    double *X;           /* (n, features) what the model is fitted to, NULL before */
    double *y;           /* (n) measured output, or its logarithm once described so */
    int *row, *vertex;   /* (n) where each comes from */
    const char **labels; /* (inputs) their names, borrowed from the graph */
    int task;            /* index into the batch of fits, -1: nothing to fit */
} flx_training_set;

/* The rows of model->rows in which assignment `a` has an output. Replicas take turns: row
 * r is what replica r mod R did, or the next one that has an output. Inputs are read
 * from `inputs`, a table of the same shape, or where that is NULL from the rows too.
 * Cleared by the caller also after a failure. */
flx_status flx_training_set_build(const flx_model *model,
                                  const flx_column_binding *binding,
                                  const flx_dataset *inputs, int a,
                                  flx_training_set *lesson, flx_error *error);
void flx_training_set_clear(flx_training_set *lesson);

/* Sets the predictor's output range (half the range beyond what was seen, never below 0
 * where nothing was) and whether it is modelled in logarithms: y then becomes its log. */
void flx_training_set_set_output_range(flx_training_set *lesson, bool wants_log,
                                       flx_predictor *predictor);

/* Makes it the mean of the outputs, with their variance; 0 where there is none. */
void flx_training_set_make_constant(const flx_training_set *lesson,
                                    flx_predictor *predictor);

bool flx_training_set_is_constant(const flx_training_set *lesson);

/* Mean absolute error of the rule on the rows, in the unit of the output; infinite where
 * it applies to none. `predictor` says whether y is a logarithm. */
flx_status flx_training_set_measure_rule(const flx_training_set *lesson,
                                         const flx_graph_assignment *assignment,
                                         const flx_predictor *predictor, double *mae,
                                         flx_error *error);
#endif
