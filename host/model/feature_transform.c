/* SPDX-License-Identifier: MIT */
#include "host/model/feature_transform.h"

#include "formats/memory.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>

#define UNIFORM_SD 0.28867513459481287 /* of a uniform on [0, 1] */

/* What training rows say about one input. */
typedef struct {
    int present, missing;
    double low, high, mean, sd, median;
} column_summary;

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* values (rows) with NaN -> summary of what is present; values is reordered. */
static column_summary summarize(double *values, int rows)
{
    column_summary s = {.low = INFINITY, .high = -INFINITY};
    for (int i = 0; i < rows; i++) {
        if (isnan(values[i]))
            continue;
        values[s.present++] = values[i];
        s.mean += values[s.present - 1];
    }
    s.missing = rows - s.present;
    if (s.present == 0)
        return s;
    s.mean /= s.present;
    qsort(values, (size_t)s.present, sizeof *values, compare_doubles);
    s.low = values[0];
    s.high = values[s.present - 1];
    s.median = flx_quantile_sorted(values, s.present, 0.5);
    double square = s.missing * (s.median - s.mean) * (s.median - s.mean);
    for (int i = 0; i < s.present; i++)
        square += (values[i] - s.mean) * (values[i] - s.mean);
    s.sd = sqrt(square / rows);
    return s;
}

static void take_column(const double *raw, int rows, int n_inputs, int input, double *out)
{
    for (int i = 0; i < rows; i++)
        out[i] = raw[(size_t)i * (size_t)n_inputs + (size_t)input];
}

static bool lies_in_unit_cube(const double *raw, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(raw[i] >= 0.0 && raw[i] <= 1.0))
            return false;
    return true;
}

static bool is_positive(const double *values, int rows)
{
    for (int i = 0; i < rows; i++)
        if (values[i] <= 0)
            return false;
    return true;
}

static void add_feature(flx_predictor *predictor, flx_feature feature)
{
    predictor->features[predictor->n_features++] = feature;
}

static void add_indicator(flx_predictor *predictor, int input, double share_missing)
{
    double sd = sqrt(share_missing * (1 - share_missing));
    add_feature(predictor, (flx_feature){.input = input,
                                         .is_indicator = true,
                                         .low = 0,
                                         .high = 1,
                                         .center = share_missing,
                                         .scale = UNIFORM_SD / sd});
}

typedef struct {
    const double *raw;
    int rows;
    const flx_graph_assignment *assignment;
    const flx_feature_options *options;
    bool as_given;
    double *column; /* (rows) scratch */
} raw_inputs;

/* The value feature of an input, and where values are missing its indicator before it. */
static void learn_input(const raw_inputs *from, int input, flx_predictor *predictor,
                        bool *is_dropped)
{
    bool is_metric = from->assignment->inputs[input].kind == FLX_METRIC;
    take_column(from->raw, from->rows, from->assignment->n_inputs, input, from->column);
    bool is_log =
        is_metric && from->options->log_metrics && is_positive(from->column, from->rows);
    for (int i = 0; i < from->rows && is_log; i++)
        from->column[i] = log(from->column[i]);
    column_summary s = summarize(from->column, from->rows);
    *is_dropped = 2 * s.missing > from->rows;
    if (*is_dropped)
        return;
    if (s.missing > 0 && !is_metric)
        add_indicator(predictor, input, (double)s.missing / from->rows);
    if (!(s.sd > 1e-9 * fmax(1.0, fabs(s.mean))))
        return;
    double margin = (is_metric ? 0.5 : 0.1) * s.sd;
    add_feature(predictor, (flx_feature){.input = input,
                                         .is_log = is_log,
                                         .low = s.low - margin,
                                         .high = s.high + margin,
                                         .center = from->as_given ? 0 : s.mean,
                                         .scale = from->as_given ? 1 : UNIFORM_SD / s.sd,
                                         .fill = s.median});
}

/* The indicators of metrics stand before all metrics, so that metrics are the last. */
static void learn_metric_indicators(const raw_inputs *from, flx_predictor *predictor)
{
    for (int input = 0; input < from->assignment->n_inputs; input++) {
        if (from->assignment->inputs[input].kind != FLX_METRIC)
            continue;
        take_column(from->raw, from->rows, from->assignment->n_inputs, input,
                    from->column);
        int missing = summarize(from->column, from->rows).missing;
        if (missing == 0 || 2 * missing > from->rows)
            continue;
        add_indicator(predictor, input, (double)missing / from->rows);
    }
}

flx_status flx_features_learn(const double *raw, int rows,
                              const flx_graph_assignment *assignment,
                              const flx_feature_options *options,
                              flx_predictor *predictor, bool *is_dropped,
                              flx_error *error)
{
    int n = assignment->n_inputs;
    predictor->n_inputs = n;
    predictor->n_features = predictor->n_metrics = 0;
    FLX_SCOPED double *column = malloc(((size_t)rows + 1) * sizeof *column);
    if (!FLX_NEW(predictor->features, 2 * n) || !column)
        return flx_no_memory(error, "the %d inputs of %s", n, assignment->name);
    const raw_inputs from = {.raw = raw,
                             .rows = rows,
                             .assignment = assignment,
                             .options = options,
                             .as_given = options->keep_unit_cube &&
                                         lies_in_unit_cube(raw, (size_t)rows * (size_t)n),
                             .column = column};
    for (int input = 0; input < n; input++)
        if (assignment->inputs[input].kind != FLX_METRIC)
            learn_input(&from, input, predictor, &is_dropped[input]);
    learn_metric_indicators(&from, predictor);
    int before = predictor->n_features;
    for (int input = 0; input < n; input++)
        if (assignment->inputs[input].kind == FLX_METRIC)
            learn_input(&from, input, predictor, &is_dropped[input]);
    predictor->n_metrics = predictor->n_features - before;
    return FLX_OK;
}

flx_scaling flx_feature_scaling(const flx_feature *feature)
{
    return (flx_scaling){.is_indicator = feature->is_indicator,
                         .is_log = feature->is_log,
                         .low = feature->low,
                         .high = feature->high,
                         .center = feature->center,
                         .scale = feature->scale,
                         .fill = feature->fill};
}

void flx_features_apply(const flx_predictor *predictor, const double *raw, int rows,
                        double *X)
{
    int d = predictor->n_features;
    for (int i = 0; i < rows; i++) {
        const double *values = raw + (size_t)i * (size_t)predictor->n_inputs;
        for (int k = 0; k < d; k++) {
            const flx_feature *f = &predictor->features[k];
            X[(size_t)i * (size_t)d + (size_t)k] =
                flx_feature_value(flx_feature_scaling(f), values[f->input]);
        }
    }
}

double flx_feature_slope(const flx_feature *feature, double value)
{
    double t = flx_feature_transform(flx_feature_scaling(feature), value);
    if (isnan(value) || t <= feature->low || t >= feature->high)
        return 0.0;
    return feature->is_log ? feature->scale / value : feature->scale;
}
