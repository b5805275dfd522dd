/* SPDX-License-Identifier: MIT
 * What a service-vertex does before a model is trained for it: the mean of its instances'
 * metrics, weighted by their rates (paper 3.2.1: service-vertices aggregate instances).
 * Recalibrated (host/model/recalibration.h) its predictor has the parameters intercept,
 * slope and variance about the prediction; without parameters they are 0, 1 and 0. */
#ifndef FLX_AGGREGATION_RULE_H
#define FLX_AGGREGATION_RULE_H

#include "host/graph/graph.h"

/* Inputs of a service-vertex: all metrics, then blocks of their rates in the same order;
 * *blocks 0 where rates are not part. */
void flx_aggregation_rule_shape(const flx_graph_assignment *assignment, int *metrics,
                                int *blocks);

/* weights (n_inputs): of the metrics among the inputs, summing to 1; 0 for the rates and
 * for metrics that are missing in `raw` (n_inputs). Equal weights where rates are missing
 * or not part. Returns false where every metric is missing. */
bool flx_aggregation_rule_weigh(const flx_graph_assignment *assignment, const double *raw,
                                double *weights);

/* The weighted mean itself; NAN where every metric is missing. scratch (n_inputs). */
double flx_aggregation_rule_apply(const flx_graph_assignment *assignment,
                                  const double *raw, double *scratch);
#endif
