/* SPDX-License-Identifier: MIT */
#include "host/rule.h"

#include <math.h>

/* Inputs of a service-vertex: all metrics, then their rates in the same order. */
static int count_metrics(const flx_graph_assignment *assignment)
{
    int count = 0;
    while (count < assignment->n_inputs && assignment->inputs[count].kind == FLX_METRIC)
        count++;
    return count;
}

bool flx_rule_weigh(const flx_graph_assignment *assignment, const double *raw,
                    double *weights)
{
    int metrics = count_metrics(assignment), rates = assignment->n_inputs - metrics;
    bool has_rates = rates == metrics;
    for (int i = 0; i < metrics && has_rates; i++)
        has_rates = isnan(raw[i]) || raw[metrics + i] > 0;
    double sum = 0;
    for (int i = 0; i < assignment->n_inputs; i++) {
        bool counts = i < metrics && !isnan(raw[i]);
        weights[i] = counts ? (has_rates ? raw[metrics + i] : 1.0) : 0.0;
        sum += weights[i];
    }
    for (int i = 0; i < metrics && sum > 0; i++)
        weights[i] /= sum;
    return sum > 0;
}
