/* SPDX-License-Identifier: MIT */
#include "host/graph/aggregation_rule.h"

#include <math.h>

void flx_aggregation_rule_shape(const flx_graph_assignment *assignment, int *metrics,
                                int *blocks)
{
    *metrics = 0;
    while (*metrics < assignment->n_inputs &&
           assignment->inputs[*metrics].kind == FLX_METRIC)
        (*metrics)++;
    *blocks = 0;
    if (*metrics > 0 && assignment->n_inputs % *metrics == 0)
        *blocks = assignment->n_inputs / *metrics - 1;
}

/* Rate of instance i: the sum over its rates, which stand as blocks of all instances. */
static double rate_of(const double *raw, int metrics, int blocks, int i)
{
    double sum = 0;
    for (int b = 1; b <= blocks; b++)
        sum += raw[b * metrics + i];
    return sum;
}

bool flx_aggregation_rule_weigh(const flx_graph_assignment *assignment, const double *raw,
                                double *weights)
{
    int metrics, blocks;
    flx_aggregation_rule_shape(assignment, &metrics, &blocks);
    bool has_rates = blocks > 0;
    for (int i = 0; i < metrics && has_rates; i++)
        has_rates = isnan(raw[i]) || rate_of(raw, metrics, blocks, i) > 0;
    double sum = 0;
    for (int i = 0; i < assignment->n_inputs; i++) {
        weights[i] = 0.0;
        if (i < metrics && !isnan(raw[i]))
            weights[i] = has_rates ? rate_of(raw, metrics, blocks, i) : 1.0;
        sum += weights[i];
    }
    for (int i = 0; i < metrics && sum > 0; i++)
        weights[i] /= sum;
    return sum > 0;
}

double flx_aggregation_rule_apply(const flx_graph_assignment *assignment,
                                  const double *raw, double *scratch)
{
    if (!flx_aggregation_rule_weigh(assignment, raw, scratch))
        return NAN;
    double mean = 0;
    for (int k = 0; k < assignment->n_inputs; k++)
        mean += scratch[k] > 0 ? scratch[k] * raw[k] : 0;
    return mean;
}
