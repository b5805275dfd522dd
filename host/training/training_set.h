/* SPDX-License-Identifier: MIT
 * What one learning assignment is fitted to: its rows of raw inputs and measured outputs,
 * and what can be said of them before a model is fitted. */
#ifndef FLX_TRAINING_SET_H
#define FLX_TRAINING_SET_H

#include "host/graph.h"
#include "host/model.h"

/* What training reads: a graph, a table, and how models are to be. All is borrowed. */
typedef struct {
    const flx_deployment *deployment;
    const flx_graph *graph;
    const flx_dataset *rows; /* measured */
    const flx_dataset
        *inputs; /* of the same shape: where inputs are read; NULL: `rows` */
    flx_composition composition;
    flx_gp_prior prior;
    flx_covariance covariance;
    bool paper_mode, wants_log;
} flx_training_view;

/* Of a model, and of member k of its ensemble, on the model's rows. */
flx_training_view flx_training_view_of(const flx_model *model);
flx_training_view flx_training_view_of_member(const flx_model *model,
                                              const flx_member *member);

typedef struct {
    int n;
    double *raw;       /* (n, inputs) row-major, NaN = missing */
    double *y;         /* (n) measured output, or its logarithm once transformed */
    int *row, *vertex; /* (n) where each comes from */
} flx_training_set;

/* The rows of the view in which assignment `a` has an output. Replicas take turns: row r
 * is what replica r mod R did, or the next one that has an output. Cleared by the caller
 * also after a failure. */
flx_status flx_training_set_build(const flx_training_view *view,
                                  const flx_column_binding *binding, int a,
                                  flx_training_set *set, flx_error *error);
void flx_training_set_clear(flx_training_set *set);

/* Sets the predictor's output range (half the range beyond what was seen, never below 0
 * where nothing was) and whether it is modelled in logarithms: y then becomes its log. */
void flx_training_set_transform_output(flx_training_set *set, bool wants_log,
                                       flx_predictor *predictor);

/* Makes it the mean of the outputs, with their variance; 0 where there is none. */
void flx_training_set_make_constant(const flx_training_set *set,
                                    flx_predictor *predictor);

bool flx_training_set_is_constant(const flx_training_set *set);

/* Mean absolute error of the rule on the rows, in the unit of the output; infinite where
 * it applies to none. `predictor` says whether y is a logarithm. */
flx_status flx_training_set_measure_rule(const flx_training_set *set,
                                         const flx_graph_assignment *assignment,
                                         const flx_predictor *predictor, double *mae,
                                         flx_error *error);
#endif
