/* SPDX-License-Identifier: MIT
 * From raw inputs of a learning assignment to the columns of a model's X, learned from
 * training rows only: z-scores times 0.289 (a uniform on [0, 1] keeps its width),
 * constant columns dropped, missing values filled with the median and marked by an
 * indicator, values kept near what training saw (knobs and states within 0.1, metrics
 * within 0.5 standard deviations of the range): extrapolation in inputs that hardly
 * varied is what breaks models under a shifted load. */
#ifndef FLX_FEATURE_TRANSFORM_H
#define FLX_FEATURE_TRANSFORM_H

#include "formats/predictor.h"
#include "host/graph.h"
#include "kernels/formulas/feature.h"

typedef struct {
    bool keep_unit_cube; /* inputs that all lie in [0, 1] are used as given */
    bool log_metrics;    /* metrics in logarithms where all values are > 0 */
} flx_feature_options;

/* Learns predictor->features from raw (rows, n_inputs) row-major, NaN = missing. Features
 * of metrics come last. An input missing in more than half of the rows is dropped and its
 * `is_dropped` (n_inputs) set; constant ones are dropped silently. */
flx_status flx_features_learn(const double *raw, int rows,
                              const flx_graph_assignment *assignment,
                              const flx_feature_options *options,
                              flx_predictor *predictor, bool *is_dropped,
                              flx_error *error);

/* X (rows, n_features) of raw (rows, n_inputs). */
void flx_features_apply(const flx_predictor *predictor, const double *raw, int rows,
                        double *X);

/* What of a feature its value depends on. */
flx_scaling flx_feature_scaling(const flx_feature *feature);

/* d feature / d raw value of metric feature number `feature`; 0 where it is clipped or
 * missing. */
double flx_feature_slope(const flx_feature *feature, double value);
#endif
